import type { StoredCode } from '../error-codes.ts';
import { minuteMs, secondMs } from './duration.ts';
import { waitAfter } from './schedule.ts';
import {
  awaitedCopy,
  type Mark,
  type RefusedRecipient,
  type SentPlace,
  type Submission,
  type SubmissionEvent,
  type WaitingFor,
  type WayName,
} from './submission.ts';

/** What became of an attempt; the same words as src/lib/send/way.ts. */
export type Outcome =
  | {
      readonly kind: 'accepted';
      readonly refused: readonly RefusedRecipient[];
      readonly serverMessageId?: string | undefined;
      readonly fromRewritten?: string | undefined;
    }
  | {
      readonly kind: 'refused';
      readonly code: StoredCode;
      readonly reply: string;
      readonly recipients: readonly RefusedRecipient[];
    }
  | {
      readonly kind: 'deferred' | 'closed';
      readonly code: StoredCode;
      readonly reply?: string | undefined;
      readonly retryAfterMs?: number | undefined;
    }
  | { readonly kind: 'unknown' };

/** Waits after a deferral, by how many there were in a row; the last one repeats until the submission expires. */
export const retryWaitsMs = [30, 60, 120, 300, 600, 900, 1800].map((seconds) => seconds * secondMs);

/**
 * Waits between looks for the copy in Sent. Exchange was seen to file it seconds later, under load minutes; after the
 * last look the outcome is unknown.
 */
export const lookWaitsMs = [10, 30, 60, 180, 300, 600].map((seconds) => seconds * secondMs);

const later = (now: Date, ms: number): Date => new Date(now.getTime() + ms);

const atLatest = (at: Date, end: Date): Date => new Date(Math.min(at.getTime(), end.getTime()));

/** Adds an event to send; an event that already waits is not added twice. */
export const owing = (submission: Submission, event: SubmissionEvent): readonly SubmissionEvent[] =>
  submission.owes.includes(event) ? submission.owes : [...submission.owes, event];

/** What a run of a lane does with a submission next. */
export type Step =
  /** Events to tell, a blob to delete, a row to drop. */
  | { readonly kind: 'finish' }
  | { readonly kind: 'wait'; readonly until: Date }
  | { readonly kind: 'expire' }
  /** Look for the copy: it may have been sent. */
  | { readonly kind: 'look' }
  | { readonly kind: 'attempt' };

/** A run that died, or was stopped, has let go of what it had in hand this long after its `until`. */
export const takeoverMs = 10_000;

/**
 * What to do with a submission (pure).
 * @param run lane and epoch of the lease under which the caller works
 */
export function nextStep(
  submission: Submission,
  now: Date,
  run: { readonly lane: string; readonly epoch: number },
): Step {
  const { state, mark, nextAt, expiresAt } = submission;
  if (state !== 'queued' && state !== 'sending') return { kind: 'finish' };
  if (mark !== undefined) {
    const freeAt = later(mark.until, takeoverMs);
    const isOlderRun = mark.lane === run.lane && mark.epoch < run.epoch;
    if (!isOlderRun && now < freeAt) return { kind: 'wait', until: freeAt };
    return now < nextAt ? { kind: 'wait', until: nextAt } : { kind: 'look' };
  }
  if (now >= expiresAt) return { kind: 'expire' };
  if (now < nextAt) return { kind: 'wait', until: atLatest(nextAt, expiresAt) };
  return { kind: 'attempt' };
}

/** It could not be sent in time. "See you tomorrow" six days late is worse than failed. */
export const expired = (submission: Submission, now: Date): Submission =>
  failed(submission, now, 'submission_expired', submission.reply);

export function failed(submission: Submission, now: Date, code: StoredCode, reply?: string): Submission {
  return {
    ...submission,
    state: 'failed',
    code,
    reply,
    mark: undefined,
    waitingFor: undefined,
    nextAt: now,
    endedAt: now,
    owes: owing(submission, 'submission.failed'),
  };
}

/** It cannot be sent now; nothing was tried. */
export function waits(submission: Submission, waitingFor: WaitingFor & { readonly until: Date }): Submission {
  return { ...submission, waitingFor, nextAt: atLatest(waitingFor.until, submission.expiresAt) };
}

/** The write that precedes the first byte. */
export function marked(
  submission: Submission,
  attempt: {
    readonly way: WayName;
    readonly lane: string;
    readonly epoch: number;
    readonly at: Date;
    readonly until: Date;
    readonly places: readonly SentPlace[];
    readonly staged: string | undefined;
    readonly wantsCopy: boolean;
  },
): Submission {
  const number = submission.attempts + 1;
  const mark: Mark = { ...attempt, number, looks: 0 };
  return {
    ...submission,
    state: 'sending',
    attempts: number,
    way: attempt.way,
    date: submission.date ?? attempt.at,
    mark,
    waitingFor: undefined,
    nextAt: later(attempt.until, takeoverMs),
  };
}

/**
 * Takes the result of an attempt. It counts only for its own mark, also when it comes so late that the submission has
 * become `unknown`; undefined: it comes too late for anything.
 */
