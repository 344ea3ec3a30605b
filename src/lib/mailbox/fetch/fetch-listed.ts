import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { type Headline, headlineHeaders, headlineOf } from '../message/headline.ts';
import { hasFiles } from '../mime/attachment-list.ts';
import { leavesOf } from '../mime/structure.ts';
import type { FetchVerb } from '../session/fetch-verb.ts';
import { asMeta, refusedHere, wholeMeta } from './fetch-meta.ts';
import { pieces, uidSet } from './uid-set.ts';

/** A message as a list shows it. */
export interface ListedMessage {
  readonly meta: MessageMeta;
  readonly headline: Headline;
  readonly draft: boolean;
  /** Keywords that a person may have chosen: flags that are neither the system's nor a program's (`$…`). */
  readonly categories: readonly string[];
  /** Undefined where only the HTML would tell, or the structure is not known. */
  readonly hasAttachments: boolean | undefined;
  readonly structure: FetchMessageObject['bodyStructure'];
}

// As for the traits of new mail: the structure of a message with many files takes some KB.
const chunk = 50;

const headers = [...new Set([...wholeMeta.headers, ...headlineHeaders])];
const withoutStructure: FetchQueryObject = { ...wholeMeta, headers };
const query: FetchQueryObject = { ...withoutStructure, bodyStructure: true };

/**
 * Messages of the open folder as a list shows them, in the order of `uids`. What the server does not answer is left out;
 * a message that it cannot answer for takes none of the others along.
 */
export async function fetchListed(fetch: FetchVerb, uids: readonly number[]): Promise<ListedMessage[]> {
  const found = new Map<number, ListedMessage>();
  const ask = async (wanted: readonly number[], what: FetchQueryObject): Promise<boolean> => {
    const answer = await fetch(uidSet(wanted), what).catch(refusedHere);
    for (const message of answer?.messages ?? []) {
      const listed = wanted.includes(message.uid) ? await listedOf(message) : undefined;
      if (listed !== undefined) found.set(listed.meta.uid, listed);
    }
    return answer !== undefined && answer.skippedLines === 0;
  };
  for (const some of pieces(uids, chunk)) {
    if (await ask(some, query)) continue;
    // imapflow drops the whole answer of a message that is nested more than 25 deep; Exchange refuses some it lists.
    for (const uid of some.filter((each) => !found.has(each))) await ask([uid], withoutStructure);
  }
  return uids.flatMap((uid) => found.get(uid) ?? []);
}

async function listedOf(message: FetchMessageObject): Promise<ListedMessage | undefined> {
  const meta = asMeta(message, 'whole');
  if (meta === undefined) return undefined;
  const { bodyStructure: structure, flags = new Set() } = message;
  return {
    meta,
    headline: await headlineOf(meta, message.headers ?? new Uint8Array()),
    draft: flags.has('\\Draft'),
    categories: [...flags].filter(isCategory).sort(),
    hasAttachments: structure === undefined ? undefined : filesIn(structure),
    structure,
  };
}

const filesIn = (structure: NonNullable<ListedMessage['structure']>): boolean | undefined => {
  const { leaves, cut } = leavesOf(structure);
  return hasFiles(leaves, cut);
};

// RFC 5788: what programs agreed on begins with a dollar sign; `Junk` and `NonJunk` are their elders.
const isCategory = (flag: string): boolean => !/^[\\$]|^(non)?junk$|^forwarded$/i.test(flag);
