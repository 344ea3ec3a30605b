import { getInstant, pack, putInstant, unpack } from '../table/columns.ts';
import type { Backfill } from './rows.ts';
import { decodeUidGaps, encodeUidGaps, uidGapBytes } from './uid-gap-column.ts';

const instantBytes = 6;
const missingAt = 5 * 4 + 5 * instantBytes;

/** Five numbers of 4 bytes, five instants of 6, and a UID gap. An instant that is not there is all ones, a UID gap all zeros. */
export const backfillBytes = missingAt + uidGapBytes;

/** Later than any instant that means something. */
const never = new Date(0xffff_ffff_ffff);

export function encodeBackfill(backfill: Backfill): Uint8Array<ArrayBuffer> {
  const { uid, fromUid, done, total, spell } = backfill;
  const numbers = [uid, fromUid, done, total, spell?.doneBefore ?? 0];
  const instants = [backfill.at, backfill.countedFrom, spell?.since, spell?.last, backfill.failingSince];
  return pack([backfill], backfillBytes, (view, start, { missing }) => {
    for (const [index, number] of numbers.entries()) view.setUint32(start + 4 * index, number);
    for (const [index, instant] of instants.entries()) {
      putInstant(view, start + 4 * numbers.length + instantBytes * index, instant ?? never);
    }
    if (missing !== undefined) new Uint8Array(view.buffer).set(encodeUidGaps([missing]), start + missingAt);
  });
}

/** Undefined if the column is empty. */
export function decodeBackfill(bytes: Uint8Array): Backfill | undefined {
  const [read] = unpack(bytes, backfillBytes, (view, start): Backfill => {
    const number = (index: number) => view.getUint32(start + 4 * index);
    const instant = (index: number) => {
      const found = getInstant(view, start + 5 * 4 + instantBytes * index);
      return found.getTime() === never.getTime() ? undefined : found;
    };
    const [since, last] = [instant(2), instant(3)];
    const [missing] = decodeUidGaps(new Uint8Array(view.buffer, view.byteOffset + start + missingAt, uidGapBytes));
    return {
      uid: number(0),
      fromUid: number(1),
      done: number(2),
      total: number(3),
      at: instant(0),
      countedFrom: instant(1),
      spell: since === undefined || last === undefined ? undefined : { since, last, doneBefore: number(4) },
      failingSince: instant(4),
      missing: missing?.from === 0 ? undefined : missing,
    };
  });
  return read;
}
