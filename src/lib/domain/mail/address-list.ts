import { isUtf8 } from 'node:buffer';
import { type AddressToken as Token, addressTokens as tokensOf } from './address-tokens.ts';
import type { Address } from './message.ts';

/** Decodes the encoded words of a display name (RFC 2047). */
export type DecodeWords = (text: string) => string;

/**
 * The mailboxes of an address header such as From, To or Cc, in order, groups opened: `T: a@x, b@x;` is two of them.
 * This is the one reading of addresses: what the event shows, what filters compare and what copies are known by.
 *
 * RFC 5322 section 3.4, and what real mail makes of it: a comma in a name that stands in no quotes (`Foo, Joe
 * <joe@x>`), Outlook's semicolons, a colon in a name, missing and doubled brackets, routes, comments. Takes time linear
 * in the length of the header, for every input.
 * @param header unfolded or not; characters beyond ASCII as they are to be shown
 * @returns names decoded; either of the two may be empty, never both
 */
export function addressList(header: string, decode: DecodeWords): Address[] {
  return segmentsOf(tokensOf(header)).flatMap((segment) => entriesOf(segment, decode));
}

/** Those with an address: a recipient without one receives nothing. */
export const recipientsOf = (header: string, decode: DecodeWords): Address[] =>
  addressList(header, decode).filter(({ address }) => address !== '');

/**
 * Who a From header shows: the first with an address, else the first name (RFC 5322 section 3.6.2 allows several).
 * @returns undefined if it names no address
 */
export function senderOf(header: string, decode: DecodeWords): Address | undefined {
  const all = addressList(header.slice(0, longestSender), decode);
  return all.find(({ address }) => address !== '') ?? all[0];
}

// Longer ones are made to keep someone busy: this header is read of every message that is looked at.
const longestSender = 16 * 1024;

/**
 * The address of {@link senderOf} alone, by which copies of a mail are known: in lower case and in one form of letters.
 * @param from the From header as {@link MessageMeta} holds it: folded, its bytes as Latin-1; undefined if there is none
 * @returns `''` if it names no address
 */
export function senderAddress(from: string | undefined): string {
  if (from === undefined) return '';
  const bytes = Buffer.from(from, 'latin1');
  return (senderOf(isUtf8(bytes) ? bytes.toString() : from, asBytes)?.address ?? '').normalize('NFC').toLowerCase();
}

