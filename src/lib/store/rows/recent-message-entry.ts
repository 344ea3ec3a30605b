import { pack, unpack } from '../table/columns.ts';
import type { RecentMessage } from './rows.ts';

/** Size of an entry: key 16, message hash 8, uid 4, flags 1, day 2, spare 1. */
export const entryBytes = 32;

const bits = { posted: 1, accepted: 2, seen: 4, flagged: 8, answered: 16, missing: 32, told: 64, untold: 128 } as const;

export const encodeEntries = (entries: readonly RecentMessage[]): Uint8Array<ArrayBuffer> =>
  pack(entries, entryBytes, writeEntry);

export const decodeEntries = (bytes: Uint8Array): RecentMessage[] => unpack(bytes, entryBytes, readEntry);

export const entryToBytes = (entry: RecentMessage): Uint8Array<ArrayBuffer> => encodeEntries([entry]);

/** @throws RangeError if `bytes` are not the 32 of one entry */
export function entryFromBytes(bytes: Uint8Array): RecentMessage {
  const [entry, ...more] = bytes.length === entryBytes ? decodeEntries(bytes) : [];
  if (entry === undefined || more.length > 0) throw new RangeError(`a recent-message entry has ${entryBytes} bytes`);
  return entry;
}

function writeEntry(view: DataView, at: number, entry: RecentMessage): void {
  if (entry.key.length !== 16 || entry.hash.length !== 8) throw new RangeError('a key has 16 bytes, a hash 8');
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, entryBytes);
  bytes.set(entry.key, 0);
  bytes.set(entry.hash, 16);
  view.setUint32(at + 24, entry.uid);
  view.setUint8(
    at + 28,
    (entry.posted ? bits.posted : 0) |
      (entry.accepted ? bits.accepted : 0) |
      (entry.seen ? bits.seen : 0) |
      (entry.flagged ? bits.flagged : 0) |
      (entry.answered ? bits.answered : 0) |
      (entry.gone === undefined ? 0 : bits[entry.gone]) |
      (entry.untold === true ? bits.untold : 0),
  );
  // Days since 1970 fit in two bytes until 2149. A mail server that claims a date before or after gets the nearest one.
  view.setUint16(at + 29, Math.max(0, Math.min(0xffff, entry.day)));
}

function readEntry(view: DataView, at: number): RecentMessage {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, entryBytes);
  const flags = view.getUint8(at + 28);
  const gone = (flags & bits.told) !== 0 ? 'told' : (flags & bits.missing) !== 0 ? 'missing' : undefined;
  return {
    key: bytes.slice(0, 16),
    hash: bytes.slice(16, 24),
    uid: view.getUint32(at + 24),
    posted: (flags & bits.posted) !== 0,
    accepted: (flags & bits.accepted) !== 0,
    seen: (flags & bits.seen) !== 0,
    flagged: (flags & bits.flagged) !== 0,
    answered: (flags & bits.answered) !== 0,
    day: view.getUint16(at + 29),
    ...(gone === undefined ? {} : { gone }),
    ...((flags & bits.untold) === 0 ? {} : { untold: true }),
  };
}
