import { z } from 'zod';
import { shardKey, shardSize } from '../../domain/ids.ts';
import {
  columns,
  count,
  instant,
  int64,
  json,
  pack,
  packed,
  pieces,
  readColumns,
  text,
  unpack,
} from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import { decodeHours, encodeHours, hourBytes, hoursKept } from './hour-counts.ts';
import { shardRowKey } from './keys.ts';
import type { ShardRow, SlotSchedule } from './rows.ts';

const slotBytes = 16;

/** An interval is a count of ticks, an hour of seconds at most. */
const intervalLimit = 2 ** 24;

const form = z.object({
  owner: text,
  epoch: int64,
  seq: int64,
  until: instant,
  tick: int64,
  interval: count,
  starts: count,
  current: json(z.tuple([z.string(), z.string(), z.number(), z.number().default(0)])).optional(),
  sched: pieces(slotBytes, shardSize).refine((bytes) => bytes.length === slotBytes * shardSize, 'not 64 slots'),
  flags: count,
  hours: pieces(hourBytes, hoursKept),
});

/** A slot that has never been polled; its next tick is long past. */
export const emptySlot: SlotSchedule = { nextDue: 0, lastOk: 0, interval: 0, failures: 0, eager: 0 };

/** `!` of a shard that no worker has held yet. */
export const newShard: ShardRow = {
  owner: '',
  epoch: 0,
  seq: 0,
  until: new Date(0),
  tick: 0,
  intervalSeconds: 0,
  starts: 0,
  current: undefined,
  sched: Array.from({ length: shardSize }, () => emptySlot),
  flags: 0,
  hours: [],
};

/** Fewer than 64 slots are filled up with empty ones. */
export function encodeShard(shard: number, row: ShardRow): Row {
  const { current } = row;
  return {
    partitionKey: shardKey(shard),
    rowKey: shardRowKey,
    values: columns({
      owner: row.owner,
      epoch: BigInt(row.epoch),
      seq: BigInt(row.seq),
      until: row.until,
      tick: BigInt(row.tick),
      interval: row.intervalSeconds,
      starts: row.starts,
      current:
        current === undefined
          ? undefined
          : JSON.stringify([current.mailboxId, current.folderId, current.uid, current.deaths]),
      sched: encodeSched(row.sched),
      flags: row.flags,
      hours: packed(encodeHours(row.hours)),
    }),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeShard(row: StoredRow): ShardRow {
  const { interval, current, sched, hours, ...rest } = readColumns(row, form);
  return {
    ...rest,
    intervalSeconds: interval,
    current:
      current === undefined
        ? undefined
        : { mailboxId: current[0], folderId: current[1], uid: current[2], deaths: current[3] },
    sched: decodeSched(sched),
    hours: decodeHours(hours),
  };
}

/** 16 bytes a slot: nextDue, lastOk, eager (8 bits) and interval (24 bits), failures; numbers of 32 bits, unsigned. */
export function encodeSched(sched: readonly SlotSchedule[]): Uint8Array<ArrayBuffer> {
  const slots = Array.from({ length: shardSize }, (_, index) => sched[index] ?? emptySlot);
  return pack(slots, slotBytes, (view, at, slot) => {
    view.setUint32(at, slot.nextDue);
    view.setUint32(at + 4, slot.lastOk);
    view.setUint32(at + 8, slot.eager * intervalLimit + slot.interval);
    view.setUint32(at + 12, slot.failures);
  });
}

export function decodeSched(bytes: Uint8Array): SlotSchedule[] {
  return unpack(bytes, slotBytes, (view, at) => ({
    nextDue: view.getUint32(at),
    lastOk: view.getUint32(at + 4),
    interval: view.getUint32(at + 8) % intervalLimit,
    failures: view.getUint32(at + 12),
    eager: Math.floor(view.getUint32(at + 8) / intervalLimit),
  }));
}
