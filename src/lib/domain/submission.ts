import type { StoredCode } from '../error-codes.ts';
import { secondMs } from './duration.ts';
/** The ways out of the broker; `graph_draft` uploads the message as a draft first. */
export const wayNames = ['smtp', 'graph', 'graph_draft'] as const;
export type WayName = (typeof wayNames)[number];

/** Which ways a mailbox may use. `auto`: SMTP where it is open, else Graph where that was granted. */
export const sendVias = ['auto', 'smtp', 'graph'] as const;
export type SendVia = (typeof sendVias)[number];

/**
 * The header by which the copy in Sent, and the part that a bounce returns, are known. Its value is the id of the
 * submission. Exchange keeps headers that begin with `X-` and are not its own (`X-MS-…`).
 */
export const submissionHeader = 'X-NocoBase-Submission';

/** States as they are stored. */
export const storedStates = [
  'queued',
  'sending',
  'sent',
  'partial',
  'failed',
  'unknown',
  'bounced',
  'cancelled',
] as const;
export type StoredState = (typeof storedStates)[number];

/** States as the API shows them: `scheduled` is queued before its time. */
export const submissionStates = ['scheduled', ...storedStates] as const;
export type SubmissionState = (typeof submissionStates)[number];

/** A recipient whom the message did not reach. */
export interface RefusedRecipient {
  readonly address: string;
  readonly code: StoredCode;
  readonly reply: string;
}

/** What a row of the table has room for, beside the recipients themselves: it holds 1 MiB in UTF-16. */
const repliesLength = 200_000;

/** Names all of them, each with what the server said of it; where there are hundreds, with its beginning. Pure. */
export function shortReplies(refused: readonly RefusedRecipient[]): readonly RefusedRecipient[] {
  const most = Math.floor(repliesLength / Math.max(1, refused.length));
  return refused.map((each) =>
    each.reply.length <= most ? each : { ...each, reply: each.reply.slice(0, most).toWellFormed() },
  );
}

/** Where a Sent folder stood before an attempt: the copy gets a UID from `uidNext` on. */
export interface SentPlace {
  readonly mailboxId: string;
  readonly path: string;
  /** Undefined where the folder could not be asked: then UIDs since the day before the attempt are looked at. */
  readonly stood: { readonly uidValidity: bigint; readonly uidNext: number } | undefined;
}

/** What is written before the first byte of a message leaves. */
export interface Mark {
  /** The how-manieth attempt, from 1. */
  readonly number: number;
  readonly way: WayName;
  /** Lane and epoch of its lease under which it was made. */
  readonly lane: string;
  readonly epoch: number;
  readonly at: Date;
  /** By then the run that made it has given up, unless its process stood still. */
  readonly until: Date;
  readonly places: readonly SentPlace[];
  /** The draft that holds the message, where the way stages. */
  readonly staged: string | undefined;
  /** Its copy belongs into Sent of the mailbox itself, where the way leaves it in that of the account. */
  readonly wantsCopy: boolean;
  /** How often the copy was not found. */
  readonly looks: number;
}

/** Why it waits, and until when if that is known. */
export interface WaitingFor {
  readonly code: StoredCode;
  readonly until: Date | undefined;
}

/** The message that this one answers or forwards. Once it is sent, the original is marked as answered or forwarded. */
export interface OriginalMessage {
  readonly kind: 'reply' | 'replyAll' | 'forward';
  readonly messageRef: string;
  /** Undefined: not tried yet. */
  readonly marked: boolean | undefined;
  /** An error code: why it was not marked. */
  readonly code: StoredCode | undefined;
}

/**
 * The copy of what was sent from a shared mailbox, in that mailbox's own Sent. Exchange puts it there itself where an
 * administrator has said so; else the broker does.
 */
export interface SharedCopy {
  /** `stored`: the broker has put it there. */
  readonly state: 'awaited' | 'found' | 'stored' | 'failed';
  readonly place: SentPlace;
  /** When the attempt was marked. */
  readonly since: Date;
  readonly nextAt: Date;
  /** How often it was not found. */
  readonly looks: number;
  /** How often the folder could not be looked into. */
  readonly faults: number;
  /** Why it could not be put there. */
  readonly code: StoredCode | undefined;
}

