import { minuteMs } from '../domain/duration.ts';
import type { Submission } from '../domain/submission.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Reader } from '../reading/types.ts';
import type { DraftRow } from '../store/submissions/draft-row.ts';
import { newSubmissionId } from '../store/submissions/submission-keys.ts';
import { asBrokerError } from '../store/table/modify.ts';
import type { SendRequest } from '../submissions/requests/send-request.ts';
import { refusal } from './decide.ts';
import { type DraftResult, flushSoon, lookIfDue, refusedNow, rowOf, show, wakeLater } from './drafts.ts';
import type { CopyFields } from './fields.ts';
import { settleDraft } from './settle-draft.ts';
import { takeFiles } from './take-files.ts';
import type { DraftDeps } from './types.ts';
import { contentOf, threadOf } from './write-draft.ts';

/** Which version is sent, and when. */
export interface SendDraftWish extends Pick<SendRequest, 'sendAt' | 'expiresIn' | 'onUnknown'> {
  readonly base: number;
  /** Id of the API key. */
  readonly keyId: string;
}

/** Longer than handing a message over can take. */
const overseeMs = 6 * minuteMs;

/**
 * Hands a draft over for sending. First the lock with the id of the submission, then the submission under that id, so that a
 * repeated request, or the next look after the draft, finds out whether the message was taken over.
 * @throws BrokerError `not_found` | `draft_locked` | what composing and accepting throw; the draft is as before then
 */
export async function sendDraft(
  deps: DraftDeps,
  reader: Reader,
  id: string,
  wish: SendDraftWish,
): Promise<Submission | Extract<DraftResult, { readonly kind: 'refused' }>> {
  const before = await rowOf(deps, reader, id);
  const isRepeated = before.draft.submission !== undefined && before.draft.version === wish.base;
  const row = isRepeated ? before : await locked(deps, reader, before, wish);
  if ('kind' in row) return row;
  const fields = await deps.copies.read(row);
  const lock = row.draft.submission;
  if (fields === undefined || lock === undefined) throw new BrokerError('conflict');
  const { sendAt, expiresIn, onUnknown } = wish;
  const request = { ...contentOf(fields), sendAt, expiresIn, onUnknown, bulk: false, dryRun: false };
  const draft = { id, submissionId: lock.id, messageId: row.draft.messageId };
  const of = { thread: threadOf(fields), answering: fields.answering };
  let submission: Submission;
  try {
    submission = await deps.sender.send(
      { mailbox: reader.row, request, files: [], draft, ...of },
      { keyId: wish.keyId, idempotencyKey: undefined },
    );
  } catch (error) {
    // Without an answer from storage the message may have been accepted; the next look after the draft finds out.
    if (isBrokerError(error) && error.status < 500) await unlock(deps, row);
    throw error;
  }
  if (lock.leaves) await settleDraft(deps, reader.row.id, id);
  return submission;
}

/** Brings Drafts up to date, and locks the draft at the version that is to be sent. */
async function locked(
  deps: DraftDeps,
  reader: Reader,
  before: DraftRow,
  { base, sendAt }: SendDraftWish,
): Promise<DraftRow | Extract<DraftResult, { readonly kind: 'refused' }>> {
  const refuse = async (row: DraftRow, code: 'draft_changed' | 'draft_locked') => {
    const result = await refusedNow(deps, reader, row, code);
    if (result.kind !== 'refused') throw new BrokerError('conflict');
    return result;
  };
  let found = await lookIfDue(deps, reader, before, true);
  const refused = refusal(found.draft, base);
  if (refused !== undefined) return refuse(found, refused);
  const leaves = sendAt !== undefined && sendAt.getTime() > deps.clock.now();
  if (!leaves) found = await flushSoon(deps, reader, found);
  if (found.draft.copy === undefined) found = await taken(deps, reader, found);
  // Before the lock, so that a lock left by a process that died is found.
  await wakeLater(deps, found.draft, overseeMs);
  let lost: ReturnType<typeof refusal>;
  const at = new Date(deps.clock.now());
  const id = newSubmissionId(reader.row.id, at, deps.random);
  const row = await deps.rows.change(found.draft, (current) => {
    lost = refusal(current.draft, base);
    if (lost !== undefined) return undefined;
    return { ...current, draft: { ...current.draft, submission: { id, at, leaves }, closing: false } };
  });
  if (row === undefined) throw new BrokerError('not_found');
  return lost === undefined ? row : refuse(row, lost);
}

/** A draft of which nothing is here but its message: that is read into a working copy, files and all. */
async function taken(deps: DraftDeps, reader: Reader, row: DraftRow): Promise<DraftRow> {
  const { fields } = await show(deps, reader, row);
  if (fields === undefined) throw new BrokerError('not_found');
  const named = fields.files.map(({ source, filename, contentType, contentId }) =>
    'uploadId' in source
      ? { kind: 'upload' as const, ...source, contentId }
      : { kind: 'part' as const, ...source, filename, contentType, contentId },
  );
  const files = await takeFiles(deps, reader.row, { named, received: [], held: [] });
  const { answering } = await deps.copies.thread(row);
  const own: CopyFields = {
    ...{ ...fields, answering },
    ...{ to: [...fields.to], cc: [...fields.cc], bcc: [...fields.bcc], replyTo: [...fields.replyTo] },
    ...{ files, references: [...fields.references] },
  };
  const { blob, sealed } = await deps.copies.put(row.draft, own);
  const uploads = files.map(({ source }) => deps.uploads.blobOf(reader.row.id, source.uploadId));
  const after = await deps.rows.change(row.draft, ({ draft, sealed: kept }) =>
    draft.version === row.draft.version && draft.copy === undefined
      ? { draft: { ...draft, copy: { version: draft.version, blob }, uploads }, sealed }
      : { draft, sealed: kept },
  );
  if (after === undefined) throw new BrokerError('not_found');
  return after;
}

/** Nothing was taken over. */
async function unlock(deps: DraftDeps, { draft }: DraftRow): Promise<void> {
  try {
    await deps.rows.change(draft, (current) =>
      current.draft.submission?.id === draft.submission?.id
        ? { ...current, draft: { ...current.draft, submission: undefined } }
        : undefined,
    );
  } catch (error) {
    deps.log.warn('draft.not_unlocked', { mailboxId: draft.mailboxId, code: String(asBrokerError(error)) });
  }
}
