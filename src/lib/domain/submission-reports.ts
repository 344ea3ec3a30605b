import type { StoredCode } from '../error-codes.ts';
import type { RefusedRecipient, Submission } from './submission.ts';
import { owing, sent } from './submission-steps.ts';

/**
 * The mail came back. Which recipients it did not reach is added to those who were refused before; undefined: nothing new,
 * or nothing of it can have been sent.
 */
export function bounced(
  submission: Submission,
  bounce: {
    readonly code: StoredCode;
    readonly reply: string | undefined;
    readonly recipients: readonly RefusedRecipient[];
    readonly resendable: boolean;
  },
  now: Date,
): Submission | undefined {
  const { state } = submission;
  if (state === 'queued' || state === 'cancelled' || state === 'failed') return undefined;
  const known = new Set(submission.refused.map(({ address }) => address.toLowerCase()));
  const added = bounce.recipients.filter(({ address }) => !known.has(address.toLowerCase()));
  if (state === 'bounced' && added.length === 0) return undefined;
  return {
    ...submission,
    state: 'bounced',
    code: bounce.code,
    reply: bounce.reply,
    refused: [...submission.refused, ...added],
    resendable: bounce.resendable && (state !== 'bounced' || submission.resendable),
    mark: undefined,
    waitingFor: undefined,
    sentAt: submission.sentAt ?? now,
    endedAt: submission.endedAt ?? now,
    nextAt: now,
    owes: owing(submission, 'submission.bounced'),
  };
}

/**
 * The copy in Sent was seen: it was sent, and Exchange may have given it another Message-ID. Undefined: that was known.
 */
export function copied(submission: Submission, messageId: string | undefined, now: Date): Submission | undefined {
  const { state, ourMessageId } = submission;
  const serverMessageId =
    messageId === ourMessageId ? submission.serverMessageId : (messageId ?? submission.serverMessageId);
  if (state === 'unknown' || (state === 'sending' && submission.mark !== undefined)) {
    return sent(submission, now, { refused: [], serverMessageId });
  }
  return serverMessageId === submission.serverMessageId ? undefined : { ...submission, serverMessageId };
}

/** Sync saw the copy. An attempt under way reports its own end, with the refused recipients. Undefined: nothing new. */
export function copySeen(
  submission: Submission,
  { messageId, fromRewritten }: { readonly messageId: string | undefined; readonly fromRewritten: string | undefined },
  now: Date,
): Submission | undefined {
  const { state } = submission;
  if (state === 'failed' || state === 'cancelled' || state === 'queued') return undefined;
  const isNewFrom = fromRewritten !== undefined && fromRewritten !== submission.fromRewritten;
  // Not told again: who counts ends would count it twice. The event of the copy names its From and the submission.
  const told = isNewFrom ? { ...submission, fromRewritten } : submission;
  if (state === 'unknown') return copied(told, messageId, now);
  const { serverMessageId, ourMessageId } = submission;
  const isKnown = messageId === undefined || messageId === ourMessageId || messageId === serverMessageId;
  if (isKnown) return isNewFrom ? told : undefined;
  return { ...told, serverMessageId: messageId };
}

/**
 * What came of marking the original.
 * @param code why it was not marked; undefined: it was
 * @returns undefined if that is known already
 */
export function originalMarked(submission: Submission, code: StoredCode | undefined): Submission | undefined {
  const { original } = submission;
  if (original === undefined || original.marked !== undefined) return undefined;
  return { ...submission, original: { ...original, marked: code === undefined, code } };
}
