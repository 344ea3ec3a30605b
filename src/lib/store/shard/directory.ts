import { z } from 'zod';
import type { Clock, Random } from '../../domain/clock.ts';
import { newMailboxId, shardKey, shardNumber, shardOfMailbox, shardSize } from '../../domain/ids.ts';
import { BrokerError } from '../../errors.ts';
import { encodeShard, newShard } from '../rows/shard-row.ts';
import { columns, json, readColumns } from '../table/columns.ts';
import { isStoreError, type Row, type Store, type StoredRow } from '../table/table.ts';

/** A place in a shard, taken for a mailbox. */
export interface Slot {
  readonly slot: number;
  readonly mailboxId: string;
  /** When it was taken, or last confirmed. */
  readonly since: Date;
}

/** A row of the table `directory`: which slots of a shard are taken. It names the ids, so that giving back can be repeated. */
export interface ShardSlots {
  readonly shard: number;
  readonly slots: readonly Slot[];
  readonly etag: string;
}

/**
 * Which shards there are, and which of their slots are taken. Every write is a compare-and-swap of one row; a race that is
 * lost shows as a StoreError `conflict` or `exists`, and the caller starts over.
 */
export interface Directory {
  /** In order. A shard stays in the directory when its last slot is free again. */
  shards(): Promise<readonly ShardSlots[]>;
  /** Takes the first free slot for a new mailbox, whose id names the shard. A new shard's `!` is made before the shard shows. */
  take(): Promise<{ readonly mailboxId: string; readonly slot: number }>;
  /** Confirms the slot of a mailbox, or takes one in the shard of its id. Undefined if that shard is full. */
  confirm(mailboxId: string): Promise<number | undefined>;
  /** Frees the slot of a mailbox, if it has one. */
  giveBack(mailboxId: string): Promise<void>;
  /** Frees the slots of these mailboxes, if the shard is still as it was seen. */
  free(seen: ShardSlots, mailboxIds: ReadonlySet<string>): Promise<void>;
}

const partitionKey = 'dir';
const firstShard = 1;
const lastShard = 9999;

const form = z.object({
  slots: json(
    z
      .array(
        z.tuple([
          z
            .int()
            .min(0)
            .max(shardSize - 1),
          z.string(),
          z.number(),
        ]),
      )
      .transform((slots): Slot[] =>
        slots.map(([slot, mailboxId, seconds]) => ({ slot, mailboxId, since: new Date(seconds * 1000) })),
      ),
  ),
});

/** A slot is `[number, mailbox id, seconds since 1970]`. */
export function encodeSlots(shard: number, slots: readonly Slot[]): Row {
  const list = slots.map(({ slot, mailboxId, since }) => [slot, mailboxId, Math.floor(since.getTime() / 1000)]);
  return { partitionKey, rowKey: shardKey(shard), values: columns({ slots: JSON.stringify(list) }) };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeSlots(row: StoredRow): ShardSlots {
  const { slots } = readColumns(row, form);
  return { shard: shardNumber(row.rowKey) ?? -1, slots, etag: row.etag };
}

export function createDirectory(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}): Directory {
  const table = deps.store.table('directory');

  const shards = async () =>
    (await table.list(partitionKey)).filter((row) => shardNumber(row.rowKey) !== undefined).map(decodeSlots);

  const read = async (shard: number): Promise<ShardSlots | undefined> => {
    const row = await table.get(partitionKey, shardKey(shard));
    return row === undefined ? undefined : decodeSlots(row);
  };

  const taken = (slot: number, mailboxId: string): Slot => ({ slot, mailboxId, since: new Date(deps.clock.now()) });

  /**
   * A shard appears in the directory only after its `!` exists, so that any process that finds it can take its lease.
   */
  const open = async (shard: number): Promise<void> => {
    try {
      await deps.store.table('mail').insert(encodeShard(shard, newShard));
    } catch (error) {
      // Made by someone who came no further, or who is opening the same shard right now.
      if (!isStoreError(error, 'exists')) throw error;
    }
  };

  const free = async (seen: ShardSlots, mailboxIds: ReadonlySet<string>): Promise<void> => {
    const left = seen.slots.filter((each) => !mailboxIds.has(each.mailboxId));
    await table.replace(encodeSlots(seen.shard, left), seen.etag);
  };

  return {
    shards,

    async take() {
      const all = await shards();
      const roomy = all.find(({ slots }) => slots.length < shardSize);
      if (roomy !== undefined) {
        const slot = freeSlot(roomy.slots);
        const mailboxId = newMailboxId(roomy.shard, deps.random);
        await table.replace(encodeSlots(roomy.shard, [...roomy.slots, taken(slot, mailboxId)]), roomy.etag);
        return { mailboxId, slot };
      }
      const shard = Math.max(firstShard - 1, ...all.map((each) => each.shard)) + 1;
      if (shard > lastShard) throw new BrokerError('internal_error', { detail: 'Every shard is full.' });
      const mailboxId = newMailboxId(shard, deps.random);
      await open(shard);
      await table.insert(encodeSlots(shard, [taken(0, mailboxId)]));
      return { mailboxId, slot: 0 };
    },

    async confirm(mailboxId) {
      const shard = shardOfMailbox(mailboxId);
      if (shard === undefined) throw new RangeError('not a mailbox id');
      const found = await read(shard);
      if (found === undefined) {
        await open(shard);
        await table.insert(encodeSlots(shard, [taken(0, mailboxId)]));
        return 0;
      }
      const others = found.slots.filter((each) => each.mailboxId !== mailboxId);
      if (others.length >= shardSize) return undefined;
      const slot = found.slots.find((each) => each.mailboxId === mailboxId)?.slot ?? freeSlot(others);
      // Written even if only the time changes: a process that is about to free the slot then loses the race.
      await table.replace(encodeSlots(shard, [...others, taken(slot, mailboxId)]), found.etag);
      return slot;
    },

    async giveBack(mailboxId) {
      const found = await read(shardOfMailbox(mailboxId) ?? -1);
      if (found?.slots.some((each) => each.mailboxId === mailboxId)) await free(found, new Set([mailboxId]));
    },

    free,
  };
}

function freeSlot(slots: readonly Slot[]): number {
  const used = new Set(slots.map(({ slot }) => slot));
  for (let slot = 0; slot < shardSize; slot++) if (!used.has(slot)) return slot;
  throw new RangeError('the shard is full');
}
