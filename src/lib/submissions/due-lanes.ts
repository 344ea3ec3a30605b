import { mapBounded } from '../domain/all-settled.ts';
import { isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { laneOf } from '../store/submissions/submission-keys.ts';
import { decodeWaiting } from '../store/submissions/submission-row.ts';
import type { SubmissionRows } from '../store/submissions/submissions.ts';
import { unlessUnreadable } from '../store/table/columns.ts';
import type { Store } from '../store/table/table.ts';
import type { SendWakeUp } from './types.ts';

/** The timer asks for every shard before a wake-up leaves: one after the other, 1,500 shards would take longer than a quarter of a tick. */
const shardsAtOnce = 16;

export interface DueLanesParts {
  readonly rows: Pick<SubmissionRows, 'waitingInShard'>;
  /** A mailbox as it is now; undefined if it was removed. */
  readonly mailbox: (id: string) => Promise<MailboxRow | undefined>;
  readonly log: Pick<Log, 'error'>;
}

export interface Due {
  readonly lanes: readonly string[];
  /**
   * Removed mailboxes with submissions left, accepted by a process that did not know of the removal yet. Only the
   * caller of this function ends them.
   */
  readonly orphaned: readonly string[];
}

/**
 * What has had something to do in these shards since before `before`; one query a shard.
 * @throws StoreError
 */
export async function dueLanes(
  { rows, mailbox, log }: DueLanesParts,
  shards: readonly number[],
  before: Date,
): Promise<Due> {
  const lanes = new Set<string>();
  const orphaned: string[] = [];
  const found = await mapBounded(shards, shardsAtOnce, async (shard) => {
    const waiting = (await rows.waitingInShard(shard)).flatMap(
      (row) =>
        unlessUnreadable(
          () => decodeWaiting(row),
          (error) => log.error('submission.row_broken', error),
        ) ?? [],
    );
    return waiting.filter(({ nextAt }) => nextAt <= before).map(({ mailboxId }) => mailboxId);
  });
  for (const id of new Set(found.flat())) {
    const row = await mailbox(id);
    if (row === undefined) orphaned.push(id);
    else lanes.add(laneOf(row));
  }
  return { lanes: [...lanes], orphaned };
}

/**
 * A wake-up for every lane of these shards with something to do in this tick, those whose own wake-up was lost among them;
 * and the end of what removed mailboxes left. Never rejects: mail that comes in must not wait for mail that goes out.
 */
export async function laneWakeUps(
  parts: DueLanesParts & {
    readonly store: Pick<Store, 'time'>;
    readonly log: Pick<Log, 'warn' | 'error'>;
    readonly end: (mailboxId: string) => Promise<number>;
  },
  shards: readonly number[],
): Promise<readonly SendWakeUp[]> {
  try {
    const { lanes, orphaned } = await dueLanes(parts, shards, new Date(parts.store.time.whenWriting()));
    for (const id of orphaned) await parts.end(id);
    return lanes.map((lane): SendWakeUp => ({ v: 1, kind: 'send', lane }));
  } catch (error) {
    parts.log.warn('submission.lanes_not_read', { code: isBrokerError(error) ? error.code : 'storage_unreachable' });
    return [];
  }
}
