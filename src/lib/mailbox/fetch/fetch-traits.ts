import { isUtf8 } from 'node:buffer';
import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import type { FilterNeeds } from '../../domain/mail/filter.ts';
import type { MessageMeta, MessageTraits } from '../../domain/mail/message.ts';
import { autoReplyHeaders } from '../message/auto-reply.ts';
import { headerTraits } from '../message/parse-message.ts';
import { serverMailHeaders } from '../message/server-mail.ts';
import { hasFiles } from '../mime/attachment-list.ts';
import { referencesIn } from '../mime/html-references.ts';
import { hasRawBytes } from '../mime/readable-headers.ts';
import { leavesOf } from '../mime/structure.ts';
import { unwrapped } from '../mime/transfer-encoding.ts';
import type { FetchVerb } from '../session/fetch-verb.ts';
import { refusedHere } from './fetch-meta.ts';
import { asksFor } from './read-parts.ts';
import { textCharsets } from './text-charsets.ts';
import { pieces, uidSet } from './uid-set.ts';

// The recipients of a mail to many take some KB, and so does the structure of one with many files.
const chunk = 50;

// Exchange itself refuses headers beyond 256 KB; beyond that it is unknown what is missing.
const mostHeaderBytes = 256 * 1024;

// In HTML longer than this, the images that it shows are looked for only when the mail is read.
const mostHtmlBytes = 1024 * 1024;

const headerNames = [...new Set(['From', 'Subject', 'To', 'Cc', 'Bcc', ...autoReplyHeaders, ...serverMailHeaders])];

/**
 * Traits of messages that are known before they are read; asks the server only for what is needed. What it does not
 * answer is unknown: a message that it cannot answer for does not affect the others.
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
    const block = headers !== undefined && headers.length <= mostHeaderBytes ? headers : undefined;
    const charsets = hasRawHeaders(meta, block) ? await charsetsFor(fetch, meta.uid, bodyStructure) : [];
    const traits = await headerTraits(meta, block, charsets);
    found.set(meta.uid, { ...traits, hasAttachment: await bringsFile(fetch, meta.uid, bodyStructure) });
  }
  return found;
}

/** Raw bytes that mean nothing without a charset: rare, and against the rules. */
function hasRawHeaders(meta: MessageMeta, block: Uint8Array | undefined): boolean {
  const read = block === undefined ? [meta.from ?? '', meta.subject ?? ''] : [Buffer.from(block).toString('latin1')];
  return read.join('\n').split('\n').some(hasRawBytes);
}

async function charsetsFor(
  fetch: FetchVerb,
  uid: number,
  known: FetchMessageObject['bodyStructure'],
): Promise<string[]> {
  const ask = asksFor(fetch, uid);
  const structure = known ?? (await ask({ bodyStructure: true }))?.bodyStructure;
  return structure === undefined ? [] : textCharsets(ask, structure);
}

/**
 * Whether it brings a file, as the event will say it. Where there is nothing but pictures the HTML decides, which then
 * is read here: most mail with a logo in its signature would otherwise come through every filter.
 */
export async function bringsFile(
  fetch: FetchVerb,
  uid: number,
  structure: FetchMessageObject['bodyStructure'],
): Promise<MessageTraits['hasAttachment']> {
  if (structure === undefined) return undefined;
  const { leaves, cut } = leavesOf(structure);
  const told = hasFiles(leaves, cut);
  if (told !== undefined || cut) return told;
  const parts = leaves.filter(({ what }) => what === 'html');
  if (parts.reduce((sum, { size }) => sum + size, 0) > mostHtmlBytes) return undefined;
  const query = { uid: true, bodyParts: parts.map(({ part }) => ({ key: part, maxLength: mostHtmlBytes })) };
  const answer = await fetch(String(uid), query).catch(refusedHere);
  const contents = answer?.messages.find((message) => message.uid === uid)?.bodyParts;
  const html = parts.map(({ part, encoding }) => {
    const bytes = contents?.get(part);
    // What is looked for is ASCII in every charset but UTF-16, and there with NUL between.
    return Buffer.isBuffer(bytes) ? asText(unwrapped(bytes, encoding)) : undefined;
  });
  const whole = html.every((each) => each !== undefined && each.length < mostHtmlBytes);
  return hasFiles(leaves, cut, referencesIn(html.join('\n'), whole));
}

const asText = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString(isUtf8(bytes) ? 'utf8' : 'latin1')
    .replaceAll('\0', '');
