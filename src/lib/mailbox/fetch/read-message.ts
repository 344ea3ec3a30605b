import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import type { MessageMeta, ReadMessage } from '../../domain/mail/message.ts';
import { bareMessage, parseMessage, parseParts } from '../message/parse-message.ts';
import { isPartless, partless } from '../mime/partless.ts';
import type { FetchVerb } from '../session/fetch-verb.ts';
import type { ReadCaps } from '../session/session.ts';
import { type Ask, asksFor, headerBytes, partsOfWhole, type Read, readParts } from './read-parts.ts';

// A message of up to this size is read in one piece, in one round trip: most mails are smaller, and a second question
// costs more than the few KB of an attachment that come along. Above it the structure is read first and then only the
// text; attachments stay in the mailbox.
const wholeBytes = 64 * 1024;
// Exchange overstates RFC822.SIZE up to three times (stalwartlabs/vandelay#12), so a little above is still worth the try.
const worthTryingBytes = 3 * wholeBytes;
// For a message without a structure: its files are fetched along, so no more than most texts need.
const unseenBytes = 128 * 1024;

/** True for a message that is read in one piece, so that many of them may be read together. */
export const isSmall = (meta: MessageMeta): boolean => meta.size > 0 && meta.size <= wholeBytes;

const wholeOf = (caps: ReadCaps): number => Math.min(wholeBytes, caps.capBytes);

/** What is asked first about a message. */
export function firstQuestion(meta: MessageMeta, caps: ReadCaps): FetchQueryObject {
  return meta.size <= worthTryingBytes
    ? { uid: true, bodyStructure: true, source: { maxLength: wholeOf(caps) } }
    : { uid: true, bodyStructure: true, bodyParts: [{ key: 'HEADER', maxLength: headerBytes }] };
}

/**
 * Reads one message. Content never makes it throw: parts that cannot be read are named in `truncated`.
 * @param early the answer to {@link firstQuestion}, where it is there already
 * @returns undefined if the message is gone
 */
export async function readMessage(
  fetch: FetchVerb,
  meta: MessageMeta,
  caps: ReadCaps,
  early?: FetchMessageObject,
): Promise<ReadMessage | undefined> {
  const whole = wholeOf(caps);
  const ask = asksFor(fetch, meta.uid);
  const first = early ?? (await ask(firstQuestion(meta, caps)));
  const structure = first?.bodyStructure;
  if (first !== undefined && structure !== undefined) {
    const source = first.source !== undefined && first.source.length < whole ? first.source : undefined;
    const read =
      (source === undefined ? undefined : partsOfWhole(structure, source)) ??
      (await readParts(ask, caps, structure, first));
    return (
      (isPartless(structure) ? await readPartless(ask, meta, caps, read) : undefined) ??
      parseParts(read.parts, { meta, truncated: read.truncated })
    );
  }

  // No structure: the server gave none, refuses, or nests deeper than imapflow follows. The beginning of the source will
  // do for the headers and, as a rule, for the text.
  const unseenCap = Math.min(unseenBytes, caps.capBytes);
  const plain = await ask({ source: { maxLength: unseenCap } });
  if (plain?.source !== undefined) {
    const cut = plain.source.length >= unseenCap;
    return parseMessage(plain.source, { meta, truncated: cut ? ['text', 'html'] : [] });
  }
  const headers = await ask({ bodyParts: [{ key: 'HEADER', maxLength: headerBytes }] });
  if (headers?.headers !== undefined) {
    return parseMessage(headers.headers, { meta, truncated: ['text', 'html'] });
  }
  // Nothing at all: gone, or a message that Exchange lists but cannot convert (node-imap#867).
  const there = (await fetch(String(meta.uid), { uid: true, flags: true })).messages.some(
    ({ uid }) => uid === meta.uid,
  );
  return there ? bareMessage(meta, ['headers', 'text', 'html', 'structure']) : undefined;
}

/** The text of a multipart without parts; undefined if it has none. */
async function readPartless(ask: Ask, meta: MessageMeta, caps: ReadCaps, read: Read): Promise<ReadMessage | undefined> {
  const { structure, headers, partHeaders } = read.parts;
  // What is found in it is for the parser to find out, as in a message without a structure.
  const most = Math.min(unseenBytes, caps.capBytes);
  const body = (await ask({ bodyParts: [{ key: 'TEXT', maxLength: most }] }))?.bodyParts?.get('text');
  if (!Buffer.isBuffer(body)) return undefined;
  const truncated = [...read.truncated, ...(body.length >= most ? ['text', 'html'] : [])];
  const found = partless(structure, headers, body);
  if (found?.kind === 'multipart') return parseMessage(found.source, { meta, truncated });
  if (found === undefined) return undefined;
  const parts = { structure: found.structure, headers, contents: new Map([['1', body]]), partHeaders };
  return parseParts(parts, { meta, truncated });
}
