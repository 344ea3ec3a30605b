import { getInstant, pack, putInstant, unpack } from '../table/columns.ts';
import type { Hole } from './rows.ts';

export const holeBytes = 16;

/** 16 bytes a hole: from 4, to 4, tries 1 (stays at 255), seen 1, since 6 (milliseconds since 1970). */
export const encodeHoles = (holes: readonly Hole[]): Uint8Array<ArrayBuffer> =>
  pack(holes, holeBytes, (view, at, hole) => {
    view.setUint32(at, hole.from);
    view.setUint32(at + 4, hole.to);
    view.setUint8(at + 8, Math.min(hole.tries, 255));
    view.setUint8(at + 9, hole.seen ? 1 : 0);
    putInstant(view, at + 10, hole.since);
  });

export const decodeHoles = (bytes: Uint8Array): Hole[] =>
  unpack(bytes, holeBytes, (view, at) => ({
    from: view.getUint32(at),
    to: view.getUint32(at + 4),
    tries: view.getUint8(at + 8),
    seen: view.getUint8(at + 9) === 1,
    since: getInstant(view, at + 10),
  }));
