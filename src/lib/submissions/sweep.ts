import { dayMs, hourMs, minuteMs } from '../domain/duration.ts';
import { isEnded } from '../domain/submission.ts';
import { isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isDirty } from '../store/submissions/draft.ts';
import { decodeDraft, encodeDraft } from '../store/submissions/draft-row.ts';
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

/** A working copy that is in Drafts as it is goes this long after it was changed last. */
const idleMs = 7 * dayMs;
/** The row of a draft goes this long after it was changed last; the message stays in Drafts. */
const draftKeptMs = 90 * dayMs;
/** A wake-up was lost. */
const overdueMs = 5 * minuteMs;

export interface SweepParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly log: Log;
  /** Leaves a wake-up to look after a draft. @throws BrokerError `storage_unreachable` */
  readonly wakeDraft: (mailboxId: string, draftId: string) => Promise<void>;
}

export interface Swept {
  readonly drafts: number;
  readonly submissions: number;
  readonly keys: number;
  readonly messageIds: number;
  readonly blobs: number;
}

/** Deletes what has had its time. Safe to repeat. @throws StoreError; BrokerError `storage_unreachable` */
export async function sweepSubmissions({ store, blobs, log, wakeDraft }: SweepParts): Promise<Swept> {
  const table = store.table('submissions');
  const now = store.time.whenJudging();
  const isOver = (at: Date, ms: number) => now - at.getTime() > ms;
  const swept = { drafts: 0, submissions: 0, keys: 0, messageIds: 0, blobs: 0 };
  /** Whose content may still be needed. */
  const holding = new Set<string>();
  const names: { readonly row: StoredRow; readonly submissionId: string; readonly createdAt: Date }[] = [];
  const alive = new Set<string>();
  /** A draft cannot be read, so it is unknown which blobs it needs. */
  let keepsAll = false;

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

  /** Notes which blobs a draft needs, and has what was overlooked looked after. */
  const sweepDraft = async (row: StoredRow): Promise<void> => {
    const { draft, sealed } = decodeDraft(row);
    const { mailboxId, id, copy, uploads, submission, flushAt, updatedAt } = draft;
    if (submission !== undefined || (flushAt !== undefined && isOver(flushAt, overdueMs)))
      await wakeDraft(mailboxId, id);
    else if (isOver(updatedAt, draftKeptMs)) {
      swept.drafts += await remove(row);
      return;
    } else if (copy !== undefined && isOver(updatedAt, idleMs) && !isDirty(draft)) {
      const next = encodeDraft({ draft: { ...draft, copy: undefined, uploads: [] }, sealed });
      await table.replace(next, row.etag).catch((error: unknown) => {
        if (!isStoreError(error, 'conflict', 'missing')) throw error;
      });
      // Its blobs are kept once more: a request that reads it just now may still need them.
    }
    for (const name of [...(copy === undefined ? [] : [copy.blob]), ...uploads]) holding.add(name);
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
      if (parseSubmissionRowKey(row.rowKey)?.kind === 'd') await sweepDraft(row);
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
      if (place?.kind === 'd') keepsAll = true;
    }
  }
  for (const { row, submissionId, createdAt } of names) {
    if (!alive.has(submissionId) && isOver(createdAt, orphanMs)) swept.messageIds += await remove(row);
  }
  for await (const { name, writtenAt } of blobs.list()) {
    const isHeld =
      holding.has(name) || holding.has(parseSubmissionId(name)?.key ?? '') || (keepsAll && isOfDraft(name));
    if (isHeld || !isOver(writtenAt, isUploadBlob(name) ? uploadMs : orphanMs)) continue;
    await blobs.delete(name);
    swept.blobs += 1;
  }
  return swept;
}

const isOfDraft = (name: string): boolean => name.startsWith('draft_') || isUploadBlob(name);
