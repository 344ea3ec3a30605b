import type { DecodeText } from '../charset/decode-text.ts';
import { parseMime } from './mime.ts';
import { readableHeaders } from './readable-headers.ts';
import type { Leaf } from './structure.ts';

/** The headers of parts by their numbers, of those that could be read. */
export type PartHeaders = (parts: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;

// More of them in one mail were written to keep someone busy.
const mostNames = 50;

/**
 * Parts with the names of their files as their own headers have them, where the server's structure cannot tell: raw bytes
 * in a name are lost in it, and shifting charsets are not understood.
 * @param charsets of the text, in which such a name was probably written
 */
export async function withReadableNames(
  leaves: readonly Leaf[],
  headersOf: PartHeaders,
  decode: DecodeText,
  charsets: () => Promise<readonly string[]>,
): Promise<readonly Leaf[]> {
  const odd = leaves.filter(({ filename = '' }) => isOdd(filename)).slice(0, mostNames);
  if (odd.length === 0) return leaves;
  const [headers, known] = [await headersOf(odd.map(({ part }) => part)), await charsets()];
  const names = new Map<string, string>();
  for (const { part } of odd) {
    const block = headers.get(part);
    const name = block === undefined ? undefined : await nameIn(readableHeaders(block, decode, known));
    if (name !== undefined) names.set(part, name);
  }
  return leaves.map((leaf) => ({ ...leaf, filename: names.get(leaf.part) ?? leaf.filename }));
}

/** A mark in place of what was not understood, an escape sequence, or an encoded word. */
const isOdd = (name: string): boolean =>
  ['\ufffd', '\x1b'].some((sign) => name.includes(sign)) || /=\?[^?]{1,60}\?[bq]\?/i.test(name);

/** The name that the headers of a part give it, by RFC 2231 or any other way. */
async function nameIn(block: Uint8Array): Promise<string | undefined> {
  // A text would be taken for the text of a mail, which has no name.
  const told = Buffer.from(block)
    .toString('utf8')
    .replace(/^(content-type\s*:\s*)"?(?:text|multipart|message)\//gim, '$1application/');
  const file = (await parseMime(Buffer.from(`${told}\r\n\r\nx`)))?.attachments[0];
  return file?.filename ?? undefined;
}
