import type { MessageStructureObject } from 'imapflow';
import { charsetsOf } from '../mime/body.ts';
import { unwrapped } from '../mime/transfer-encoding.ts';
import { type Ask, readableLeaves } from './read-parts.ts';

// HTML that names its charset does so at its beginning.
const mostBytes = 64 * 1024;

/**
 * The charsets in which raw bytes of headers and names of files may be written: those that the text names, as reading the
 * whole message finds them.
 */
export async function textCharsets(ask: Ask, structure: MessageStructureObject): Promise<string[]> {
  const texts = readableLeaves(structure).leaves.filter(({ what }) => what === 'text' || what === 'html');
  const html = texts.filter(({ what }) => what === 'html');
  const answer =
    html.length === 0
      ? undefined
      : await ask({ bodyParts: html.map(({ part }) => ({ key: part, maxLength: mostBytes })) });
  return charsetsOf(
    texts.map((leaf) => {
      const encoded = answer?.bodyParts?.get(leaf.part);
      return { leaf, bytes: Buffer.isBuffer(encoded) ? unwrapped(encoded, leaf.encoding) : new Uint8Array() };
    }),
  );
}
