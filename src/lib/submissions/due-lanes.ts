import type { MailboxRow } from '../store/rows/rows.ts';
import { laneOf } from '../store/submissions/submission-keys.ts';
import { decodeWaiting } from '../store/submissions/submission-row.ts';
import type { SubmissionRows } from '../store/submissions/submissions.ts';

export interface DueLanesParts {
  readonly rows: Pick<SubmissionRows, 'waitingInShard'>;
  /** A mailbox as it is now; undefined if it was removed. */
  readonly mailbox: (id: string) => Promise<MailboxRow | undefined>;
}

export interface Due {
  readonly lanes: readonly string[];
  /** Removed mailboxes with something left: whoever accepted it did not know yet. Nobody but who reads this will end it. */
  readonly orphaned: readonly string[];
}

/**
 * What has had something to do in these shards since before `before`; one query a shard.
 * @throws StoreError
 */
export async function dueLanes(
  { rows, mailbox }: DueLanesParts,
  shards: readonly number[],
  before: Date,
): Promise<Due> {
  const lanes = new Set<string>();
  const orphaned: string[] = [];
  for (const shard of shards) {
    const waiting = (await rows.waitingInShard(shard)).map(decodeWaiting);
    const due = new Set(waiting.filter(({ nextAt }) => nextAt <= before).map(({ mailboxId }) => mailboxId));
    for (const id of due) {
      const row = await mailbox(id);
      if (row === undefined) orphaned.push(id);
      else lanes.add(laneOf(row));
    }
  }
  return { lanes: [...lanes], orphaned };
}
