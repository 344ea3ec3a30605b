import { shardKey } from '../domain/ids.ts';
import { isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { rowsOf } from '../store/keys.ts';
import { decodeOutbox } from '../store/outbox-row.ts';
import { coldKinds, type OutboxRow } from '../store/rows.ts';
import type { Store } from '../store/table.ts';

/** What a run finds outside the hot range. */
export interface Cold {
  readonly outbox: readonly OutboxRow[];
  /** Kinds of rows that were found, as bits of `!`.flags. */
  readonly flags: number;
  /** True if there are events that this version cannot read; they stay. */
  readonly unreadable: boolean;
}

/**
 * Reads the events that wait in a shard, and which other cold kinds the mailboxes in `asked` have.
 * @param outbox whether the flag in `!` says that there are events, or the API may have put some there
 */
export async function readCold(
  parts: { readonly store: Store; readonly log: Log },
  shard: number,
  outbox: boolean,
  asked: readonly string[],
): Promise<Cold> {
  const table = parts.store.table('mail');
  const partition = shardKey(shard);
  const events: OutboxRow[] = [];
  let flags = 0;
  let unreadable = false;
  for (const row of outbox ? await table.list(partition, { from: 'o!', below: 'o"' }) : []) {
    try {
      events.push(decodeOutbox(row));
    } catch (error) {
      if (!isBrokerError(error)) throw error;
      unreadable = true;
      parts.log.error('row_broken', error, { shard, row: row.rowKey });
    }
  }
  if (events.length > 0 || unreadable) flags |= coldKinds.outbox;
  const kinds = [
    ['d', coldKinds.retry],
    ['e', coldKinds.job],
    ['x', coldKinds.dead],
  ] as const;
  for (const id of asked) {
    const found = await Promise.all(
      kinds.map(async ([kind, bit]) => ((await table.list(partition, rowsOf(kind, id))).length > 0 ? bit : 0)),
    );
    for (const bit of found) flags |= bit;
  }
  return { outbox: events, flags, unreadable };
}
