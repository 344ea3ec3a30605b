import type { Match } from 'chardet';

/** The charset that bytes are written in, by which characters are frequent in which language; undefined if that is not sure. */
export type GuessCharset = (bytes: Uint8Array) => string | undefined;

let loading: Promise<GuessCharset> | undefined;

/** Loads chardet, at the first mail. */
export function loadGuess(): Promise<GuessCharset> {
  loading ??= import('chardet').then(({ analyse }) => createGuess(analyse));
  return loading;
}

// It takes a millisecond for each 2 KB.
const mostLooked = 4 * 1024;
// Of ten characters and fewer chardet has no opinion; told often enough, it has a good one.
const enoughBytes = 120;

// What it says of western texts, mistaking them for a charset of two bytes a character, is 10.
const surePairs = 80;
const fewestPairs = 2;
// Of single letters it is less sure, and of alphabets that are much alike it prefers now this one, now that.
const sureLetters = 20;
const asLikely = 5;
const fewestLetters = 5;

/** @param analyse of chardet: the likeliest first */
export const createGuess =
  (analyse: (bytes: Uint8Array) => readonly Match[]): GuessCharset =>
  (bytes) => {
    const first = bytes.findIndex((byte) => byte > 0x7f);
    if (first < 0) return undefined;
    const sample = bytes.subarray(first, first + mostLooked);
    const told = Buffer.concat(Array(Math.ceil(enoughBytes / sample.length)).fill(Buffer.concat([sample, lineEnd])));
    const found = analyse(told);
    const best = found[0];
    if (best === undefined) return undefined;
    if (pairs.has(best.name)) {
      return best.confidence >= surePairs && isMostly(eastern, best.name, sample, fewestPairs) ? best.name : undefined;
    }
    // Greek, Hebrew and Arabic it finds in Finnish words too.
    const other = found.find(({ name }) => cyrillics.has(name));
    if (other === undefined || other.confidence < Math.max(sureLetters, best.confidence - asLikely)) return undefined;
    return isMostly(cyrillic, other.name, sample, fewestLetters) ? other.name : undefined;
  };

const lineEnd = Buffer.from('\n');

const pairs = new Set<string>(['Shift_JIS', 'EUC-JP', 'EUC-KR', 'Big5', 'GB18030']);
const cyrillics = new Set<string>(['windows-1251', 'KOI8-R', 'ISO-8859-5']);

const eastern = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
const cyrillic = /\p{Script=Cyrillic}/gu;

/** Hardly a letter of such a text is in ASCII, and most letters of western languages are. */
function isMostly(script: RegExp, charset: string, sample: Uint8Array, fewest: number): boolean {
  const text = new TextDecoder(charset).decode(sample);
  const own = text.match(script)?.length ?? 0;
  return own >= fewest && own > (text.match(/[a-z\u00c0-\u024f]/gi)?.length ?? 0);
}