/** Encoded words as bytes: in an address these are its characters, in any charset. */
const asBytes: DecodeWords = (text) =>
  text.replace(/=\?[^?\s]{1,60}\?([bq])\?([^?]*)\?=/gi, (_, encoding: string, word: string) =>
    encoding.toLowerCase() === 'b'
      ? Buffer.from(word, 'base64').toString('latin1')
      : word
          .replaceAll('_', ' ')
          .replace(/=([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  );

/**
 * Cuts the list at its separators. A piece without any address before one with a bracketed address is the beginning of
 * a name with commas in it: `Berhane, Kidane T - Eagan, MN <kb@x>`.
 */
function segmentsOf(tokens: readonly Token[]): Token[][] {
  const segments: Token[][] = [];
  let current: Token[] = [];
  // Pieces of what may be a name, with their commas.
  let before: Token[] = [];
  const end = (separator?: Token): void => {
    const isBracketed = current.some(({ kind }) => kind === 'angle');
    if (isBracketed || current.some(holdsAddress)) {
      // In front of a bare address stands no name, so what is there was an entry of its own, with no address.
      if (!isBracketed && before.length > 0) segments.push(before);
      segments.push(isBracketed ? [...before, ...current] : current);
      before = [];
    } else if (current.some(({ text }) => text.trim() !== '')) {
      for (const token of current) before.push(token);
    }
    // One comma for as many as there are.
    if (separator?.kind === 'comma' && before.length > 0) {
      if (before.at(-1)?.kind !== 'comma') before.push(separator);
    } else if (before.length > 0) {
      segments.push(before);
      before = [];
    }
    current = [];
  };
  const lastSemicolon = tokens.findLastIndex(({ kind }) => kind === 'semicolon');
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'comma' || token.kind === 'semicolon') end(token);
    else if (token.kind !== 'colon') current.push(token);
    else if (index < lastSemicolon && !current.some((each) => each.kind === 'angle' || holdsAddress(each))) {
      // The name of a group. Without a semicolon after it a colon is a part of someone's name.
      current = [];
      before = [];
    } else current.push({ kind: 'text', text: withoutMailto(current) ? ' ' : ':' });
  }
  end();
  return segments;
}

/** Takes `mailto` and the bracket before it (`Ada [mailto:ada@x]`) away from the end of an entry. */
function withoutMailto(current: Token[]): boolean {
  const last = current.at(-1);
  if (last?.kind !== 'text' || !/\[?mailto$/i.test(last.text)) return false;
  current[current.length - 1] = { kind: 'text', text: last.text.replace(/\[?mailto$/i, '') };
  return true;
}

const holdsAddress = ({ kind, text }: Token): boolean => kind === 'address' || (kind === 'text' && text.includes('@'));

function entriesOf(tokens: readonly Token[], decode: DecodeWords): Address[] {
  const angles = tokens.filter(({ kind }) => kind === 'angle').map(({ text }) => bracketed(text));
  const known = angles.find((one) => one.includes('@')) ?? angles.find((one) => one !== '');
  const bare = known === undefined ? bareAddress(tokens) : undefined;
  const words = bare?.rest ?? tokens;
  const phrase = phraseOf(words);
  const address = known ?? bare?.address ?? '';
  // Some programs encode the whole entry, its address included.
  if (address === '' && words.some(({ kind }) => kind === 'word')) {
    const decoded = decode(phrase);
    if (/<[^<>\s]{1,320}@[^<>\s]{1,320}>/.test(decoded)) return segmentsOf(tokensOf(decoded)).flatMap(withoutWords);
  }
  const comment = words
    .filter(({ kind }) => kind === 'comment')
    .map(({ text }) => text.trim())
    .join(' ');
  const shown = phrase === '' ? comment : phrase;
  // Quotes within an encoded word are those around the name.
  const name = shown.includes('=?') ? unspaced(decode(shown)).replace(/^"([^"]*)"$/, '$1') : shown;
  if (name === '' && address === '') return [];
  return [{ name: name === address ? '' : name, address }];
}

const withoutWords = (tokens: readonly Token[]): Address[] =>
  entriesOf(
    tokens.filter(({ kind }) => kind !== 'word'),
    (text) => text,
  );

/** The name as it stands: quotes opened, comments left out. */
function phraseOf(tokens: readonly Token[]): string {
  const text = tokens.map(({ kind, text: own }) => (kind === 'comment' || kind === 'angle' ? ' ' : own)).join('');
  const phrase = unspaced(text);
  let [start, end] = [0, phrase.length];
  while (start < end && ', '.includes(phrase[start] ?? '')) start += 1;
  while (start < end && ', '.includes(phrase[end - 1] ?? '')) end -= 1;
  return phrase.slice(start, end);
}

// RFC 5322 section 3.2.2; other kinds of space may be meant.
const unspaced = (text: string): string => text.replace(/[ \t\r\n]+/g, ' ').trim();

/** An address that stands in no brackets, and what is left without it. */
function bareAddress(tokens: readonly Token[]): { readonly address: string; readonly rest: Token[] } | undefined {
  for (const [index, token] of tokens.entries()) {
    const rest = (text: string): Token[] => [
      ...tokens.slice(0, index),
      { kind: 'text', text },
      ...tokens.slice(index + 1),
    ];
    if (token.kind === 'address') return { address: plainLocal(token.text), rest: rest(' ') };
    if (!holdsAddress(token)) continue;
    // `ada @ x.example` is one, too (RFC 5322 section 4.4).
    const text = token.text
      .split('@')
      .map((piece, at, all) => (at > 0 ? (at < all.length - 1 ? piece.trim() : piece.trimStart()) : piece.trimEnd()))
      .join('@');
    const atom = text.split(/\s+/).find((one) => /^[^@]+@./.test(one));
    if (atom !== undefined) return { address: plainLocal(unwrapped(atom)), rest: rest(text.replace(atom, ' ')) };
  }
  return undefined;
}

/** Without what people put around an address, as in `'ada@x'` and `[mailto:ada@x]`, and the sign after it. */
function unwrapped(atom: string): string {
  const inner = atom.replace(/[.:]{1,9}$/, '');
  const pair = inner.length > 2 ? `${inner[0]}${inner.at(-1)}` : '';
  if (["''", '``', '[]', '{}', '()'].includes(pair)) return inner.slice(1, -1);
  // Its opening half went with `mailto:`; it may be the end of an IP address, too.
  return inner.endsWith(']') && !inner.includes('[') ? inner.slice(0, -1) : inner;
}

/** The address in brackets: without a route (RFC 5322 section 4.4), comments, `mailto:` or brackets within. */
function bracketed(content: string): string {
  const inner = content.slice(content.startsWith('"') ? 0 : content.lastIndexOf('<') + 1).trim();
  const local = /^"(?:[^"\\]|\\.)*"/.exec(inner)?.[0] ?? '';
  const rest = inner
    .slice(local.length)
    .replace(/\([^()]*\)/g, '')
    .replace(/\p{Cc}+/gu, '')
    .split(/([@.])/)
    .map((piece) => piece.trim())
    .join('');
  const address = (local + rest)
    .replace(/^mailto:/i, '')
    .replace(/^@[^:]*:/, '')
    .replace(/^'([^']*)'$/, '$1');
  // `<Undisclosed recipients:;>` is none; the name of a user of the same machine is.
  return address.includes('@') || /^[\w.+-]+$/.test(address) ? plainLocal(address) : '';
}

/** Quotes that a local part does not need mean nothing (RFC 5321 section 4.1.2): `"ada"@x` is `ada@x`. */
function plainLocal(written: string): string {
  const address = written.replace(/\p{Cc}+/gu, '');
  const [, local, host] = /^"([^"\\@\s,;:<>()[\]]+)"(@.*)$/.exec(address) ?? [];
  return local === undefined || host === undefined ? address : local + host;
}
