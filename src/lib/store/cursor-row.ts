import { z } from 'zod';
import {
  brokenRow,
  columns,
  count,
  instant,
  int64,
  pack,
  packed,
  pieces,
  readColumns,
  text,
  uint32,
  unpack,
} from './columns.ts';
import { folderRole } from './folder-role.ts';
import { cursorRowKey, parseRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import { decodeEntries, encodeEntries, entryBytes } from './ring-entry.ts';
import type { CursorRow, Hole } from './rows.ts';
import type { Row, StoredRow } from './table.ts';

/** How many settled UIDs, holes and ring entries a cursor carries; they keep the row below 4 KB. */
export const cursorLimits = { acked: 64, holes: 64, fresh: 64 } as const;

const uidBytes = 4;
const holeBytes = 16;

const form = z.object({
  path: text,
  role: folderRole.optional(),
  uidValidity: z.bigint().min(0n).max(0xffff_ffffn),
  lastUid: uint32,
  acked: pieces(uidBytes, cursorLimits.acked),
  holes: pieces(holeBytes, cursorLimits.holes),
  fresh: pieces(entryBytes, cursorLimits.fresh),
  uidNext: uint32,
  messages: count,
  unseen: count,
  lastDate: instant.optional(),
  flagsAt: instant.optional(),
  headSince: instant.optional(),
  retries: count,
  retryAt: instant.optional(),
  baselineFrom: instant.optional(),
  filtered: int64.optional(),
});

/** @throws RangeError if a list is longer than {@link cursorLimits}: such a row could not be read again */
export function encodeCursor(row: CursorRow): Row {
  for (const list of ['acked', 'holes', 'fresh'] as const) {
    if (row[list].length > cursorLimits[list]) throw new RangeError(`more than ${cursorLimits[list]} in ${list}`);
  }
  return {
    partitionKey: partitionOf(row.mailboxId),
    rowKey: cursorRowKey(row.mailboxId, row.folderId),
    values: columns({
      path: row.path,
      role: row.role,
      uidValidity: row.uidValidity,
      lastUid: BigInt(row.lastUid),
      acked: packed(encodeUids(row.acked)),
      holes: packed(encodeHoles(row.holes)),
      fresh: packed(encodeEntries(row.fresh)),
      uidNext: BigInt(row.uidNextSeen),
      messages: row.messages,
      unseen: row.unseen,
      lastDate: row.lastInternalDate,
      flagsAt: row.flagsAt,
      headSince: row.headSince,
      retries: row.retries,
      retryAt: row.retryAt,
      baselineFrom: row.baselineFrom,
      filtered: row.filtered === undefined ? undefined : BigInt(row.filtered),
    }),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeCursor(row: StoredRow): CursorRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'cursor') throw brokenRow(row, 'its key is not that of a cursor');
  const read = readColumns(row, form);
  return {
    mailboxId: key.mailboxId,
    folderId: key.folderId,
    path: read.path,
    role: read.role,
    uidValidity: read.uidValidity,
    lastUid: read.lastUid,
    acked: decodeUids(read.acked),
    holes: decodeHoles(read.holes),
    fresh: decodeEntries(read.fresh),
    uidNextSeen: read.uidNext,
    messages: read.messages,
    unseen: read.unseen,
    lastInternalDate: read.lastDate,
    flagsAt: read.flagsAt,
    headSince: read.headSince,
    retries: read.retries,
    retryAt: read.retryAt,
    baselineFrom: read.baselineFrom,
    filtered: read.filtered,
  };
}

/** Four bytes a UID. */
export const encodeUids = (uids: readonly number[]): Uint8Array<ArrayBuffer> =>
  pack(uids, uidBytes, (view, at, uid) => {
    view.setUint32(at, uid);
  });

export const decodeUids = (bytes: Uint8Array): number[] => unpack(bytes, uidBytes, (view, at) => view.getUint32(at));

/** 16 bytes a hole: from 4, to 4, tries 1 (stays at 255), seen 1, since 6 (milliseconds since 1970). */
export const encodeHoles = (holes: readonly Hole[]): Uint8Array<ArrayBuffer> =>
  pack(holes, holeBytes, (view, at, hole) => {
    view.setUint32(at, hole.from);
    view.setUint32(at + 4, hole.to);
    view.setUint8(at + 8, Math.min(hole.tries, 255));
    view.setUint8(at + 9, hole.seen ? 1 : 0);
    view.setUint16(at + 10, Math.floor(hole.since.getTime() / 0x1_0000_0000));
    view.setUint32(at + 12, hole.since.getTime() % 0x1_0000_0000);
  });

export const decodeHoles = (bytes: Uint8Array): Hole[] =>
  unpack(bytes, holeBytes, (view, at) => ({
    from: view.getUint32(at),
    to: view.getUint32(at + 4),
    tries: view.getUint8(at + 8),
    seen: view.getUint8(at + 9) === 1,
    since: new Date(view.getUint16(at + 10) * 0x1_0000_0000 + view.getUint32(at + 12)),
  }));
