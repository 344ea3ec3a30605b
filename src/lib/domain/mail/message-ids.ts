import { addressTokens } from './address-tokens.ts';

// Longer ones are made to keep someone busy; RFC 5322 section 2.1.1 has 998 characters in a line.
const longestId = 998;

/**
 * The id in a Message-ID header: with its angle brackets, without comments, and without the spaces that a fold or a
 * broken program left in it, so that an answer which folds it elsewhere still names the same one. Ids beyond ASCII
 * (RFC 6532) are in one form of letters.
 * @returns undefined if the header holds nothing
 */
export function messageIdOf(header: string): string | undefined {
  const { ids, words } = piecesOf(header);
  const whole = withoutStray(words);
  return ids[0]?.id ?? (whole === '' ? undefined : whole.slice(0, longestId).toWellFormed());
}

/**
 * The ids of a References header, in its order, each once.
 * @param isPerson see {@link repliedToOf}
 */
export function messageIdsOf(header: string, isPerson: (address: string) => boolean): string[] {
  const { ids, words } = piecesOf(header);
  const found =
    ids.length > 0
      ? ids.map(({ id }) => id)
      : words
          .split(/[\s,;]+/)
          .map(withoutStray)
          .filter(isBareId);
  return [...new Set(found)].filter((id) => !isPerson(withoutBrackets(id)));
}

/**
 * The id of the mail that this one answers. RFC 822 let In-Reply-To hold words, and programs wrote
 * `Message from Ada <ada@x> of "1 May 2002" <id@x>` there, or nothing but the person: an address of a person is no id.
 * @param isPerson true for an address, without brackets, that the mail itself names as a person's
 */
export function repliedToOf(header: string, isPerson: (address: string) => boolean): string | undefined {
  const { ids, words } = piecesOf(header);
  if (ids.length > 0) return ids.find((one) => !isPerson(withoutBrackets(one.id)) && !followsName(one))?.id;
  const lone = withoutStray(words);
  return isBareId(lone) && !isPerson(lone) ? lone : undefined;
}

/** Without brackets only what has an `@` passes for an id: programs write `undefined` here, too. */
const isBareId = (word: string): boolean => word.length <= longestId && /^[^@\s]+@[^@\s]+$/.test(word);

/** An id as it is compared: `bare@x` in one header and `<bare@x>` in another are the same. */
export const withoutBrackets = (id: string): string => id.replace(/^<|>$/g, '');

/**
 * The oldest ancestor of a mail that its headers name. References lists them oldest first (RFC 5322 section 3.6.4); where
 * the answered mail stands first in a longer list, the program puts every new one in front (SnappyMail before 2.29.3,
 * https://github.com/the-djmaze/snappymail/pull/1304), and the oldest is the last.
 */
export function oldestAncestor({
  references,
  inReplyTo,
}: {
  readonly references: readonly string[];
  readonly inReplyTo: string | undefined;
}): string | undefined {
  const isReversed = references.length > 1 && references[0] === inReplyTo;
  return (isReversed ? references.at(-1) : references[0]) ?? inReplyTo;
}

interface FoundId {
  readonly id: string;
  /** The words since the id before it. */
  readonly before: string;
  /** What stands in quotes there. */
  readonly quoted: string;
}

/** What is in brackets, and the words around; quoted strings and comments hold neither. */
function piecesOf(header: string): { readonly ids: FoundId[]; readonly words: string } {
  const ids: FoundId[] = [];
  const words: string[] = [];
  let before: string[] = [];
  let quoted = '';
  for (const { kind, text } of addressTokens(header.normalize('NFC').replaceAll('\0', ''))) {
    if (kind === 'quoted') quoted += text;
    if (kind === 'quoted' || kind === 'comment') before.push(' ');
    else if (kind !== 'angle') before.push(text);
    if (kind !== 'angle') continue;
    // `<<id@x>+1>` is one, and `<Ada <ada@x>` is Ada.
    const start = text.lastIndexOf('<') + 1;
    before.push(text.slice(0, start).replaceAll('<', ' '));
    const id = text.slice(start).replace(/[\s\p{Cc}]+/gu, '');
    if (id === '' || /^(undefined|null|none)$/i.test(id)) continue;
    ids.push({ id: `<${id.slice(0, longestId)}>`.toWellFormed(), before: before.join(''), quoted });
    words.push(...before);
    before = [];
    quoted = '';
  }
  return { ids, words: [...words, ...before].join('').trim() };
}

/** True if what stands before an address says that it is someone's: `from Ada <…`, `Ada <…`, `"Ada" <…`. */
function followsName({ before, quoted }: FoundId): boolean {
  // Who is named stands next to the address.
  const words = before.slice(-200).replace(/^[\s,;:.]+|[\s,;:.]+$/g, '');
  if (datedBy.test(words)) return false;
  if (/(^|\s)((from|by|von|par|av|från|fra|van|da|от)(\s\P{Nd}*)?|de\s\P{Nd}+)$/iu.test(words)) return true;
  const said = words === '' ? quoted.trim() : words;
  // A date, or words about a mail; `of` and `vom` are followed by the one or the other.
  return (
    said !== '' && !/\p{Nd}|(^|\s)(your|message(-id)?|e?-?mail|id|of|on|vom|du|nachricht|letter)(\s|$)/iu.test(said)
  );
}

/** Words that are followed by a date, or by what the mail was about. */
const datedBy = /(^|\s)(of|on|at|dated|vom|du|del)$/i;

/** Without separators around it and folds in it. */
const withoutStray = (words: string): string =>
  words
    .slice(0, 2 * longestId)
    .replace(/^[\s,;]+|[\s,;]+$/g, '')
    .replace(/\r?\n(?=[ \t])/g, '');
