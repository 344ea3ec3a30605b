import { shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { isBrokerError } from '../../errors.ts';
import { decodeCursor } from '../rows/cursor-row.ts';
import { parseRowKey, shardRowKey } from '../rows/keys.ts';
import type { MailboxRow, SlotSchedule } from '../rows/rows.ts';
import { decodeShard } from '../rows/shard-row.ts';
import type { Store, StoredRow } from '../table/table.ts';

/** How the polling of a mailbox goes, for people. */
export interface PollFacts {
  /** The start of the tick in which it was last polled with success; undefined if it never was. */
  readonly lastPoll: Date | undefined;
  /** When its destination last accepted a mail of it; undefined where that was never noted. */
  readonly lastDelivery: Date | undefined;
}

/** Reads them for some mailboxes: two queries a shard. Those whose rows cannot be read are not in the answer. */
export async function readPollFacts(
  store: Store,
  rows: readonly Pick<MailboxRow, 'id' | 'slot'>[],
): Promise<ReadonlyMap<string, PollFacts>> {
  const table = store.table('mail');
  const facts = new Map<string, PollFacts>();
  const byShard = Map.groupBy(rows, ({ id }) => shardOfMailbox(id) ?? -1);
  await Promise.all(
    [...byShard].map(async ([shard, members]) => {
      const [own, cursors] = await Promise.all([
        table.get(shardKey(shard), shardRowKey),
        table.list(shardKey(shard), { from: 'c!', below: 'd' }),
      ]);
      const lease = own === undefined ? undefined : unlessBroken(() => decodeShard(own));
      const deliveries = lastDeliveries(cursors);
      for (const { id, slot } of members) {
        const lastPoll = lease === undefined ? undefined : pollTime(lease.sched[slot], lease.intervalSeconds);
        facts.set(id, { lastPoll, lastDelivery: deliveries.get(id) });
      }
    }),
  );
  return facts;
}

function pollTime(slot: SlotSchedule | undefined, intervalSeconds: number): Date | undefined {
  return slot === undefined || slot.lastOk === 0 ? undefined : new Date(slot.lastOk * intervalSeconds * 1000);
}

function lastDeliveries(cursors: readonly StoredRow[]): ReadonlyMap<string, Date> {
  const latest = new Map<string, Date>();
  for (const row of cursors) {
    const key = parseRowKey(row.rowKey);
    const at = key?.kind === 'cursor' ? unlessBroken(() => decodeCursor(row).deliveredAt) : undefined;
    if (key?.kind !== 'cursor' || at === undefined) continue;
    const known = latest.get(key.mailboxId);
    if (known === undefined || known < at) latest.set(key.mailboxId, at);
  }
  return latest;
}

function unlessBroken<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (isBrokerError(error, 'row_broken', 'row_newer')) return undefined;
    throw error;
  }
}
