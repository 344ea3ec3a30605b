import type { CommitUnit } from '../store/committer.ts';
import { outboxRowKey } from '../store/keys.ts';
import { encodeOutbox } from '../store/outbox-row.ts';
import { decodeRing } from '../store/ring-row.ts';
import type { CursorRow, MailboxRow, OutboxRow, StateRow } from '../store/rows.ts';
import { encodeState } from '../store/state-row.ts';
import type { BatchOperation, StoredRow, StoreError } from '../store/table.ts';
import { createFolderBook, type FolderBook } from './folder-book.ts';

/** Everything of one mailbox that a run may change, in memory: the unit that its commits are made of. */
export interface MailboxBook extends CommitUnit {
  readonly row: MailboxRow;
  readonly state: StateRow;
  setState(state: StateRow): void;
  readonly folders: readonly FolderBook[];
  /** Rings are read only when a message has to be known again. `rows` are all `r!` rows of the mailbox. */
  setRings(rows: readonly StoredRow[]): void;
  readonly ringsRead: boolean;
  /** Events that are not accepted yet, oldest first. */
  outbox(): readonly OutboxRow[];
  /** Takes an event that the table holds already. */
  foundOutbox(row: OutboxRow): void;
  addOutbox(row: OutboxRow): void;
  removeOutbox(id: string): void;
  /** At most so many operations would the next commit carry; to commit before they are more than a batch takes. */
  readonly weight: number;
}

/**
 * @param state undefined where the row is missing or broken; it is then written anew with the first change
 * @param onRefused told when the table does not take the rows of this mailbox
 */
export function createMailboxBook(
  row: MailboxRow,
  state: StateRow | undefined,
  cursors: ReadonlyMap<string, CursorRow>,
  now: Date,
  onRefused: (book: MailboxBook, error: StoreError) => void,
): MailboxBook {
  let current: StateRow = state ?? {
    mailboxId: row.id,
    state: 'connecting',
    code: '',
    since: now,
    backoffUntil: undefined,
    answered: -1,
  };
  let stateDirty = false;
  const folders = row.folders.map((folder) => createFolderBook(row.id, folder, cursors.get(folder.id)));
  const outbox = new Map<string, OutboxRow>();
  /** Ids of outbox rows that the table holds, and those that a batch has yet to put there or take away. */
  const stored = new Set<string>();
  const adding = new Set<string>();
  const removing = new Set<string>();
  let ringsRead = false;

  function pending(): BatchOperation[] {
    const operations = folders.flatMap((folder) => folder.pending());
    if (stateDirty) operations.push({ kind: 'upsert', row: encodeState(current) });
    for (const id of adding) {
      const event = outbox.get(id);
      if (event !== undefined) operations.push({ kind: 'upsert', row: encodeOutbox(event) });
    }
    for (const id of removing) operations.push({ kind: 'delete', rowKey: outboxRowKey(row.id, id) });
    return operations;
  }

  const self: MailboxBook = {
    id: row.id,
    row,
    get state() {
      return current;
    },
    setState(next) {
      current = next;
      stateDirty = true;
    },
    folders,
    setRings(rows) {
      const rings = new Map(rows.map((stored) => decodeRing(stored)).map((ring) => [ring.folderId, ring]));
      for (const folder of folders) folder.setRing(rings.get(folder.folder.id));
      ringsRead = true;
    },
    get ringsRead() {
      return ringsRead;
    },
    outbox: () => [...outbox.values()].sort((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1)),
    foundOutbox(event) {
      outbox.set(event.id, event);
      stored.add(event.id);
    },
    addOutbox(event) {
      outbox.set(event.id, event);
      adding.add(event.id);
    },
    removeOutbox(id) {
      outbox.delete(id);
      adding.delete(id);
      if (stored.has(id)) removing.add(id);
    },
    get weight() {
      return 1 + 2 * folders.length + adding.size + removing.size;
    },
    pending,
    sent() {
      for (const folder of folders) folder.sent();
      stateDirty = false;
      for (const id of adding) stored.add(id);
      for (const id of removing) stored.delete(id);
      adding.clear();
      removing.clear();
    },
    refused: (error) => onRefused(self, error),
  };
  return self;
}
