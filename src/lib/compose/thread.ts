import type { Original } from './original.ts';

/** The fields by which mail programs know a conversation; ids with angle brackets. */
export interface ThreadFields {
  readonly inReplyTo?: string | undefined;
  readonly references: readonly string[];
}

// Long threads: the first, by which Gmail and Apple Mail find the conversation, and the latest, of which Outlook knows one.
// RFC 5322 section 3.6.4 lets a program shorten the list.
const mostReferences = 21;

/**
 * In-Reply-To and References of an answer (RFC 5322 section 3.6.4): all that the answered mail names, then its own id. A
 * mail without References, but with one id in In-Reply-To, has that for its parent. Ids that may not stand in a header
 * (they hold blanks, or letters beyond ASCII) are left out.
 */
export function replyThread(original: Pick<Original, 'messageId' | 'inReplyTo' | 'references'>): ThreadFields {
  const own = usable(original.messageId);
  return { ...(own === undefined ? {} : { inReplyTo: own }), references: referencesTo(original, own) };
}

/**
 * A forwarded mail is no answer, so it has no In-Reply-To; with References it stays in its conversation on our side (as
 * in Thunderbird).
 */
export function forwardThread(original: Pick<Original, 'messageId' | 'inReplyTo' | 'references'>): ThreadFields {
  return { references: referencesTo(original, usable(original.messageId)) };
}

function referencesTo(
  { references, inReplyTo }: Pick<Original, 'inReplyTo' | 'references'>,
  own: string | undefined,
): readonly string[] {
  const parents = references.length > 0 ? references : inReplyTo === undefined ? [] : [inReplyTo];
  const all = [...parents.filter((id) => usable(id) !== undefined && id !== own), ...(own === undefined ? [] : [own])];
  const each = [...new Set(all)];
  const [first] = each;
  return first === undefined || each.length <= mostReferences ? each : [first, ...each.slice(1 - mostReferences)];
}

/** A msg-id as RFC 5322 knows it, or one of those that are in use: anything printable in brackets. */
const usable = (id: string | undefined): string | undefined =>
  id !== undefined && /^<[!-;=?-~]{1,300}>$/.test(id) ? id : undefined;
