import { getInstant, pack, putInstant, unpack } from '../table/columns.ts';
import type { UidGap } from './rows.ts';

export const uidGapBytes = 16;

/** 16 bytes a UID gap: from 4, to 4, tries 1 (stays at 255), seen 1, since 6 (milliseconds since 1970). */
export const encodeUidGaps = (uidGaps: readonly UidGap[]): Uint8Array<ArrayBuffer> =>
  pack(uidGaps, uidGapBytes, (view, at, uidGap) => {
    view.setUint32(at, uidGap.from);
    view.setUint32(at + 4, uidGap.to);
    view.setUint8(at + 8, Math.min(uidGap.tries, 255));
    view.setUint8(at + 9, uidGap.seen ? 1 : 0);
    putInstant(view, at + 10, uidGap.since);
  });

export const decodeUidGaps = (bytes: Uint8Array): UidGap[] =>
  unpack(bytes, uidGapBytes, (view, at) => ({
    from: view.getUint32(at),
    to: view.getUint32(at + 4),
    tries: view.getUint8(at + 8),
    seen: view.getUint8(at + 9) === 1,
    since: getInstant(view, at + 10),
  }));
