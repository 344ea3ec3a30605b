import type { SearchObject } from 'imapflow';
import { dayMs } from '../domain/duration.ts';
import type { Address } from '../domain/mail/message.ts';
import { withoutBrackets } from '../domain/mail/message-ids.ts';
import type { ListedMessage } from '../mailbox/fetch/fetch-listed.ts';

/** What a caller looks for in a folder; everything that is given has to fit. */
export interface MessageQuery {
  readonly from?: string | undefined;
  /** Among To and Cc. */
  readonly to?: string | undefined;
  /** Among From, To and Cc. */
  readonly participant?: string | undefined;
  readonly subject?: string | undefined;
  /** Anywhere in the message, as the mail server understands it. */
  readonly text?: string | undefined;
  readonly since?: Date | undefined;
  readonly before?: Date | undefined;
  readonly unread?: boolean | undefined;
  readonly flagged?: boolean | undefined;
  readonly hasAttachment?: boolean | undefined;
  /** A Message-ID: the message itself, and those that name it among their references. */
  readonly thread?: string | undefined;
  /** Compares names, addresses and subjects letter by letter, and leaves nothing of that to the mail server. */
  readonly literal?: boolean | undefined;
}

/** How much of a query the mail server is asked. What it refuses the broker compares itself. */
export const askingLevels = ['words', 'flags and days'] as const;
export type Asking = (typeof askingLevels)[number];

export const isEmptyQuery = (query: MessageQuery): boolean =>
  Object.entries(query).every(([name, value]) => value === undefined || name === 'literal');

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/**
 * What SEARCH is asked; undefined if there is nothing to ask. Names and subjects beyond ASCII are not: the request
 * would need a charset, which Exchange refuses (RFC 3501 section 6.4.4), and others look among encoded words. Days
 * count in a zone of the server's own (same section), so that the day before and the day after are asked for, too.
 */
export function searchOf(query: MessageQuery, asking: Asking): SearchObject | undefined {
  const may = (text: string | undefined) => (asking === 'words' ? text : undefined);
  const named = (text: string | undefined) =>
    query.literal === true || text === undefined || !isAscii(text) ? undefined : may(text);
  const [from, to, participant, subject] = [query.from, query.to, query.participant, query.subject].map(named);
  const [text, thread] = [may(query.text), named(query.thread)];
  // A query has room for one OR; what is left out is compared afterwards like everything else.
  const either: SearchObject[] | undefined =
    thread !== undefined
      ? [
          { header: { 'message-id': thread } },
          { header: { references: thread } },
          { header: { 'in-reply-to': thread } },
        ]
      : participant !== undefined
        ? [{ from: participant }, { to: participant }, { cc: participant }]
        : to !== undefined
          ? [{ to }, { cc: to }]
          : undefined;
  const search: SearchObject = {
    ...(query.unread === undefined ? {} : { seen: !query.unread }),
    ...(query.flagged === undefined ? {} : { flagged: query.flagged }),
    ...(query.since === undefined ? {} : { since: atMidnight(query.since, -1) }),
    ...(query.before === undefined ? {} : { before: atMidnight(query.before, 2) }),
    ...(from === undefined ? {} : { from }),
    ...(subject === undefined ? {} : { subject }),
    ...(text === undefined ? {} : { text }),
    ...(either === undefined ? {} : { or: either }),
  };
  return Object.keys(search).length === 0 ? undefined : search;
}

const atMidnight = (at: Date, days: number): Date => new Date((Math.floor(at.getTime() / dayMs) + days) * dayMs);

/**
 * Whether a message matches, checked independently of the server: it may search by words, in stale indexes, or not at
 * all. Only `text` relies on the server. `hasAttachment` is left to callers that can look into the message.
 */
export function fits(query: MessageQuery, { meta, headline }: ListedMessage): boolean {
  const { from, to, cc } = headline;
  const senders = from === undefined ? [] : [from];
  return (
    isIn(query.from, senders) &&
    isIn(query.to, [...to, ...cc]) &&
    isIn(query.participant, [...senders, ...to, ...cc]) &&
    (query.subject === undefined || folded(headline.subject).includes(folded(query.subject))) &&
    (query.since === undefined || meta.internalDate >= query.since) &&
    (query.before === undefined || meta.internalDate < query.before) &&
    (query.unread === undefined || meta.seen !== query.unread) &&
    (query.flagged === undefined || meta.flagged === query.flagged) &&
    (query.thread === undefined || isOfThread(query.thread, headline))
  );
}

const isIn = (wanted: string | undefined, people: readonly Address[]): boolean =>
  wanted === undefined ||
  people.some(({ name, address }) => [name, address, `${name} <${address}>`].some((text) => has(text, wanted)));

const has = (text: string, wanted: string): boolean => folded(text).includes(folded(wanted));

function isOfThread(id: string, { messageId, inReplyTo, references }: ListedMessage['headline']): boolean {
  return [messageId, inReplyTo, ...references].some(
    (each) => each !== undefined && withoutBrackets(each) === withoutBrackets(id),
  );
}

/** Case, width and the number of blanks make no difference. */
const folded = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
