import { dayMs, hourMs } from '../domain/duration.ts';
import { isEnded } from '../domain/submission.ts';
import { isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { parseSubmissionId, parseSubmissionRowKey } from '../store/submissions/submission-keys.ts';
import { decodeKey, decodeMessageId, decodeSubmission } from '../store/submissions/submission-row.ts';
import type { Blobs } from '../store/table/blobs.ts';
import { isStoreError, type Store, type StoredRow } from '../store/table/table.ts';
import { isUploadBlob, uploadKeptMs } from './requests/kept-uploads.ts';

/**
 * Submissions are deleted this long after their end, and idempotency keys this long after the end of their submission.
 */
export const keptMs = 7 * dayMs;
const keyKeptMs = 90 * dayMs;
/** A key whose end was never noted: the message may have been scheduled for 90 days ahead. */
const keyKeptFromBirthMs = 190 * dayMs;
/** A blob is written before its rows; a day later no process is about to write them. */
const orphanMs = dayMs;
/** An upload can be used until it expires; a request that began just then has another hour. */
const uploadMs = uploadKeptMs + hourMs;

export interface SweepParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly log: Log;
}

export interface Swept {
  readonly submissions: number;
  readonly keys: number;
  readonly messageIds: number;
  readonly blobs: number;
}

/** Deletes what has had its time. Safe to repeat. @throws StoreError; BrokerError `storage_unreachable` */
export async function sweepSubmissions({ store, blobs, log }: SweepParts): Promise<Swept> {
  const table = store.table('submissions');
  const now = store.time.whenJudging();
  const isOver = (at: Date, ms: number) => now - at.getTime() > ms;
  const swept = { submissions: 0, keys: 0, messageIds: 0, blobs: 0 };
  /** Whose content may still be needed. */
  const holding = new Set<string>();
  const names: { readonly row: StoredRow; readonly submissionId: string; readonly createdAt: Date }[] = [];
  const alive = new Set<string>();

  const remove = async (row: StoredRow): Promise<number> => {
    try {
      await table.delete(row.partitionKey, row.rowKey, row.etag);
      return 1;
    } catch (error) {
      // Someone changed it just now: it is looked at again the next time.
      if (!isStoreError(error, 'conflict')) throw error;
      return 0;
    }
  };

  /** @returns true if the row is to go */
  const judge = (row: StoredRow): 'submissions' | 'keys' | undefined => {
    switch (parseSubmissionRowKey(row.rowKey)?.kind) {
      case 's': {
        const { submission } = decodeSubmission(row);
        const { id, endedAt, owes, stored } = submission;
        alive.add(id);
        if (stored) holding.add(id);
        const isGone = isEnded(submission) && endedAt !== undefined && owes.length === 0 && isOver(endedAt, keptMs);
        return isGone ? 'submissions' : undefined;
      }
      case 'k': {
        const { endedAt, createdAt } = decodeKey(row);
        const isGone = endedAt === undefined ? isOver(createdAt, keyKeptFromBirthMs) : isOver(endedAt, keyKeptMs);
        return isGone ? 'keys' : undefined;
      }
      case 'i': {
        const { submissionId, createdAt } = decodeMessageId(row);
        names.push({ row, submissionId, createdAt });
        return undefined;
      }
      default:
        return undefined;
    }
  };

  for await (const row of table.scan()) {
    try {
      const kind = judge(row);
      if (kind === undefined) continue;
      const count = await remove(row);
      swept[kind] += count;
      if (kind !== 'submissions' || count === 0) continue;
      const id = decodeSubmission(row).submission.id;
      alive.delete(id);
      holding.delete(id);
    } catch (error) {
      if (!isBrokerError(error, 'row_broken', 'row_newer')) throw error;
      log.error('submission.row_broken', error);
      // It is unknown what it says about its blob.
      const place = parseSubmissionRowKey(row.rowKey);
      if (place?.kind === 's') holding.add(place.key);
    }
  }
  for (const { row, submissionId, createdAt } of names) {
    if (!alive.has(submissionId) && isOver(createdAt, orphanMs)) swept.messageIds += await remove(row);
  }
  for await (const { name, writtenAt } of blobs.list()) {
    const isHeld = holding.has(name) || holding.has(parseSubmissionId(name)?.key ?? '');
    if (isHeld || !isOver(writtenAt, isUploadBlob(name) ? uploadMs : orphanMs)) continue;
    await blobs.delete(name);
    swept.blobs += 1;
  }
  return swept;
}
