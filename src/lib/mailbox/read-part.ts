import type { Attachment } from '../domain/message.ts';
import { attachmentsOf } from './attachment-list.ts';
import { loadDecoder } from './decode-text.ts';
import { withReadableNames } from './part-names.ts';
import { type Ask, headersOfParts } from './read-parts.ts';
import { leavesOf } from './structure.ts';
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
