import { pack, unpack } from '../table/columns.ts';
import type { Habit } from './rows.ts';

/** 24 hours of a working day (Monday to Friday, UTC), then 24 of a day at the weekend. */
export const habitSlots = 48;

/** `hour` and `halvedOn` as numbers of 32 bits, then a byte for each slot. */
export const habitBytes = 8 + habitSlots;

export const encodeHabit = (habit: Habit): Uint8Array<ArrayBuffer> =>
  pack([habit], habitBytes, (view, at, { hour, halvedOn, days }) => {
    view.setUint32(at, hour);
    view.setUint32(at + 4, halvedOn);
    for (let slot = 0; slot < habitSlots; slot++) view.setUint8(at + 8 + slot, Math.min(days[slot] ?? 0, 255));
  });

/** @param bytes empty in rows that know of no arrival, as old ones do */
export const decodeHabit = (bytes: Uint8Array): Habit | undefined =>
  unpack(bytes, habitBytes, (view, at) => ({
    hour: view.getUint32(at),
    halvedOn: view.getUint32(at + 4),
    days: Array.from({ length: habitSlots }, (_, slot) => view.getUint8(at + 8 + slot)),
  }))[0];
