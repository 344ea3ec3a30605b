import type { EventLink } from '../../domain/events/event-data.ts';
import { type Submission, shownState } from '../../domain/submission.ts';
import { errorTable, isErrorCode } from '../../error-codes.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';

/**
 * A submission as the API shows it: never its content.
 * @param mailbox it goes out from; its address then stands in the command of a remedy
 * @param reconnect the link by which what it waits for can be given
 */
export function submissionJson(submission: Submission, now: Date, mailbox?: MailboxRow, reconnect?: EventLink) {
  const { waitingFor, code, original } = submission;
  const explained = (code: string) => explanation(code, mailbox);
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
    waitingFor:
      waitingFor === undefined
        ? null
        : {
            ...explained(waitingFor.code),
            until: waitingFor.until ?? null,
            ...(reconnect === undefined ? {} : { reconnect }),
          },
    ...(code === undefined ? {} : explained(code)),
    reply: submission.reply ?? null,
    refused: submission.refused,
    fromRewritten: submission.fromRewritten ?? null,
    original:
      original === undefined
        ? null
        : {
            kind: original.kind,
            messageRef: original.messageRef,
            marked: original.marked ?? null,
            ...(original.code === undefined ? {} : explained(original.code)),
          },
    copy:
      submission.copy === undefined
        ? null
        : {
            state: submission.copy.state,
            ...(submission.copy.code === undefined ? {} : explained(submission.copy.code)),
          },
    resendable: submission.resendable,
  };
}

/** Whose SMTP AUTH is disabled signs in with this address; for a shared mailbox that is the person who opens it. */
const namesItsAccount: ReadonlySet<string> = new Set(['smtp_disabled_tenant', 'smtp_disabled_mailbox']);

function explanation(code: string, mailbox: MailboxRow | undefined) {
  if (!isErrorCode(code)) return { code };
  const { sentence, remedy, who } = errorTable[code];
  const account =
    mailbox === undefined || (mailbox.shared && mailbox.grant.kind === 'user') ? undefined : mailbox.login;
  const named = account !== undefined && namesItsAccount.has(code) ? remedy.replace('ADDRESS', account) : remedy;
  return { code, sentence, remedy: named, who };
}
