import type { MessageStructureObject } from 'imapflow';
import { charsetOf } from '../charset/charset-label.ts';
import { charsetsOf } from '../mime/body.ts';
import { unwrapped } from '../mime/transfer-encoding.ts';
import { type Ask, readableLeaves } from './read-parts.ts';

// HTML that names its charset does so at its beginning.
const mostBytes = 64 * 1024;

/** True for a label that may be there though the text is in another charset: none, what stands for none, and UTF-8. */
const isVague = (label: string | undefined): boolean => {
  const charset = charsetOf(label, () => true);
  return charset === undefined || charset === 'utf-8';
};

/**
 * The charsets in which raw bytes of headers and names of files may be written: those that the text names, as reading the
 * whole message finds them.
 */
export async function textCharsets(ask: Ask, structure: MessageStructureObject): Promise<string[]> {
  const texts = readableLeaves(structure).leaves.filter(({ what }) => what === 'text' || what === 'html');
  // HTML may name its charset, and of what names none it is found out.
  const telling = texts.filter(({ what, parameters }) => what === 'html' || isVague(parameters.charset));
  const answer =
    telling.length === 0
      ? undefined
      : await ask({ bodyParts: telling.map(({ part }) => ({ key: part, maxLength: mostBytes })) });
  return charsetsOf(
    texts.map((leaf) => {
      const encoded = answer?.bodyParts?.get(leaf.part);
      return { leaf, bytes: Buffer.isBuffer(encoded) ? unwrapped(encoded, leaf.encoding) : new Uint8Array() };
    }),
  );
}