/** Types of the events of a submission. */
export type SubmissionEvent = 'submission.sent' | 'submission.failed' | 'submission.unknown' | 'submission.bounced';

/** An outgoing message, without its content. */
export interface Submission {
  readonly id: string;
  readonly mailboxId: string;
  readonly state: StoredState;
  readonly createdAt: Date;
  /** When it was to be sent. */
  readonly dueAt: Date;
  /** Nothing is to be done with it before. */
  readonly nextAt: Date;
  /** Fails then, if no attempt was marked. */
  readonly expiresAt: Date;
  readonly priority: 'interactive' | 'bulk';
  /** Whether it is resent automatically when the outcome is unknown: it may arrive twice. */
  readonly onUnknown: 'ask' | 'resend';
  /** Id of the API key that asked for it. */
  readonly keyId: string;
  /** What the caller calls it: the idempotency key's row. */
  readonly keyHash: string | undefined;
  /** Bytes of the MIME message as it is stored. */
  readonly size: number;
  /** With angle brackets. */
  readonly ourMessageId: string;
  /** The one that the server gave it, if that is another one. */
  readonly serverMessageId: string | undefined;
  /** The Date header: when the first attempt was marked. */
  readonly date: Date | undefined;
  /** Attempts that were marked. */
  readonly attempts: number;
  /** Attempts that were deferred in a row; they set the wait. */
  readonly deferrals: number;
  /** Chosen with the first mark, and never changed. */
  readonly way: WayName | undefined;
  /** The attempt that is in progress, or whose outcome is unknown. */
  readonly mark: Mark | undefined;
  readonly waitingFor: WaitingFor | undefined;
  /** An error code: why it failed, is unknown or bounced. */
  readonly code: StoredCode | undefined;
  /** What the server said. */
  readonly reply: string | undefined;
  readonly refused: readonly RefusedRecipient[];
  /** The address that the server put into From in place of ours. */
  readonly fromRewritten: string | undefined;
  readonly original: OriginalMessage | undefined;
  readonly copy: SharedCopy | undefined;
  /** An attempt has begun to put a draft together: some may lie in Drafts that no mark names. */
  readonly drafted: boolean;
  /** Bounced by a limit of the account: the same may be sent again later. */
  readonly resendable: boolean;
  readonly sentAt: Date | undefined;
  readonly endedAt: Date | undefined;
  /** Events that have not been put into the outbox yet. */
  readonly owes: readonly SubmissionEvent[];
  /** The content lies in its blob. */
  readonly stored: boolean;
  /** The draft that it was; it waits for the end. */
  readonly draftId?: string | undefined;
}

/** What to show: `scheduled` until its time has come. */
export function shownState(submission: Pick<Submission, 'state' | 'dueAt' | 'attempts'>, now: Date): SubmissionState {
  const { state, dueAt, attempts } = submission;
  return state === 'queued' && attempts === 0 && dueAt > now ? 'scheduled' : state;
}

/** It has ended: nothing more happens without a request. */
export const isEnded = ({ state }: Pick<Submission, 'state'>): boolean => state !== 'queued' && state !== 'sending';

/** Its content is needed no more. An unknown one may be sent again. */
export const isDone = ({ state }: Pick<Submission, 'state'>): boolean => isEnded({ state }) && state !== 'unknown';

/**
 * Waits between looks for a copy in Sent of a shared mailbox, where Exchange may file it itself
 * (`MessageCopyForSentAsEnabled`); with the last look the broker puts it there.
 */
export const copyWaitsMs = [20, 60, 180].map((seconds) => seconds * secondMs);

/** The copy to look after once a message was sent by this mark; undefined where there is none to look after. */
export function awaitedCopy(
  { mark, mailboxId, copy }: Pick<Submission, 'mark' | 'mailboxId' | 'copy'>,
  now: Date,
): SharedCopy | undefined {
  const place = mark?.wantsCopy === true ? mark.places.find((each) => each.mailboxId === mailboxId) : undefined;
  if (mark === undefined || place === undefined) return copy;
  const nextAt = new Date(now.getTime() + (copyWaitsMs[0] ?? 0));
  return { state: 'awaited', place, since: mark.at, nextAt, looks: 0, faults: 0, code: undefined };
}
