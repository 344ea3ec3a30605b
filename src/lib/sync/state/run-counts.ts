import type { LogFields } from '../../log.ts';
import type { MailboxState } from '../../store/rows/rows.ts';

/** What a run did. The steps of the run add to it; its line in the log tells it. */
export interface RunCounts {
  /** Mailboxes that were polled. */
  polled: number;
  /** Those of them that could not be read, for any reason. */
  failed: number;
  /** Mails that their destination accepted, old and new. */
  delivered: number;
  /** Those of them that were new, and not sent again on request: only of these does the delay say anything. */
  timely: number;
  /** Sum of their delays from arrival in the mailbox to acceptance, and the longest. */
  lagMs: number;
  longestLagMs: number;
  /** Attempts to deliver mails that had failed before. */
  retried: number;
  /** Mails that were given up. */
  dead: number;
}

export function createRunCounts(): RunCounts {
  return { polled: 0, failed: 0, delivered: 0, timely: 0, lagMs: 0, longestLagMs: 0, retried: 0, dead: 0 };
}

/** Notes that a mail was accepted; `arrivedAt` is undefined where it was not new, or was sent again on request. */
export function countDelivered(counts: RunCounts, now: Date, arrivedAt: Date | undefined): void {
  counts.delivered += 1;
  if (arrivedAt === undefined) return;
  // The clocks of the mail server and of ours need not agree to the second.
  const lagMs = Math.max(0, now.getTime() - arrivedAt.getTime());
  counts.timely += 1;
  counts.lagMs += lagMs;
  counts.longestLagMs = Math.max(counts.longestLagMs, lagMs);
}

/** How each state is named in the line. A field for every one of them, so that a query sums what is there, zeros too. */
const fieldOf: Readonly<Record<MailboxState, string>> = {
  connecting: 'connecting',
  active: 'active',
  throttled: 'throttled',
  degraded: 'degraded',
  reconnect_required: 'reconnectRequired',
  consent_required: 'consentRequired',
  paused: 'paused',
};

/**
 * The fields of a run's line: counts, delays in whole seconds, and how many mailboxes of the shard stand in each state.
 * The dashboard (infra/workbook.json) and the alert on silence read it under these names.
 */
export function countFields(
  counts: RunCounts,
  states: readonly MailboxState[],
  run: { readonly shard: number; readonly tick: number; readonly ms: number; readonly held: number },
): LogFields {
  const { lagMs, longestLagMs, ...plain } = counts;
  const byState = Object.fromEntries(Object.values(fieldOf).map((field) => [field, 0]));
  for (const state of states) byState[fieldOf[state]] = (byState[fieldOf[state]] ?? 0) + 1;
  return {
    ...run,
    ms: Math.round(run.ms),
    ...plain,
    lagSeconds: Math.round(lagMs / 1000),
    longestLagSeconds: Math.round(longestLagMs / 1000),
    ...byState,
  };
}
