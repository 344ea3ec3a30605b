import type { MailboxFilter } from '../../domain/mail/filter.ts';
import { encodeJob, replaysAmong } from '../../store/rows/job-row.ts';
import { jobRowKey, messageRowKey, outboxRowKey } from '../../store/rows/keys.ts';
import { encodeOutbox } from '../../store/rows/outbox-row.ts';
import { decodeRecentMessages } from '../../store/rows/recent-messages-row.ts';
import { decodeDead, decodeRetry, encodeDead, encodeRetry } from '../../store/rows/retry-row.ts';
import type {
  CursorRow,
  DeadRow,
  JobRow,
  MailboxRow,
  MessageMark,
  OutboxRow,
  ReplayJob,
  RetryRow,
  StateRow,
} from '../../store/rows/rows.ts';
import { encodeState } from '../../store/rows/state-row.ts';
import type { CommitUnit } from '../../store/shard/committer.ts';
import type { BatchOperation, Row, StoredRow, StoreError } from '../../store/table/table.ts';
import type { Arrived } from './arrivals.ts';
import { createFolderRecord, type FolderRecord } from './folder-record.ts';
import { createRetryItems, type RetryItem } from './retry-items.ts';
import type { KeptRows } from './row-memory.ts';

/** Everything of one mailbox that a run may change, in memory: the unit that its commits are made of. */
export interface MailboxRecord extends CommitUnit {
  readonly row: MailboxRow;
  readonly state: StateRow;
  setState(state: StateRow): void;
  readonly folders: readonly FolderRecord[];
  /** What the last poll showed to have come to any of them; once. */
  takeArrivals(): Arrived;
  /**
   * Takes what is read only when messages are handled: all `r!` rows of the mailbox, and its `d!` and `x!` rows.
   * @throws BrokerError `row_broken` | `row_newer`
   */
  setMessageRows(recentMessages: readonly StoredRow[], retries: readonly StoredRow[], dead: readonly StoredRow[]): void;
  readonly messageRowsRead: boolean;
  /** Which mail is delivered; read with the rows above. */
  readonly filter: MailboxFilter | undefined;
  setFilter(read: KeptRows['filter']): void;
  /** What the table holds of the rows above; undefined if they were not read, or that is not known. */
  kept(): KeptRows | undefined;
  /** Events that are not accepted yet, oldest first. */
  outbox(): readonly OutboxRow[];
  /** Takes an event that the table holds already. */
  foundOutbox(row: OutboxRow): void;
  /** Adds an event behind all others, or puts one in its own place again. */
  addOutbox(row: OutboxRow): void;
  removeOutbox(id: string): void;
  /** The replays that someone wants, in the order of asking. */
  jobs(): readonly ReplayJob[];
  /** Takes a job that the table holds. */
  foundJob(job: JobRow): void;
  /** Removes the jobs that someone has given up, and the wish to do so. */
  applyCancellations(): void;
  /** How far a job has come. */
  setJob(job: ReplayJob): void;
  removeJob(id: string): void;
  /** The messages of a folder that are tried again, those that are due longest first. */
  retriesOf(folderId: string): readonly RetryRow[];
  /** The messages of the mailbox that were given up, oldest first. */
  dead(): readonly DeadRow[];
  /** Whether a message is out of its folder's way, by its key. */
  retryItem(key: Uint8Array): RetryItem | undefined;
  /** Creates, changes or removes the row of a message in the retry queue; the folder's summary follows. */
  putRetryItem(retryItem: RetryItem): void;
  removeRetryItem(mark: MessageMark): void;
  /** Takes away the rows of messages that were given up before `before`: the oldest `most` of them. */
  purgeDead(before: Date, most: number): void;
  /** Erases a row that the table holds and that belongs to no folder of this record. */
  eraseRow(rowKey: string): void;
  /** At most so many operations would the next commit carry; to commit before they are more than a batch takes. */
  readonly weight: number;
}

/** The rows with which a run begins. */
export interface MailboxRows {
  readonly row: MailboxRow;
  /** Undefined where the row is missing or broken; the first change writes it again. */
  readonly state: StateRow | undefined;
  /** By their folder. */
  readonly cursors: ReadonlyMap<string, CursorRow>;
}

/**
 * @param onRefused told when the table does not take the rows of this mailbox
 */
