import { shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { decodeCursor } from '../rows/cursor-row.ts';
import type { CursorRow } from '../rows/folder-rows.ts';
import { shardRowKey } from '../rows/keys.ts';
import type { MailboxRow, SlotSchedule } from '../rows/rows.ts';
import { decodeShard } from '../rows/shard-row.ts';
import { unlessUnreadable } from '../table/columns.ts';
import type { Store } from '../table/table.ts';

/** How the polling of a mailbox goes, for people. */
export interface PollFacts {
  /** The start of the tick in which it was last polled with success; undefined if it never was. */
  readonly lastPoll: Date | undefined;
  /** When its destination last accepted a mail of it; undefined where that was never noted. */
  readonly lastDelivery: Date | undefined;
  /** How long after its arrival that was; undefined where it was old mail, or sent again on request. */
  readonly lagSeconds: number | undefined;
  /** Mails that the last poll saw and that are not settled, those that are tried again among them. */
  readonly behind: number;
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
      const lease = own === undefined ? undefined : unlessUnreadable(() => decodeShard(own));
      const byMailbox = Map.groupBy(
        cursors.flatMap((row) => unlessUnreadable(() => decodeCursor(row)) ?? []),
        ({ mailboxId }) => mailboxId,
      );
      for (const { id, slot } of members) {
        const lastPoll = lease === undefined ? undefined : pollTime(lease.sched[slot], lease.intervalSeconds);
        facts.set(id, { lastPoll, ...deliveryFacts(byMailbox.get(id) ?? []) });
      }
    }),
  );
  return facts;
}

function pollTime(slot: SlotSchedule | undefined, intervalSeconds: number): Date | undefined {
  return slot === undefined || slot.lastOk === 0 ? undefined : new Date(slot.lastOk * intervalSeconds * 1000);
}

/** Over all folders of a mailbox. Pure. */
export function deliveryFacts(
  cursors: readonly Pick<
    CursorRow,
    'deliveredAt' | 'deliveredAfterSeconds' | 'uidNextSeen' | 'lastUid' | 'acked' | 'retries'
  >[],
): Omit<PollFacts, 'lastPoll'> {
  const [latest] = cursors
    .filter(({ deliveredAt }) => deliveredAt !== undefined)
    .toSorted((a, b) => (b.deliveredAt?.getTime() ?? 0) - (a.deliveredAt?.getTime() ?? 0));
  const behind = cursors.map(
    ({ uidNextSeen, lastUid, acked, retries }) => Math.max(0, uidNextSeen - 1 - lastUid - acked.length) + retries,
  );
  return {
    lastDelivery: latest?.deliveredAt,
    lagSeconds: latest?.deliveredAfterSeconds,
    behind: behind.reduce((sum, each) => sum + each, 0),
  };
}
