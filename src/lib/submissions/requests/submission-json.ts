import { type Submission, shownState } from '../../domain/submission.ts';
import { errorTable, isErrorCode } from '../../error-codes.ts';

/** A submission as the API shows it: never its content. */
export function submissionJson(submission: Submission, now: Date) {
  const { waitingFor, code } = submission;
  return {
    id: submission.id,
    mailboxId: submission.mailboxId,
    state: shownState(submission, now),
    createdAt: submission.createdAt,
    sendAt: submission.dueAt,
    expiresAt: submission.expiresAt,
    sentAt: submission.sentAt ?? null,
    endedAt: submission.endedAt ?? null,
    messageId: submission.serverMessageId ?? submission.ourMessageId,
    ourMessageId: submission.ourMessageId,
    size: submission.size,
    attempts: submission.attempts,
    // Of the first attempt, and so of every one.
    way: submission.way ?? null,
    waitingFor: waitingFor === undefined ? null : { ...explained(waitingFor.code), until: waitingFor.until ?? null },
    ...(code === undefined ? {} : explained(code)),
    refused: submission.refused,
    fromRewritten: submission.fromRewritten ?? null,
    resendable: submission.resendable,
  };
}

const explained = (code: string) => {
  if (!isErrorCode(code)) return { code };
  const { sentence, remedy, who } = errorTable[code];
  return { code, sentence, remedy, who };
};
