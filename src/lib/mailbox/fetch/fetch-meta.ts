import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { submissionHeader } from '../../domain/submission.ts';
import { isBrokerError } from '../../errors.ts';
import { rawHeaders } from '../mime/raw-headers.ts';
import type { FetchAnswer, FetchVerb } from '../session/fetch-verb.ts';
import { pieces, uidSet } from './uid-set.ts';

/**
 * Only what every server answers for every message. ENVELOPE and BODYSTRUCTURE are left to the reading of one message:
 * imapflow drops a whole answer that is nested more than 25 deep, and the message would seem to be missing.
 */
export const wholeMeta: FetchQueryObject & { readonly headers: string[] } = {
  uid: true,
  flags: true,
  internalDate: true,
  size: true,
  headers: ['Message-ID', 'Date', 'From', 'Subject', 'Received', submissionHeader],
};
const bare: FetchQueryObject = { uid: true, flags: true, internalDate: true };

// Keeps one command line below 2 KB even for scattered UIDs, and one answer within a few hundred KB.
const chunk = 100;

/**
 * What a poll reads first of each message, ascending by UID. A UID without an answer, or with half a one, is left out.
 * One message that the server cannot answer for never takes its neighbours along: they are asked for one by one, and it
 * itself without its headers.
 */
export async function fetchMeta(
  fetch: FetchVerb,
  uids: readonly number[],
  how: 'whole' | 'bare',
): Promise<MessageMeta[]> {
  const found = new Map<number, MessageMeta>();
  for (const wanted of pieces(
    [...uids].sort((a, b) => a - b),
    chunk,
  )) {
    const answer = await fetch(uidSet(wanted), how === 'whole' ? wholeMeta : bare).catch(refusedHere);
    take(found, wanted, answer, how);
    if (answer !== undefined && answer.skippedLines === 0) continue;
    for (const uid of wanted.filter((each) => !found.has(each))) {
      const single = await fetch(String(uid), wholeMeta).catch(refusedHere);
      take(found, [uid], single, how);
      const unreadable = single === undefined || single.skippedLines > 0;
      if (!found.has(uid) && unreadable) take(found, [uid], await fetch(String(uid), bare).catch(refusedHere), 'bare');
    }
  }
  return [...found.values()].sort((a, b) => a.uid - b.uid);
}

function take(
  found: Map<number, MessageMeta>,
  wanted: readonly number[],
  answer: FetchAnswer | undefined,
  how: 'whole' | 'bare',
): void {
  for (const message of answer?.messages ?? []) {
    const meta = asMeta(message, how);
    if (meta !== undefined && wanted.includes(meta.uid)) found.set(meta.uid, meta);
  }
}

/** A refusal of just this FETCH; trouble of the session continues up. */
export function refusedHere(error: unknown): undefined {
  if (!isBrokerError(error, 'imap_unexpected')) throw error;
  return undefined;
}

/** What the answer for one message says. Undefined for half an answer: another client's flag change, or a replica that lags behind. */
export function asMeta(message: FetchMessageObject, how: 'whole' | 'bare'): MessageMeta | undefined {
  const { uid, flags, internalDate, size, headers } = message;
  if (typeof uid !== 'number' || flags === undefined || internalDate === undefined) return undefined;
  if (how === 'whole' && (size === undefined || headers === undefined)) return undefined;
  const raw = rawHeaders(headers ?? new Uint8Array());
  const date = raw.get('date');
  const submissionId = raw.get(submissionHeader.toLowerCase())?.trim();
  return {
    uid,
    internalDate: instant(internalDate, date),
    size: size ?? 0,
    seen: flags.has('\\Seen'),
    flagged: flags.has('\\Flagged'),
    answered: flags.has('\\Answered'),
    messageId: raw.get('message-id'),
    date,
    from: raw.get('from'),
    subject: raw.get('subject'),
    received: raw.get('received'),
    ...(submissionId === undefined ? {} : { submissionId }),
  };
}

/** A date of arrival that cannot be understood must not hide the message: its own Date stands in, or 1970. */
function instant(internalDate: Date | string, date: string | undefined): Date {
  if (internalDate instanceof Date) return internalDate;
  const own = new Date(date ?? Number.NaN);
  return Number.isNaN(own.getTime()) ? new Date(0) : own;
}
