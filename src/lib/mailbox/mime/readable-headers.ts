import { isUtf8 } from 'node:buffer';
import type { DecodeText } from '../charset/decode-text.ts';
import { escapedCharset } from '../charset/shifting-charsets.ts';
import { charsetsOfWords, wordsAsUtf8 } from './encoded-words.ts';

/**
 * A header block that needs no other charset than UTF-8 to be read. RFC 6532 allows raw UTF-8; raw bytes of any other
 * charset are against the rules, and common. They are read header by header, since servers on the way add their own:
 * as what the encoded words beside them say, as the text of the mail is written, or as Windows-1252.
 * @param others charsets of the text, the most telling first
 */
export function readableHeaders(block: Uint8Array, decode: DecodeText, others: readonly string[]): Uint8Array {
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1');
  if (!needsReading(text)) return block;
  const headers = text.split(/(?<=\n)(?![ \t])/).map((header) => readable(header, decode, others));
  return Buffer.concat(headers);
}

/** Whether bytes of a header mean nothing without a charset that stands in no header. */
export const hasRawBytes = (header: string): boolean =>
  /[\x80-\xff]/.test(header) && !isUtf8(Buffer.from(header, 'latin1'));

const needsReading = (header: string): boolean => /[\x80-\xff]|=\?/.test(header) || header.includes('\x1b');

function readable(header: string, decode: DecodeText, others: readonly string[]): Uint8Array {
  if (!needsReading(header)) return Buffer.from(header, 'latin1');
  const own = charsetsOfWords(header);
  const words = wordsAsUtf8(header, decode, others);
  const bytes = Buffer.from(words, 'latin1');
  if (!/[\x80-\xff]/.test(words) && escapedCharset(words) === undefined) return bytes;
  return Buffer.from(decode(bytes, { others: [...own, ...others] }));
}
