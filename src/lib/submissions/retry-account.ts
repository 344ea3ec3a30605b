import type { Submission } from '../domain/submission.ts';
import { isBrokerError } from '../errors.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { laneOf } from '../store/submissions/submission-keys.ts';
import { changeSubmission } from './change.ts';
import { createReopenings } from './reopenings.ts';
import type { SendingDeps } from './types.ts';

/** Waits that the mail server asked for; no sign-in ends them. */
const ofTheServer: ReadonlySet<string> = new Set([
  ...['submission_quota', 'submission_pace', 'send_throttled', 'send_deferred', 'recipient_deferred'],
]);

/**
 * Someone has put right what a mailbox may have waited for: its account signed in again, it was resumed, or another way was
 * chosen. What waits for that is tried at once, and so are the ways that were shut for want of a sign-in or a consent.
 * May be repeated. Never rejects: without it the messages wait for their next attempt, at most 30 minutes.
 */
export async function retryAccount(deps: SendingDeps, mailbox: MailboxRow): Promise<void> {
  const lane = laneOf(mailbox);
  try {
    const { time } = deps.store;
    const now = new Date(time.whenJudging());
    // Never early: a way that was found shut a moment ago is dated by a clock that may be a second off.
    await createReopenings(deps).put(lane, new Date(time.whenWriting()));
    for (const { id } of await deps.mailboxesOf(lane)) {
      for (const waiting of await deps.rows.waitingOf(id)) {
        if (waiting.nextAt > now) await changeSubmission(deps, waiting.id, (current) => triedAgain(current, now));
      }
    }
    await deps.wake({ v: 1, kind: 'send', lane }, 0);
  } catch (error) {
    deps.log.warn('submission.account_not_retried', {
      lane,
      code: isBrokerError(error) ? error.code : 'storage_unreachable',
    });
  }
}

/** @returns undefined for what is scheduled, was marked, or waits for the mail server */
function triedAgain(submission: Submission, now: Date): Submission | undefined {
  const { state, mark, dueAt, waitingFor } = submission;
  if (state !== 'queued' || mark !== undefined || dueAt > now) return undefined;
  if (waitingFor === undefined || ofTheServer.has(waitingFor.code)) return undefined;
  return { ...submission, waitingFor: undefined, nextAt: now };
}
