import { shardKey } from '../../domain/ids.ts';
import { isBrokerError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { decodeJob } from '../../store/rows/job-row.ts';
import { rowsOf, rowsOfKind } from '../../store/rows/keys.ts';
import { decodeOutbox } from '../../store/rows/outbox-row.ts';
import { type JobRow, type OutboxRow, onDemandKinds } from '../../store/rows/rows.ts';
import type { Store, StoredRow } from '../../store/table/table.ts';

/** What a run finds outside the polled rows. */
export interface OnDemandRows {
  readonly outbox: readonly OutboxRow[];
  readonly jobs: readonly JobRow[];
  /** Kinds of rows that were found, as bits of `!`.flags. */
  readonly flags: number;
  /** Kinds of which there are rows that this version cannot read, as bits; these rows stay. */
  readonly unreadable: number;
}

/** What to look for. */
export interface OnDemandWanted {
  readonly shard: number;
  /** The flags in `!` say that there are such rows, or the API may have inserted some. */
  readonly outbox: boolean;
  readonly jobs: boolean;
  /** Mailboxes of which other kinds of on-demand rows may exist without a flag in `!`. */
  readonly asked: readonly string[];
}

/** Reads the events and the jobs that wait in a shard, and which other on-demand kinds the mailboxes in `asked` have. */
export async function readOnDemandRows(
  parts: { readonly store: Store; readonly log: Log },
  { shard, outbox: isOutboxWanted, jobs: areJobsWanted, asked }: OnDemandWanted,
): Promise<OnDemandRows> {
  const table = parts.store.table('mail');
  const partition = shardKey(shard);
  let flags = 0;
  let unreadable = 0;

  async function read<T>(letter: string, bit: number, decode: (row: StoredRow) => T): Promise<T[]> {
    const rows: T[] = [];
    for (const row of await table.list(partition, rowsOfKind(letter))) {
      flags |= bit;
      try {
        rows.push(decode(row));
      } catch (error) {
        if (!isBrokerError(error)) throw error;
        unreadable |= bit;
        parts.log.error('shard.row_broken', error, { shard, rowKey: row.rowKey });
      }
    }
    return rows;
  }

  const [outbox, jobs] = await Promise.all([
    isOutboxWanted ? read('o', onDemandKinds.outbox, decodeOutbox) : [],
    areJobsWanted ? read('e', onDemandKinds.job, decodeJob) : [],
  ]);
  const kinds = [
    ['d', onDemandKinds.retry],
    ['x', onDemandKinds.dead],
  ] as const;
  for (const id of asked) {
    const found = await Promise.all(
      kinds.map(async ([kind, bit]) => ((await table.list(partition, rowsOf(kind, id))).length > 0 ? bit : 0)),
    );
    for (const bit of found) flags |= bit;
  }
  return { outbox, jobs, flags, unreadable };
}
