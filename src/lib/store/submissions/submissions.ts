import type { Submission } from '../../domain/submission.ts';
import { unlessUnreadable } from '../table/columns.ts';
import type { BatchOperation, Store, StoredRow } from '../table/table.ts';
import {
  messageIdHash,
  parseSubmissionId,
  submissionPartition,
  submissionPartitionOfShard,
  submissionRowKey,
  submissionRows,
} from './submission-keys.ts';
import {
  decodeKey,
  decodeMessageId,
  decodeSubmission,
  decodeWaiting,
  encodeKey,
  encodeMessageId,
  encodeSubmission,
  encodeWaiting,
  type KeyRow,
  type SubmissionRow,
  type WaitingRow,
} from './submission-row.ts';

/** A submission as it was read. */
export interface StoredSubmission extends SubmissionRow {
  readonly etag: string;
}

/**
 * The rows of submissions. A submission is changed only under the ETag with which it was read, in one batch with the rows
 * that go with it.
 * @throws StoreError; BrokerError `row_broken` | `row_newer`
 */
export interface SubmissionRows {
  read(id: string): Promise<StoredSubmission | undefined>;
  /** All rows of a new submission, or none. @throws StoreError `exists` if its idempotency key was used */
  insert(row: SubmissionRow, key: KeyRow | undefined): Promise<void>;
  /** With its waiting row. @throws StoreError `conflict` | `missing` */
  write(found: StoredSubmission, next: Submission): Promise<StoredSubmission>;
  /** As `write`, when nothing waits any more: the waiting row goes, and the idempotency key learns of the end. */
  close(found: StoredSubmission, next: Submission): Promise<void>;
  key(mailboxId: string, hash: string): Promise<KeyRow | undefined>;
  /** The submission that a Message-ID belongs to, in one mailbox. */
  byMessageId(mailboxId: string, messageId: string): Promise<string | undefined>;
  /** What waits in a shard, as rows: each is decoded where it is needed. */
  waitingInShard(shard: number): Promise<readonly StoredRow[]>;
  /** Those that can be read: one that is broken, or of a newer version, must not keep the others. `due-lanes.ts` logs it. */
  waitingOf(mailboxId: string): Promise<readonly WaitingRow[]>;
  /** Of a mailbox, newest first. @param after the key of the last one of the page before */
  page(mailboxId: string, after: string | undefined, most: number): Promise<readonly StoredSubmission[]>;
  /** Erases the rows of a mailbox but for its idempotency keys. */
  erase(mailboxId: string): Promise<void>;
}

/** Well below the 100 operations of a batch. */
const rowsPerBatch = 90;

export function createSubmissionRows({ store }: { readonly store: Store }): SubmissionRows {
  const table = store.table('submissions');

  const stored = (row: StoredRow): StoredSubmission => ({ ...decodeSubmission(row), etag: row.etag });

  /** A Message-ID that the server gave it, as soon as it is known. */
  const newMessageId = (before: Submission, next: Submission): BatchOperation[] => {
    const { serverMessageId } = next;
    if (serverMessageId === undefined || serverMessageId === before.serverMessageId) return [];
    return [{ kind: 'upsert', row: messageIdRow(next, serverMessageId) }];
  };

  return {
    async read(id) {
      const place = parseSubmissionId(id);
      if (place === undefined) return undefined;
      const { mailboxId, key } = place;
      const row = await table.get(submissionPartition(mailboxId), submissionRowKey('s', mailboxId, key));
      return row && stored(row);
    },

    async insert(row, key) {
      const { submission } = row;
      await table.batch(submissionPartition(submission.mailboxId), [
        ...(key === undefined ? [] : [{ kind: 'insert' as const, row: encodeKey(key) }]),
        { kind: 'insert', row: encodeSubmission(row) },
        { kind: 'insert', row: encodeWaiting(submission) },
        { kind: 'upsert', row: messageIdRow(submission, submission.ourMessageId) },
      ]);
    },

    async write(found, next) {
      const row = { submission: next, sealed: found.sealed };
      const [etag = ''] = await table.batch(submissionPartition(next.mailboxId), [
        { kind: 'replace', row: encodeSubmission(row), etag: found.etag },
        { kind: 'upsert', row: encodeWaiting(next) },
        ...newMessageId(found.submission, next),
      ]);
      return { ...row, etag };
    },

    async close(found, next) {
      const { mailboxId, id, keyHash } = next;
      const key = keyHash === undefined ? undefined : await this.key(mailboxId, keyHash);
      await table.batch(submissionPartition(mailboxId), [
        { kind: 'replace', row: encodeSubmission({ submission: next, sealed: found.sealed }), etag: found.etag },
        { kind: 'delete', rowKey: submissionRowKey('w', mailboxId, parseSubmissionId(id)?.key ?? '') },
        ...newMessageId(found.submission, next),
        ...(key === undefined ? [] : [{ kind: 'upsert' as const, row: encodeKey({ ...key, endedAt: next.endedAt }) }]),
      ]);
    },

    async key(mailboxId, hash) {
      const row = await table.get(submissionPartition(mailboxId), submissionRowKey('k', mailboxId, hash));
      return row && decodeKey(row);
    },

    async byMessageId(mailboxId, messageId) {
      const rowKey = submissionRowKey('i', mailboxId, messageIdHash(messageId));
      const row = await table.get(submissionPartition(mailboxId), rowKey);
      return row && decodeMessageId(row).submissionId;
    },

    waitingInShard: (shard) => table.list(submissionPartitionOfShard(shard), submissionRows('w')),

    async waitingOf(mailboxId) {
      const rows = await table.list(submissionPartition(mailboxId), submissionRows('w', mailboxId));
      return rows.flatMap((row) => unlessUnreadable(() => decodeWaiting(row)) ?? []);
    },

    async page(mailboxId, after, most) {
      const { from, below } = submissionRows('s', mailboxId);
      // `!` sorts before every character of a key.
      const begin = after === undefined ? from : `${submissionRowKey('s', mailboxId, after)}!`;
      const rows = await table.list(submissionPartition(mailboxId), { from: begin, below, most });
      return rows.map(stored);
    },

    async erase(mailboxId) {
      const partition = submissionPartition(mailboxId);
      for (const kind of ['w', 's', 'i', 'p', 'x', 'd'] as const) {
        const rows = await table.list(partition, submissionRows(kind, mailboxId));
        for (let at = 0; at < rows.length; at += rowsPerBatch) {
          const some = rows.slice(at, at + rowsPerBatch);
          await table.batch(
            partition,
            some.map(({ rowKey }): BatchOperation => ({ kind: 'delete', rowKey })),
          );
        }
      }
    },
  };
}

const messageIdRow = ({ mailboxId, id, createdAt }: Submission, messageId: string) =>
  encodeMessageId({ mailboxId, hash: messageIdHash(messageId), submissionId: id, createdAt });
