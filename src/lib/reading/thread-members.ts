import type { SearchObject } from 'imapflow';
import { withoutBrackets } from '../domain/mail/message-ids.ts';
import type { Headline } from '../mailbox/message/headline.ts';

type Named = Pick<Headline, 'messageId' | 'inReplyTo' | 'references'>;

/** Ids of one SEARCH: each is three criteria, and Exchange takes no line of more than 8 KB or so. */
export const idsOfSearch = 10;

/** Every Message-ID that a mail names, its own included; without brackets, its own first, then the nearest ancestors. */
export function idsOf({ messageId, inReplyTo, references }: Named): string[] {
  const all = [messageId, inReplyTo, ...references.toReversed()];
  return [...new Set(all.filter((id) => id !== undefined).map(withoutBrackets))];
}

/** Whether a mail belongs to a conversation: it is one of those that are named, or names one of them. Pure. */
export const isMember = (headline: Named, ids: ReadonlySet<string>): boolean =>
  idsOf(headline).some((id) => ids.has(id));

/**
 * The SEARCH for mails that are, or name, one of `ids`; undefined if none of them can be asked for without a charset
 * (RFC 3501 section 6.4.4). A server compares parts of a header, so that what it answers has to be compared again.
 */
export function threadSearch(ids: readonly string[]): SearchObject | undefined {
  const asked = ids.filter((id) => /^[\x21-\x7e]{1,200}$/.test(id));
  if (asked.length === 0) return undefined;
  return {
    or: asked.flatMap((id) => [
      { header: { 'message-id': id } },
      { header: { references: id } },
      { header: { 'in-reply-to': id } },
    ]),
  };
}
