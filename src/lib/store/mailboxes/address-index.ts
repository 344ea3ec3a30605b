import { z } from 'zod';
import type { Clock } from '../../domain/clock.ts';
import type { GrantKey } from '../../domain/grant.ts';
import { addressKey, personKey } from '../rows/keys.ts';
import { columns, instant, readColumns, text } from '../table/columns.ts';
import type { Store, StoredRow } from '../table/table.ts';

/**
 * A row of the table `index`: which mailbox an address of a tenant belongs to, or a person of it. Its insert decides
 * between two at once.
 */
export interface AddressEntry {
  readonly tid: string;
  /** The address or the person as the row's key has it. */
  readonly key: string;
  readonly mailboxId: string;
  /** When it was written, or last touched by someone who is completing its mailbox. */
  readonly touchedAt: Date;
  readonly etag: string;
}

/** Lost races show as StoreError; the caller starts over. */
export interface AddressIndex {
  read(tid: string, address: string): Promise<AddressEntry | undefined>;
  /** @throws StoreError `exists` */
  insert(tid: string, address: string, mailboxId: string): Promise<AddressEntry>;
  readPerson(person: GrantKey): Promise<AddressEntry | undefined>;
  /** @throws StoreError `exists` */
  insertPerson(person: GrantKey, mailboxId: string): Promise<AddressEntry>;
  /** Gives the address or the person to `mailboxId`, or confirms it. @throws StoreError `conflict` | `missing` */
  point(entry: AddressEntry, mailboxId: string): Promise<AddressEntry>;
  /** @throws StoreError `conflict` */
  delete(entry: AddressEntry): Promise<void>;
  /** Deletes the row of an address if it names this mailbox. @throws StoreError `conflict` */
  deleteIfNames(tid: string, address: string, mailboxId: string): Promise<void>;
  /** The same for the row of a person. @throws StoreError `conflict` */
  deletePersonIfNames(person: GrantKey, mailboxId: string): Promise<void>;
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

  const read = async (tid: string, key: string): Promise<AddressEntry | undefined> => {
    const row = await table.get(tid, key);
    return row === undefined ? undefined : decode(row);
  };
  const insert = async (tid: string, key: string, mailboxId: string): Promise<AddressEntry> => {
    const entry = { tid, key, mailboxId, touchedAt: now() };
    return { ...entry, etag: await table.insert(toRow(entry)) };
  };
  const deleteIfNames = async (tid: string, key: string, mailboxId: string): Promise<void> => {
    const entry = await read(tid, key);
    if (entry?.mailboxId === mailboxId) await table.delete(tid, entry.key, entry.etag);
  };

  return {
    read: (tid, address) => read(tid, addressKey(address)),
    insert: (tid, address, mailboxId) => insert(tid, addressKey(address), mailboxId),
    readPerson: ({ tid, oid }) => read(tid, personKey(oid)),
    insertPerson: ({ tid, oid }, mailboxId) => insert(tid, personKey(oid), mailboxId),
    async point({ tid, key, etag }, mailboxId) {
      const entry = { tid, key, mailboxId, touchedAt: now() };
      return { ...entry, etag: await table.replace(toRow(entry), etag) };
    },
    delete: (entry) => table.delete(entry.tid, entry.key, entry.etag),
    deleteIfNames: (tid, address, mailboxId) => deleteIfNames(tid, addressKey(address), mailboxId),
    deletePersonIfNames: ({ tid, oid }, mailboxId) => deleteIfNames(tid, personKey(oid), mailboxId),
    async *scan() {
      for await (const row of table.scan()) yield decode(row);
    },
  };
}