export function resulted(submission: Submission, number: number, outcome: Outcome, now: Date): Submission | undefined {
  const { mark, state } = submission;
  if (mark?.number !== number || (state !== 'sending' && state !== 'unknown')) return undefined;
  switch (outcome.kind) {
    case 'accepted':
      return sent(submission, now, outcome);
    case 'refused':
      return { ...failed(submission, now, outcome.code, outcome.reply), refused: outcome.recipients };
    case 'deferred':
    case 'closed':
      return deferred(submission, outcome, now);
    case 'unknown':
      // Someone goes and looks; the mark stays, and this run has let go of it.
      return state === 'unknown' ? undefined : lookAgain({ ...submission, mark: { ...mark, until: now } }, now, 0);
  }
}

/** Exchange took it, for all recipients or for some. */
export function sent(
  submission: Submission,
  now: Date,
  accepted: {
    readonly refused: readonly RefusedRecipient[];
    readonly serverMessageId?: string | undefined;
    readonly fromRewritten?: string | undefined;
  },
): Submission {
  return {
    ...submission,
    state: accepted.refused.length > 0 ? 'partial' : 'sent',
    code: accepted.refused[0]?.code,
    reply: accepted.refused[0]?.reply,
    refused: accepted.refused,
    serverMessageId: accepted.serverMessageId ?? submission.serverMessageId,
    fromRewritten: accepted.fromRewritten ?? submission.fromRewritten,
    copy: awaitedCopy(submission, now),
    mark: undefined,
    waitingFor: undefined,
    nextAt: now,
    sentAt: now,
    endedAt: now,
    owes: owing(submission, 'submission.sent'),
  };
}

/** Nothing was sent: the mark is lifted, and it is tried again later. */
export function deferred(
  submission: Submission,
  why: { readonly code: StoredCode; readonly reply?: string | undefined; readonly retryAfterMs?: number | undefined },
  now: Date,
): Submission {
  const wait = waitAfter(retryWaitsMs, submission.deferrals + 1);
  const until = later(now, Math.max(wait, why.retryAfterMs ?? 0));
  return {
    ...submission,
    state: 'queued',
    mark: undefined,
    code: undefined,
    reply: why.reply,
    deferrals: submission.deferrals + 1,
    waitingFor: { code: why.code, until },
    nextAt: atLatest(until, submission.expiresAt),
    endedAt: undefined,
    owes: submission.owes.filter((event) => event !== 'submission.unknown'),
  };
}

/** The copy was not found. After the last look the outcome is unknown. */
export function notFound(submission: Submission, now: Date): Submission {
  const looks = (submission.mark?.looks ?? 0) + 1;
  if (looks < lookWaitsMs.length) return lookAgain(submission, now, looks);
  return submission.onUnknown === 'resend' ? resent(submission, now) : becomesUnknown(submission, now);
}

const becomesUnknown = (submission: Submission, now: Date): Submission => ({
  ...submission,
  state: 'unknown',
  code: 'submission_unknown',
  waitingFor: undefined,
  nextAt: now,
  endedAt: now,
  owes: owing(submission, 'submission.unknown'),
});

/** There is nowhere left to look. Undefined: it has ended, or was never marked. */
export const unknownNow = (submission: Submission, now: Date): Submission | undefined =>
  submission.state === 'sending' ? becomesUnknown(submission, now) : undefined;

/** The folder could not be looked into; that says nothing, and is tried again for as long as it takes. */
export const notLooked = (submission: Submission, now: Date, code: StoredCode): Submission => ({
  ...submission,
  waitingFor: { code, until: later(now, lookRetryMs) },
  nextAt: later(now, lookRetryMs),
});

const lookRetryMs = 2 * minuteMs;

function lookAgain(submission: Submission, now: Date, looks: number): Submission {
  const until = later(now, lookWaitsMs[looks] ?? 0);
  return {
    ...submission,
    mark: submission.mark && { ...submission.mark, looks },
    waitingFor: { code: 'submission_unsettled', until },
    nextAt: until,
  };
}

/** To be sent again with the same bytes and the same Message-ID: someone decided so, or the caller said so before. */
export function resent(submission: Submission, now: Date): Submission {
  const patience = submission.expiresAt.getTime() - submission.dueAt.getTime();
  return {
    ...submission,
    state: 'queued',
    mark: undefined,
    code: undefined,
    reply: undefined,
    waitingFor: undefined,
    dueAt: now,
    nextAt: now,
    expiresAt: later(now, patience),
    deferrals: 0,
    endedAt: undefined,
    owes: [],
  };
}

/** Until an attempt is marked; undefined: it cannot be cancelled any more. */
export function cancelled(submission: Submission, now: Date): Submission | undefined {
  if (submission.state !== 'queued' || submission.mark !== undefined) return undefined;
  return { ...submission, state: 'cancelled', waitingFor: undefined, nextAt: now, endedAt: now };
}

/** Its mailbox is removed: an event is sent. */
export function orphaned(submission: Submission, now: Date): Submission | undefined {
  const ended = cancelled(submission, now);
  return ended && { ...ended, code: 'mailbox_removed', owes: owing(submission, 'submission.failed') };
}

/** What someone found out about an unknown one. */
export function settled(submission: Submission, as: 'sent' | 'failed', now: Date): Submission | undefined {
  if (submission.state !== 'unknown') return undefined;
  return as === 'sent' ? sent(submission, now, { refused: [] }) : failed(submission, now, 'submission_settled_failed');
}
