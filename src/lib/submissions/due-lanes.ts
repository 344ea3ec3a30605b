import type { MailboxRow } from '../store/rows/rows.ts';
import { laneOf } from '../store/submissions/submission-keys.ts';
import { decodeWaiting } from '../store/submissions/submission-row.ts';
import type { SubmissionRows } from '../store/submissions/submissions.ts';

export interface DueLanesParts {
  readonly rows: Pick<SubmissionRows, 'waitingInShard'>;
  /** A mailbox as it is now; undefined if it was removed. */
  readonly mailbox: (id: string) => Promise<MailboxRow | undefined>;
}

/**
 * The lanes of these shards that have had something to do since before `before`; one query a shard. A removed mailbox has none: who
 * removes it ends what is left.
 * @throws StoreError
 */
export async function dueLanes(
  { rows, mailbox }: DueLanesParts,
  shards: readonly number[],
  before: Date,
): Promise<string[]> {
  const lanes = new Set<string>();
  for (const shard of shards) {
    const waiting = (await rows.waitingInShard(shard)).map(decodeWaiting);
    const due = new Set(waiting.filter(({ nextAt }) => nextAt <= before).map(({ mailboxId }) => mailboxId));
    for (const id of due) {
      const row = await mailbox(id);
      if (row !== undefined) lanes.add(laneOf(row));
    }
  }
  return [...lanes];
}
