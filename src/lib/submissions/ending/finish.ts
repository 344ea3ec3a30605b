import { dayMs, minuteMs } from '../../domain/duration.ts';
import { isDone, type Submission } from '../../domain/submission.ts';
import { originalMarked } from '../../domain/submission-reports.ts';
import { isStoreError } from '../../store/table/table.ts';
import { type ChangeParts, changeSubmission } from '../change.ts';
import type { StoredMail } from '../stored-mail.ts';
import type { DraftSweeper } from './leftover-drafts.ts';
import type { OriginalMarker } from './mark-original.ts';
import { type TellParts, tell } from './tell.ts';

export interface FinishParts extends ChangeParts, TellParts {
  readonly mail: StoredMail;
  readonly markOriginal: OriginalMarker;
  readonly sweepDrafts: DraftSweeper;
  /** Leaves a wake-up to look after the draft that a submission was. @throws BrokerError `storage_unreachable` */
  readonly wakeDraft: (mailboxId: string, draftId: string) => Promise<void>;
}

/** Drafts that could not be looked into are looked into again after so long, for a day. */
const sweepAgainMs = 15 * minuteMs;

/**
 * The last steps of a submission that has ended: its original marked, its events into the outbox, its blob and leftover drafts
 * deleted, its waiting row dropped. Each may be the last one before a crash; all may be repeated.
 * A copy that a shared mailbox still waits for is the business of the lane (file-copy.ts): until then the blob stays.
 * @throws BrokerError `storage_unreachable` | `conflict`
 */
export async function finish(parts: FinishParts, ended: Submission): Promise<void> {
  const submission = await withOriginalMarked(parts, ended);
  for (const type of submission.owes) await tell(parts, submission, type);
  const copyAt = submission.copy?.state === 'awaited' ? submission.copy.nextAt : undefined;
  const isOver = isDone(submission) && copyAt === undefined;
  if (isOver && submission.stored) await parts.mail.drop(submission.id);
  if (submission.draftId !== undefined) await parts.wakeDraft(submission.mailboxId, submission.draftId);
  const mayHaveDrafts = submission.drafted && !(isOver && (await parts.sweepDrafts(submission)));
  const found = await parts.rows.read(submission.id);
  // Another process changed it meanwhile: it waits, and the next run starts over.
  if (found === undefined || !isSameEnd(found.submission, submission)) return;
  const next: Submission = {
    ...found.submission,
    owes: [],
    stored: submission.stored && !isOver,
    drafted: mayHaveDrafts,
  };
  const now = parts.store.time.whenJudging();
  const sweptAgain = isOver && mayHaveDrafts && now < (submission.endedAt?.getTime() ?? 0) + dayMs;
  const nextAt = copyAt ?? (sweptAgain ? new Date(now + sweepAgainMs) : undefined);
  try {
    if (nextAt === undefined) await parts.rows.close(found, next);
    else await parts.rows.write(found, { ...next, nextAt });
  } catch (error) {
    // As above; `missing`: a waiting row that someone dropped first.
    if (!isStoreError(error, 'conflict', 'missing')) throw error;
  }
}

/** Before the event, which says what came of it. Marking twice, after a crash in between, changes nothing. */
async function withOriginalMarked(parts: FinishParts, submission: Submission): Promise<Submission> {
  const { state, original, id, mailboxId } = submission;
  const isTaken = state === 'sent' || state === 'partial';
  if (!isTaken || original === undefined || original.marked !== undefined) return submission;
  const code = await parts.markOriginal(mailboxId, original);
  const noted = await changeSubmission(parts, id, (current) => originalMarked(current, code));
  return noted !== undefined && isSameEnd(noted.submission, submission) ? noted.submission : submission;
}

const isSameEnd = (a: Submission, b: Submission): boolean =>
  a.state === b.state &&
  a.attempts === b.attempts &&
  a.refused.length === b.refused.length &&
  a.copy?.state === b.copy?.state &&
  a.owes.length === b.owes.length;

/** Changes a submission and, where that ended it, takes the last steps at once. @returns undefined if there is none */
export async function changeAndFinish(
  parts: FinishParts,
  id: string,
  decide: (submission: Submission) => Submission | undefined,
): Promise<Submission | undefined> {
  const found = await changeSubmission(parts, id, decide);
  if (found !== undefined && found.submission.endedAt !== undefined) await finish(parts, found.submission);
  return found?.submission;
}
