import { isAscii } from 'node:buffer';
import { type Charset, charsetOf, shifting, standardDecoder } from './charset-label.ts';
import { type GuessCharset, loadGuess } from './guess-charset.ts';
import { escapedCharset, shifted } from './shifting-charsets.ts';
import { lookAtUtf8 } from './utf8.ts';

/** What is known of the charset of some bytes. */
export interface TextHints {
  /** As the mail labels them. */
  readonly label?: string | undefined;
  /** Charsets that the mail names elsewhere, the most telling first: for bytes whose label says nothing or cannot be true. */
  readonly others?: readonly string[];
  /** The end is missing, so the last character may be half a one. */
  readonly cut?: boolean;
}

/** Decodes bytes to text. Pure; every input gives a result. */
export type DecodeText = (bytes: Uint8Array, hints: TextHints) => string;

/** Charsets that Node does not know. */
export interface CharsetTables {
  readonly guess: GuessCharset;
  readonly knows: (charset: string) => boolean;
  readonly decode: (bytes: Uint8Array, charset: string) => string;
  /** ISO-2022-JP with all that was added to it, or what is in truth one of its sisters of eight bits. */
  readonly japanese: (bytes: Uint8Array, from: 'JIS' | 'AUTO') => string;
}

let loading: Promise<DecodeText> | undefined;

/** Loads the tables, at the first mail: imapflow brings the same two packages. */
export function loadDecoder(): Promise<DecodeText> {
  loading ??= Promise.all([import('iconv-lite'), import('encoding-japanese'), loadGuess()]).then(
    ([{ default: iconv }, { default: japanese }, guess]) =>
      createDecoder({
        guess,
        knows: (charset) => iconv.encodingExists(charset),
        decode: (bytes, charset) => iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), charset),
        japanese: (bytes, from) => japanese.convert(bytes, { to: 'UNICODE', from, type: 'string' }),
      }),
  );
  return loading;
}

/**
 * Mail lies about its charset. What is believed, in this order: a byte order mark; a label that fits; UTF-8, which no
 * other text is by chance; what the mail names elsewhere; what the bytes themselves make sure; Windows-1252, in which every
 * byte means something.
 */
export function createDecoder(tables: CharsetTables): DecodeText {
  const as = (charset: Charset, bytes: Uint8Array): string => {
    if (shifting.has(charset)) return shifted(bytes, charset) ?? '';
    // Of UTF-16 without a mark iconv-lite finds out the order of the bytes.
    const decoder = charset === 'utf-16' ? undefined : standardDecoder(charset);
    const text = decoder === undefined ? tables.decode(bytes, charset) : decoder.decode(bytes);
    if (charset !== 'iso-2022-jp' || !text.includes(mark)) return text;
    return tables.japanese(bytes, isAscii(bytes) ? 'JIS' : 'AUTO');
  };

  /** Of seven bits: ASCII, unless the label or the text itself says that it stands for something else. */
  const ofSevenBits = (bytes: Uint8Array, charset: Charset | undefined): string => {
    const text = latin1(bytes);
    if (charset !== undefined && shifting.has(charset)) return as(charset, bytes);
    if (charset !== undefined && wide.test(charset) && bytes.includes(0)) return as(charset, bytes);
    const escaped = escapedCharset(text);
    return escaped === undefined && charset !== 'iso-2022-jp' ? text : as(escaped ?? 'iso-2022-jp', bytes);
  };

  const asOneOf = (names: readonly string[], bytes: Uint8Array, cut: boolean): string | undefined => {
    for (const name of names) {
      const charset = charsetOf(name, tables.knows);
      if (charset === undefined || sevenBits.test(charset) || /^utf-/.test(charset)) continue;
      const text = as(charset, bytes);
      // What was cut may end in half a character.
      if (!(cut ? text.slice(0, -1) : text).includes(mark)) return text;
    }
    return undefined;
  };

  const asGuessed = (bytes: Uint8Array, cut: boolean): string | undefined => {
    const name = tables.guess(bytes);
    return name === undefined ? undefined : asOneOf([name], bytes, cut);
  };

  const asElsewhere = (bytes: Uint8Array, { others = [], cut = false }: TextHints): string =>
    asOneOf(others, bytes, cut) ?? asGuessed(bytes, cut) ?? as('windows-1252', bytes);

  const asUtf8 = (bytes: Uint8Array): string => {
    const text = as('utf-8', bytes);
    // Surrogates, each as a character of its own: what some databases call UTF-8 (CESU-8).
    return text.includes(mark) && lookAtUtf8(bytes).invalid === 0 ? tables.decode(bytes, 'cesu8') : text;
  };

  return (bytes, hints) => {
    const { label, cut = false } = hints;
    const charset = charsetOf(label, tables.knows);
    const marked = byteOrder(bytes, charset);
    if (marked !== undefined) return as(marked, bytes);
    if (isAscii(bytes)) return ofSevenBits(bytes, charset);

    const look = lookAtUtf8(bytes);
    const half = bytes.length - look.end;
    const mayBeUtf8 = look.invalid === 0 && (look.valid > 0 || half > 1 || (half === 1 && cut));
    const isWide = charset !== undefined && wide.test(charset) && bytes.includes(0);
    if (mayBeUtf8 && !isWide && look.valid >= enough(charset)) return asUtf8(bytes.subarray(0, look.end));
    if (charset === undefined) return asElsewhere(bytes, hints);
    if (charset !== 'utf-8') return as(charset, bytes);
    if (look.valid === 0) return asElsewhere(bytes, hints);
    // In a charset of two bytes a character some of them pass for UTF-8.
    const guessed = look.invalid > look.valid ? asGuessed(bytes, cut) : undefined;
    if (guessed !== undefined) return guessed;
    return look.invalid > mostMixed ? asUtf8(bytes) : mixed(bytes, (run) => as('windows-1252', run));
  };
}

// Each takes a microsecond; so many are no list's last lines.
const mostMixed = 20_000;

/** What stands in place of bytes that mean nothing. */
const mark = '\ufffd';
const wide = /^utf-(16|32)/;
const sevenBits = /^(iso-2022-|hz-|utf-7)/;
const western = /^(windows-1252|iso-8859-15?)$/;

/**
 * How many characters of UTF-8 prove a label wrong. The western charsets are what programs write that do not know; pairs
 * such as the `Ã¼` that they would make of it are no words. In a charset of several bytes some pairs are both.
 */
function enough(charset: Charset | undefined): number {
  if (charset === undefined || charset === 'utf-8' || western.test(charset) || sevenBits.test(charset)) return 0;
  return /^(gb|big5|euc-|shift_jis)/.test(charset) ? 3 : 2;
}

/** A byte order mark says more than any label. */
function byteOrder(bytes: Uint8Array, charset: Charset | undefined): Charset | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return lookAtUtf8(bytes).invalid === 0 ? 'utf-8' : undefined;
  if (charset !== undefined && !charset.startsWith('utf-16')) return undefined;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/** UTF-8 to which someone added lines in Windows-1252, as mailing lists do: what can only be that is read as that. */
function mixed(bytes: Uint8Array, asWestern: (run: Uint8Array) => string): string {
  return latin1(bytes).replace(/[\x80-\xff]+/g, (text) => {
    const run = Buffer.from(text, 'latin1');
    const { valid, end } = lookAtUtf8(run);
    return valid > 0 || run.length - end > 1 ? run.toString() : asWestern(run);
  });
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
