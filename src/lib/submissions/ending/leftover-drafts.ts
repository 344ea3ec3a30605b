import type { Clock } from '../../domain/clock.ts';
import { secondMs } from '../../domain/duration.ts';
import type { Submission, WayName } from '../../domain/submission.ts';
import { withDeadline } from '../../domain/with-deadline.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { SendingAccount, Way } from '../../send/way.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';

/**
 * Deletes the drafts that died attempts of a submission left. May be repeated.
 * @returns false if Drafts could not be looked into now. Never rejects
 */
export type DraftSweeper = (submission: Pick<Submission, 'mailboxId' | 'ourMessageId'>) => Promise<boolean>;

export interface DraftSweeperParts {
  readonly ways: ReadonlyMap<WayName, Way>;
  readonly account: (mailbox: MailboxRow) => Promise<SendingAccount>;
  /** A mailbox as it is now; undefined if it was removed. */
  readonly mailbox: (id: string) => Promise<MailboxRow | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

const sweepMs = 20 * secondMs;

export function createDraftSweeper({ ways, account, mailbox, clock, log }: DraftSweeperParts): DraftSweeper {
  async function sweep(
    { mailboxId, ourMessageId }: Parameters<DraftSweeper>[0],
    signal: AbortSignal,
  ): Promise<boolean> {
    const way = ways.get('graph_draft');
    const row = await mailbox(mailboxId);
    // The mailbox can no longer be read.
    if (way === undefined || row === undefined) return true;
    const ready = await way.prepare(await account(row), signal);
    if (ready.kind !== 'ready') return false;
    try {
      return (await ready.sweep?.(ourMessageId, signal)) ?? true;
    } finally {
      await ready.close();
    }
  }
  return async (submission) => {
    const over = new AbortController();
    try {
      const late = () => new BrokerError('graph_unreachable');
      return await withDeadline(clock, sweepMs, sweep(submission, over.signal), late);
    } catch (error) {
      if (!isBrokerError(error)) log.error('submission.drafts_not_swept', error, { mailboxId: submission.mailboxId });
      return false;
    } finally {
      over.abort(new BrokerError('graph_unreachable'));
    }
  };
}
