import type { DecodeText } from '../charset/decode-text.ts';

interface Word {
  /** Where it stands in the text. */
  readonly start: number;
  readonly end: number;
  readonly charset: string;
  readonly encoding: 'b' | 'q';
  readonly content: string;
}

/**
 * A header with its encoded words (RFC 2047) rewritten in UTF-8, each run of them as one word, so that the next reader
 * needs no other charset. Words of one charset are decoded together: programs cut characters in two, and the state of
 * ISO-2022-JP continues from one word to the next.
 * @param header bytes as Latin-1; a word may hold bytes of eight bits
 */
export function wordsAsUtf8(header: string, decode: DecodeText, others: readonly string[]): string {
  let written = '';
  let copied = 0;
  for (const run of runsOf(wordsIn(header))) {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) continue;
    written += header.slice(copied, first.start) + asWord(textOf(run, decode, others));
    copied = last.end;
  }
  return written + header.slice(copied);

  /** Words with nothing but white space between them. */
  function runsOf(words: readonly Word[]): Word[][] {
    const runs: Word[][] = [];
    let before: Word | undefined;
    for (const word of words) {
      if (before !== undefined && /^\s*$/.test(header.slice(before.end, word.start))) runs.at(-1)?.push(word);
      else runs.push([word]);
      before = word;
    }
    return runs;
  }
}

/** Every charset that the encoded words of a header name. */
export const charsetsOfWords = (header: string): string[] => [
  ...new Set(wordsIn(header).map(({ charset }) => charset.toLowerCase())),
];

// RFC 2978 allows 40 characters; a language may follow (RFC 2231 section 5).
const longestCharset = 60;

// A mail to a thousand people names each with a word or two.
const mostRead = 5_000;

/** Those in order. The end of one is looked for from where it begins, so this takes time in proportion to the length. */
function wordsIn(header: string): Word[] {
  const words: Word[] = [];
  for (let found = header.indexOf('=?'); found >= 0 && words.length < mostRead; found = header.indexOf('=?', found)) {
    const match = /^=\?([^?\s]+)\?([bq])\?/i.exec(header.slice(found, found + longestCharset));
    if (match === null) {
      found += 2;
      continue;
    }
    const start = found + match[0].length;
    const end = header.indexOf('?=', start);
    if (end < 0) break;
    const encoding = match[2]?.toLowerCase() === 'b' ? 'b' : 'q';
    words.push({ start: found, end: end + 2, charset: match[1] ?? '', encoding, content: header.slice(start, end) });
    found = end + 2;
  }
  return words;
}

function textOf(run: readonly Word[], decode: DecodeText, others: readonly string[]): string {
  const texts = (groups: readonly Word[][]) =>
    groups.map((words) => decode(bytesOf(words), { label: words[0]?.charset, others })).join('');
  const together = texts(groupedBy(run, sameCharset));
  // Where the bytes do not fit together, each word may still be whole.
  return together.includes('\ufffd') && run.length <= mostWords ? texts(groupedBy(run, () => false)) : together;
}

// A subject of a thousand characters; beyond that someone wants to keep us busy.
const mostWords = 100;

const sameCharset = (a: Word, b: Word): boolean => a.charset.toLowerCase() === b.charset.toLowerCase();

function groupedBy(run: readonly Word[], belong: (a: Word, b: Word) => boolean): Word[][] {
  const groups: Word[][] = [];
  for (const word of run) {
    const last = groups.at(-1);
    const before = last?.at(-1);
    if (last !== undefined && before !== undefined && belong(before, word)) last.push(word);
    else groups.push([word]);
  }
  return groups;
}

function bytesOf(words: readonly Word[]): Uint8Array {
  const pieces: Buffer[] = [];
  // Base64 that was cut between two characters of its own is put together first.
  let open = '';
  for (const { encoding, content } of words) {
    if (encoding === 'q') {
      pieces.push(Buffer.from(open, 'base64'), fromQ(content));
      open = '';
      continue;
    }
    open += content.replace(/[^a-z0-9+/=]/gi, '');
    if (open.endsWith('=') || open.length % 4 === 0) {
      pieces.push(Buffer.from(open, 'base64'));
      open = '';
    }
  }
  pieces.push(Buffer.from(open, 'base64'));
  return Buffer.concat(pieces);
}

/** Section 4.2. What a program folded inside the word is put together. */
const fromQ = (content: string): Buffer =>
  Buffer.from(
    content
      .replace(/\r?\n[ \t]?/g, '')
      .replaceAll('_', ' ')
      .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

const asWord = (text: string): string => `=?utf-8?B?${Buffer.from(text.toWellFormed()).toString('base64')}?=`;
