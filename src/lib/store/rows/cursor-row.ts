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
} from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import { backfillBytes, decodeBackfill, encodeBackfill } from './backfill-column.ts';
import { decodeDelivered, deliveredBytes, encodeDelivered } from './delivered-column.ts';
import { folderRole } from './folder-role.ts';
import { cursorRowKey, parseRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import { decodeEntries, encodeEntries, entryBytes } from './recent-message-entry.ts';
import type { CursorRow } from './rows.ts';
import { decodeUidGaps, encodeUidGaps, uidGapBytes } from './uid-gap-column.ts';

/** How many settled UIDs, UID gaps and recent-message entries a cursor carries; they keep the row below 4.5 KB. */
export const cursorLimits = { acked: 128, uidGaps: 64, fresh: 60 } as const;

/** Rows from before the first sync had its place here carry more. */
const mostFresh = 64;

const uidBytes = 4;

const form = z.object({
  path: text,
  role: folderRole.optional(),
  uidValidity: z.bigint().min(0n).max(0xffff_ffffn),
  lastUid: uint32,
  acked: pieces(uidBytes, cursorLimits.acked),
  holes: pieces(uidGapBytes, cursorLimits.uidGaps),
  fresh: pieces(entryBytes, mostFresh),
  uidNext: uint32,
  messages: count,
  unseen: count,
  lastDate: instant.optional(),
  took: pieces(deliveredBytes, 1),
  flagsAt: instant.optional(),
  headSince: instant.optional(),
  retries: count,
  retryAt: instant.optional(),
  baselineFrom: instant.optional(),
  backfill: pieces(backfillBytes, 1),
  filtered: int64.optional(),
});

/** @throws RangeError if a list is longer than {@link cursorLimits}: such a row could not be read again */
export function encodeCursor(row: CursorRow): Row {
  for (const list of ['acked', 'uidGaps', 'fresh'] as const) {
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
      holes: packed(encodeUidGaps(row.uidGaps)),
      fresh: packed(encodeEntries(row.fresh)),
      uidNext: BigInt(row.uidNextSeen),
      messages: row.messages,
      unseen: row.unseen,
      lastDate: row.lastInternalDate,
      took: encodeDelivered(row),
      flagsAt: row.flagsAt,
      headSince: row.headSince,
      retries: row.retries,
      retryAt: row.retryAt,
      baselineFrom: row.baselineFrom,
      backfill: row.backfill === undefined ? undefined : encodeBackfill(row.backfill),
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
    uidGaps: decodeUidGaps(read.holes),
    fresh: decodeEntries(read.fresh),
    uidNextSeen: read.uidNext,
    messages: read.messages,
    unseen: read.unseen,
    lastInternalDate: read.lastDate,
    ...decodeDelivered(read.took),
    flagsAt: read.flagsAt,
    headSince: read.headSince,
    retries: read.retries,
    retryAt: read.retryAt,
    baselineFrom: read.baselineFrom,
    backfill: decodeBackfill(read.backfill),
    filtered: read.filtered,
  };
}

/** Four bytes a UID. */
export const encodeUids = (uids: readonly number[]): Uint8Array<ArrayBuffer> =>
  pack(uids, uidBytes, (view, at, uid) => {
    view.setUint32(at, uid);
  });

export const decodeUids = (bytes: Uint8Array): number[] => unpack(bytes, uidBytes, (view, at) => view.getUint32(at));
