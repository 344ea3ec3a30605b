import { z } from 'zod';
import { dayMs } from '../../domain/duration.ts';
import { brokenRow, columns, pieces, readColumns } from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import { parseRowKey, ringRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import { decodeEntries, encodeEntries, entryBytes } from './recent-message-entry.ts';
import type { RingEntry, RingRow } from './rows.ts';

/** Entries a ring holds; 32 KiB, half of what a column may hold. */
export const ringSize = 1024;

const form = z.object({
  uidValidity: z.bigint().min(0n).max(0xffff_ffffn),
  entries: pieces(entryBytes, ringSize),
  floor: z.int32().optional(),
});

/** @throws RangeError if there are more than {@link ringSize} entries */
export function encodeRing(row: RingRow): Row {
  if (row.entries.length > ringSize) throw new RangeError(`more than ${ringSize} entries in a ring`);
  return {
    partitionKey: partitionOf(row.mailboxId),
    rowKey: ringRowKey(row.mailboxId, row.folderId),
    values: columns({ uidValidity: row.uidValidity, entries: encodeEntries(row.entries), floor: row.floor }),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeRing(row: StoredRow): RingRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'ring') throw brokenRow(row, 'its key is not that of a ring');
  const read = readColumns(row, form);
  return {
    mailboxId: key.mailboxId,
    folderId: key.folderId,
    uidValidity: read.uidValidity,
    entries: decodeEntries(read.entries),
    floor: read.floor,
  };
}

/** Day of INTERNALDATE as a ring entry has it: days since 1970, UTC. */
export const dayOf = (internalDate: Date): number =>
  Math.max(0, Math.min(0xffff, Math.floor(internalDate.getTime() / dayMs)));

const older = (a: RingEntry, b: RingEntry): number => a.day - b.day || a.uid - b.uid;

/**
 * The ring with `entries` in it. An entry replaces the one with its uid, unless that is 0: a message that has no place
 * just now (its folder was renumbered without it) and may turn up in another. Beyond 1,024 the oldest by INTERNALDATE go,
 * new ones included, and `floor` rises to the latest day among them: of a day up to it the ring may not know all.
 */
export function foldEntries(ring: RingRow, entries: readonly RingEntry[]): RingRow {
  if (entries.length === 0) return ring;
  // An entry that is put in its own place again is the very same object; it is there once.
  const all = [...new Set([...ring.entries, ...entries])];
  const byUid = new Map(all.map((entry) => [entry.uid, entry]));
  const sorted = all.filter((entry) => entry.uid === 0 || byUid.get(entry.uid) === entry).sort(older);
  const evicted = sorted.splice(0, Math.max(0, sorted.length - ringSize));
  const last = evicted.at(-1);
  const floor = last === undefined ? ring.floor : Math.max(ring.floor ?? 0, last.day);
  return { ...ring, entries: sorted, floor };
}

/** The ring without the entries of these uids (taken over by another folder). */
export const dropEntries = (ring: RingRow, uids: ReadonlySet<number>): RingRow => ({
  ...ring,
  entries: ring.entries.filter((entry) => !uids.has(entry.uid)),
});