export function createMailboxRecord(
  { row, state, cursors }: MailboxRows,
  now: Date,
  onRefused: (record: MailboxRecord, error: StoreError) => void,
): MailboxRecord {
  let current: StateRow = state ?? {
    mailboxId: row.id,
    state: 'connecting',
    code: '',
    since: now,
    backoffUntil: undefined,
    served: -1,
  };
  let stateDirty = false;
  const folders = row.folders.map((folder) => createFolderRecord(row.id, folder, cursors.get(folder.id)));
  const outbox = new Map<string, OutboxRow>();
  let latest = 0;
  const jobs = new Map<string, JobRow>();
  const retryItems = createRetryItems();
  /** Rows of kinds that come and go: which of them the table holds, and what the next batch does to them. */
  const stored = new Set<string>();
  const changes = new Map<string, Row | undefined>();
  let messageRowsRead = false;
  let filter: KeptRows['filter'];
  /** The table refused a write: what is stored is unknown. */
  let isVoid = false;

  const write = (next: Row) => void changes.set(next.rowKey, next);

  function erase(rowKey: string): void {
    if (stored.has(rowKey)) changes.set(rowKey, undefined);
    else changes.delete(rowKey);
  }

  const rowKeyOf = ({ kind, row: mark }: RetryItem) => messageRowKey(kind === 'retry' ? 'd' : 'x', mark);

  function summarise(folderId: string): void {
    const { count, nextAt } = retryItems.summaryOf(folderId);
    folders.find(({ folder }) => folder.id === folderId)?.setRetries(count, nextAt);
  }

  function removeRetryItem(mark: MessageMark): void {
    const known = retryItems.of(mark.key);
    if (known === undefined) return;
    retryItems.remove(mark.key);
    erase(rowKeyOf(known));
    summarise(known.row.folderId);
  }

  const self: MailboxRecord = {
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
    takeArrivals() {
      const taken = folders.map((folder) => folder.takeArrivals());
      return {
        hasArrived: taken.some(({ hasArrived }) => hasArrived),
        arrivals: taken.flatMap(({ arrivals }) => arrivals),
      };
    },
    setMessageRows(recentMessagesRows, retryRows, deadRows) {
      const recentMessages = new Map(
        recentMessagesRows.map((each) => decodeRecentMessages(each)).map((recent) => [recent.folderId, recent]),
      );
      retryItems.found(retryRows.map((each): RetryItem => ({ kind: 'retry', row: decodeRetry(each) })));
      retryItems.found(deadRows.map((each): RetryItem => ({ kind: 'dead', row: decodeDead(each) })));
      for (const { rowKey } of [...retryRows, ...deadRows]) stored.add(rowKey);
      for (const folder of folders) {
        folder.setRecentMessages(recentMessages.get(folder.folder.id));
        folder.filterIs(row.filterRevision);
      }
      messageRowsRead = true;
    },
    get filter() {
      return filter?.filter;
    },
    setFilter(read) {
      filter = read;
    },
    kept() {
      if (!messageRowsRead || isVoid || self.pending().length > 0) return undefined;
      return { recentMessages: folders.flatMap((folder) => folder.recentMessagesRow() ?? []), filter };
    },
    get messageRowsRead() {
      return messageRowsRead;
    },
    outbox: () => [...outbox.values()].sort((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1)),
    foundOutbox(event) {
      outbox.set(event.id, event);
      latest = Math.max(latest, event.at.getTime());
      stored.add(outboxRowKey(row.id, event.id));
    },
    addOutbox(event) {
      // The store tells its time in whole seconds, so that what happens later may seem to happen up to a second earlier.
      const at = outbox.has(event.id) ? event.at : new Date(Math.max(event.at.getTime(), latest + 1));
      latest = Math.max(latest, at.getTime());
      outbox.set(event.id, { ...event, at });
      write(encodeOutbox({ ...event, at }));
    },
    removeOutbox(id) {
      outbox.delete(id);
      erase(outboxRowKey(row.id, id));
    },
    jobs: () => replaysAmong([...jobs.values()]).sort((a, b) => a.number - b.number),
    foundJob(job) {
      jobs.set(job.id, job);
      stored.add(jobRowKey(row.id, job.id));
    },
    applyCancellations() {
      const wanted = new Set(self.jobs().map(({ id }) => id));
      for (const id of [...jobs.keys()]) if (!wanted.has(id)) self.removeJob(id);
    },
    setJob(job) {
      jobs.set(job.id, job);
      write(encodeJob(job));
    },
    removeJob(id) {
      jobs.delete(id);
      erase(jobRowKey(row.id, id));
    },
    retriesOf: retryItems.retriesOf,
    dead: retryItems.dead,
    retryItem: retryItems.of,
    putRetryItem(next) {
      const before = retryItems.of(next.row.key);
      if (before !== undefined && rowKeyOf(before) !== rowKeyOf(next)) removeRetryItem(before.row);
      retryItems.put(next);
      write(next.kind === 'retry' ? encodeRetry(next.row) : encodeDead(next.row));
      summarise(next.row.folderId);
    },
    removeRetryItem,
    purgeDead(before, most) {
      const old = retryItems.dead().filter(({ at }) => at < before);
      for (const mark of old.slice(0, most)) removeRetryItem(mark);
    },
    eraseRow: (rowKey) => void changes.set(rowKey, undefined),
    get weight() {
      return 1 + 2 * folders.length + changes.size;
    },
    pending() {
      const operations: BatchOperation[] = folders.flatMap((folder) => folder.pending());
      if (stateDirty) operations.push({ kind: 'upsert', row: encodeState(current) });
      for (const [rowKey, change] of changes) {
        operations.push(change === undefined ? { kind: 'delete', rowKey } : { kind: 'upsert', row: change });
      }
      return operations;
    },
    sent() {
      for (const folder of folders) folder.sent();
      stateDirty = false;
      for (const [rowKey, change] of changes) {
        if (change === undefined) stored.delete(rowKey);
        else stored.add(rowKey);
      }
      changes.clear();
    },
    refused(error) {
      isVoid = true;
      onRefused(self, error);
    },
  };
  return self;
}
