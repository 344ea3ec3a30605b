import type { Attachment } from '../../domain/mail/message.ts';
import { loadDecoder } from '../charset/decode-text.ts';
import { attachmentsOf } from '../mime/attachment-list.ts';
import { withReadableNames } from '../mime/part-names.ts';
import { leavesOf } from '../mime/structure.ts';
import { type Ask, headersOfParts } from './read-parts.ts';
import { textCharsets } from './text-charsets.ts';

/** One file of a message, as the event of the message told of it; undefined if there is none of that number. */
export async function readPart(ask: Ask, part: string): Promise<Attachment | undefined> {
  const structure = (await ask({ bodyStructure: true }))?.bodyStructure;
  if (structure === undefined) return undefined;
  const { leaves } = leavesOf(structure);
  const own = leaves.filter((leaf) => leaf.part === part);
  const charsets = () => textCharsets(ask, structure);
  const [named] = await withReadableNames(own, headersOfParts(ask, structure), await loadDecoder(), charsets);
  if (named === undefined) return undefined;
  const all = leaves.map((leaf) => (leaf.part === part ? named : leaf));
  return attachmentsOf(all).find((each) => each.part === part);
}
