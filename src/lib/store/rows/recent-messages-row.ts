import { z } from 'zod';
import { dayMs } from '../../domain/duration.ts';
import { brokenRow, columns, pieces, readColumns } from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import { parseRowKey, recentMessagesRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import { decodeEntries, encodeEntries, entryBytes } from './recent-message-entry.ts';
import type { RecentMessage, RecentMessagesRow } from './rows.ts';

/** Entries a row of recent messages hold; 32 KiB, half of what a column may hold. */
export const mostRecentMessages = 1024;

const form = z.object({
  uidValidity: z.bigint().min(0n).max(0xffff_ffffn),
  entries: pieces(entryBytes, mostRecentMessages),
  floor: z.int32().optional(),
});

/** @throws RangeError if there are more than {@link mostRecentMessages} entries */
export function encodeRecentMessages(row: RecentMessagesRow): Row {
  if (row.entries.length > mostRecentMessages)
    throw new RangeError(`more than ${mostRecentMessages} entries in a row of recent messages`);
  return {
    partitionKey: partitionOf(row.mailboxId),
    rowKey: recentMessagesRowKey(row.mailboxId, row.folderId),
    values: columns({ uidValidity: row.uidValidity, entries: encodeEntries(row.entries), floor: row.floor }),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeRecentMessages(row: StoredRow): RecentMessagesRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'recentMessages') throw brokenRow(row, 'its key is not that of recent messages');
  const read = readColumns(row, form);
  return {
    mailboxId: key.mailboxId,
    folderId: key.folderId,
    uidValidity: read.uidValidity,
    entries: decodeEntries(read.entries),
    floor: read.floor,
  };
}

/** Day of INTERNALDATE as a recent-message entry has it: days since 1970, UTC. */
export const dayOf = (internalDate: Date): number =>
  Math.max(0, Math.min(0xffff, Math.floor(internalDate.getTime() / dayMs)));

const older = (a: RecentMessage, b: RecentMessage): number => a.day - b.day || a.uid - b.uid;

/** Where in the entries of a row, which are in order, this very object stands; undefined if it is not found there. */
export function placeOf(entries: readonly RecentMessage[], entry: RecentMessage): number | undefined {
  let from = 0;
  let to = entries.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const other = entries[middle];
    if (other !== undefined && older(other, entry) < 0) from = middle + 1;
    else to = middle;
  }
  return entries[from] === entry ? from : undefined;
}

/**
 * The recent messages with `entries` in it. An entry replaces the one with its uid, unless that is 0: a message that has no place
 * just now (its folder was renumbered without it) and may turn up in another. Beyond 1,024 the oldest by INTERNALDATE go,
 * new ones included, and `floor` rises to the latest day among them: of a day up to it the recent messages may not know all.
 */
export function foldEntries(recent: RecentMessagesRow, entries: readonly RecentMessage[]): RecentMessagesRow {
  if (entries.length === 0) return recent;
  // An entry that is put in its own place again is the very same object; it is there once.
  const all = [...new Set([...recent.entries, ...entries])];
  const byUid = new Map(all.map((entry) => [entry.uid, entry]));
  const sorted = all.filter((entry) => entry.uid === 0 || byUid.get(entry.uid) === entry).sort(older);
  const evicted = sorted.splice(0, Math.max(0, sorted.length - mostRecentMessages));
  const last = evicted.at(-1);
  const floor = last === undefined ? recent.floor : Math.max(recent.floor ?? 0, last.day);
  return { ...recent, entries: sorted, floor };
}

/** The recent messages without the entries of these uids (taken over by another folder). */
export const dropEntries = (recent: RecentMessagesRow, uids: ReadonlySet<number>): RecentMessagesRow => ({
  ...recent,
  entries: recent.entries.filter((entry) => !uids.has(entry.uid)),
});
