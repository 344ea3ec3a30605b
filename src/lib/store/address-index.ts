import { z } from 'zod';
import type { Clock } from '../domain/clock.ts';
import { columns, instant, readColumns, text } from './columns.ts';
import { addressKey } from './keys.ts';
import type { Store, StoredRow } from './table.ts';

/** A row of the table `index`: which mailbox an address of a tenant belongs to. Its insert decides between two at once. */
export interface AddressEntry {
  readonly tid: string;
  /** The address as the row's key has it. */
  readonly key: string;
  readonly mailboxId: string;
  /** When it was written, or last touched by somebody who is completing its mailbox. */
  readonly touchedAt: Date;
  readonly etag: string;
}

/** Lost races show as StoreError; the caller starts over. */
export interface AddressIndex {
  read(tid: string, address: string): Promise<AddressEntry | undefined>;
  /** @throws StoreError `exists` */
  insert(tid: string, address: string, mailboxId: string): Promise<AddressEntry>;
  /** Gives the address to `mailboxId`, or confirms it. @throws StoreError `conflict` | `missing` */
  point(entry: AddressEntry, mailboxId: string): Promise<AddressEntry>;
  /** @throws StoreError `conflict` */
  delete(entry: AddressEntry): Promise<void>;
  /** Deletes the row of an address if it names this mailbox. @throws StoreError `conflict` */
  deleteIfNames(tid: string, address: string, mailboxId: string): Promise<void>;
  scan(): AsyncIterable<AddressEntry>;
}

const form = z.object({ mailboxId: text, touchedAt: instant });

function decode(row: StoredRow): AddressEntry {
  return { tid: row.partitionKey, key: row.rowKey, etag: row.etag, ...readColumns(row, form) };
}

export function createAddressIndex(deps: { readonly store: Store; readonly clock: Clock }): AddressIndex {
  const table = deps.store.table('index');
  const now = () => new Date(deps.clock.now());
  const toRow = ({ tid, key, mailboxId, touchedAt }: Omit<AddressEntry, 'etag'>) => ({
    partitionKey: tid,
    rowKey: key,
    values: columns({ mailboxId, touchedAt }),
  });

  const read = async (tid: string, address: string): Promise<AddressEntry | undefined> => {
    const row = await table.get(tid, addressKey(address));
    return row === undefined ? undefined : decode(row);
  };

  return {
    read,
    async insert(tid, address, mailboxId) {
      const entry = { tid, key: addressKey(address), mailboxId, touchedAt: now() };
      return { ...entry, etag: await table.insert(toRow(entry)) };
    },
    async point({ tid, key, etag }, mailboxId) {
      const entry = { tid, key, mailboxId, touchedAt: now() };
      return { ...entry, etag: await table.replace(toRow(entry), etag) };
    },
    delete: (entry) => table.delete(entry.tid, entry.key, entry.etag),
    async deleteIfNames(tid, address, mailboxId) {
      const entry = await read(tid, address);
      if (entry?.mailboxId === mailboxId) await table.delete(tid, entry.key, entry.etag);
    },
    async *scan() {
      for await (const row of table.scan()) yield decode(row);
    },
  };
}
