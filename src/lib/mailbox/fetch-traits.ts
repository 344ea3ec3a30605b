import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import type { FilterNeeds } from '../domain/filter.ts';
import type { MessageMeta, MessageTraits } from '../domain/message.ts';
import { autoReplyHeaders } from './auto-reply.ts';
import { refusedHere } from './fetch-meta.ts';
import type { FetchVerb } from './fetch-verb.ts';
import { headerTraits } from './parse-message.ts';
import { pieces, uidSet } from './ranges.ts';
import { serverMailHeaders } from './server-mail.ts';
import { attachmentsOf, leavesOf } from './structure.ts';

// The recipients of a mail to many take some KB, and so does the structure of one with many files.
const chunk = 50;

// Exchange itself refuses headers beyond 256 KB; of more than that nobody knows what is missing.
const mostHeaderBytes = 256 * 1024;

const headerNames = [...new Set(['From', 'Subject', 'To', 'Cc', 'Bcc', ...autoReplyHeaders, ...serverMailHeaders])];

/**
 * What can be told of messages before any of them is read; asks the server only for what is needed. Whatever it does not
 * answer is unknown: a message that it cannot answer for takes none of the others along.
 */
export async function fetchTraits(
  fetch: FetchVerb,
  metas: readonly MessageMeta[],
  needs: FilterNeeds,
): Promise<Map<number, MessageTraits>> {
  const answers = new Map<number, FetchMessageObject>();
  const query: FetchQueryObject = {
    uid: true,
    ...(needs.headers ? { headers: headerNames } : {}),
    ...(needs.structure ? { bodyStructure: true } : {}),
  };
  const isWhole = (message: FetchMessageObject | undefined): boolean =>
    message !== undefined &&
    !(needs.headers && message.headers === undefined) &&
    !(needs.structure && message.bodyStructure === undefined);

  async function ask(uids: readonly number[], what: FetchQueryObject): Promise<void> {
    const answer = await fetch(uidSet(uids), what).catch(refusedHere);
    for (const message of answer?.messages ?? []) {
      if (!uids.includes(message.uid)) continue;
      answers.set(message.uid, { ...answers.get(message.uid), ...message });
    }
  }

  if (needs.headers || needs.structure) {
    for (const uids of pieces(
      metas.map(({ uid }) => uid),
      chunk,
    )) {
      await ask(uids, query);
      for (const uid of uids) {
        if (!isWhole(answers.get(uid))) await ask([uid], query);
        // imapflow drops the whole answer of a message that is nested more than 25 deep.
        if (!isWhole(answers.get(uid)) && needs.headers) await ask([uid], { uid: true, headers: headerNames });
      }
    }
  }
  const found = new Map<number, MessageTraits>();
  for (const meta of metas) {
    const { headers, bodyStructure } = answers.get(meta.uid) ?? {};
    const isCut = headers !== undefined && headers.length > mostHeaderBytes;
    const traits = await headerTraits(meta, isCut ? undefined : headers);
    found.set(meta.uid, { ...traits, hasAttachment: hasFiles(bodyStructure) });
  }
  return found;
}

/** As `hasAttachments` of a record says it: a picture within the text is none. */
function hasFiles(structure: FetchMessageObject['bodyStructure']): boolean | undefined {
  if (structure === undefined) return undefined;
  const { leaves, cut } = leavesOf(structure);
  if (attachmentsOf(leaves).some(({ inline }) => !inline)) return true;
  return cut ? undefined : false;
}
