import type { Submission, WaitingFor } from '../domain/submission.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { decodeLane, type Hold } from '../store/submissions/lane-row.ts';
import { laneOf, lanePartition } from '../store/submissions/submission-keys.ts';
import type { Store } from '../store/table/table.ts';
import { createHolds } from './holds.ts';
import type { LaneFacts } from './lane-lease.ts';
import { holdOf } from './lane-pace.ts';
import type { SendingDeps } from './types.ts';

/** What keeps everything of an account back. */
export interface Held {
  readonly isPaused: boolean;
  /** Pace, recipients of the day and a hold, as the last run of the lane wrote them; undefined: it never ran. */
  readonly facts: LaneFacts | undefined;
  /** A hold that others have noted for the account or its tenant. */
  readonly elsewhere: Hold | undefined;
}

/**
 * Why a submission waits, as of now: what was noted when it was last tried, or what holds its whole account, which is not
 * written to every message that it holds. Of two reasons the one that lasts longer. Pure.
 */
export function waitingNow(submission: Submission, held: Held, now: Date): WaitingFor | undefined {
  const { state, mark, dueAt, waitingFor, priority } = submission;
  if (state !== 'queued' || mark !== undefined || dueAt > now) return waitingFor;
  if (held.isPaused) return { code: 'mailbox_paused', until: undefined };
  const facts = held.facts ?? { recent: [], hours: [], hold: undefined, shut: [] };
  const hold = holdOf(facts, held.elsewhere, priority, now);
  if (hold === undefined) return waitingFor;
  const ownUntil = waitingFor?.until?.getTime() ?? 0;
  return waitingFor !== undefined && ownUntil > hold.until.getTime() ? waitingFor : hold;
}

/** Submissions of one mailbox as they are to be shown. @throws StoreError; BrokerError `row_broken` | `row_newer` */
export async function withWaiting(
  deps: Pick<SendingDeps, 'clock' | 'random'> & { readonly store: Store },
  mailbox: MailboxRow,
  submissions: readonly Submission[],
): Promise<readonly Submission[]> {
  const now = new Date(deps.store.time.whenJudging());
  if (!submissions.some(({ state, dueAt }) => state === 'queued' && dueAt <= now)) return submissions;
  const lane = laneOf(mailbox);
  const [row, elsewhere] = await Promise.all([
    deps.store.table('submissions').get(lanePartition, lane),
    createHolds(deps).of(lane, mailbox.grant.tid),
  ]);
  const held: Held = { isPaused: mailbox.paused, facts: row && decodeLane(row), elsewhere };
  return submissions.map((submission) => ({ ...submission, waitingFor: waitingNow(submission, held, now) }));
}
