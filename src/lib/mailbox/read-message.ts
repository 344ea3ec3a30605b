import type { FetchMessageObject, FetchQueryObject, MessageStructureObject } from 'imapflow';
import type { MessageMeta, ReadMessage } from '../domain/message.ts';
import { unfoldedOctets } from './calendar-octets.ts';
import { refusedHere } from './fetch-meta.ts';
import type { FetchVerb } from './fetch-verb.ts';
import { bareMessage, parseMessage } from './parse-message.ts';
import { headerEnd } from './raw-headers.ts';
import { rebuild } from './rebuild.ts';
import type { ReadCaps } from './session.ts';
import { hasNoCharset, type Leaf, leavesOf, mixesTexts } from './structure.ts';

// A message of up to this size is read in one piece, in one round trip: most mails are smaller, and a second question
// costs more than the few KB of an attachment that come along. Above it the structure is read first and then only the
// text; attachments stay in the mailbox.
const wholeBytes = 64 * 1024;
// Exchange overstates RFC822.SIZE up to three times (stalwartlabs/vandelay#12), so a little above is still worth the try.
const worthTryingBytes = 3 * wholeBytes;
// Exchange itself refuses headers beyond 256 KB.
const headerBytes = 256 * 1024;
const mostTextParts = 50;
// Of two it is not known for whom of them it came back.
const mostReturnedTo = 2;
// Of a message whose structure nobody tells the parser is given no more: what is in it, it has to find out by itself, and
// it makes text of HTML in a time that grows with the square of the size where the sender wants that (closed-links.ts).
const unseenBytes = 32 * 1024;
// A line break or two is no text.
const blankBytes = 4;

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
 * Reads one message. Content never makes it throw: whatever cannot be read is named in `truncated`.
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
  const ask = async (query: Parameters<FetchVerb>[1]): Promise<FetchMessageObject | undefined> => {
    const answer = await fetch(String(meta.uid), { uid: true, ...query }).catch(refusedHere);
    return answer?.messages.find((message) => message.uid === meta.uid && hasContent(message));
  };

  const first = early ?? (await ask(firstQuestion(meta, caps)));
  const structure = first?.bodyStructure;
  if (first?.source !== undefined && first.source.length < whole && structure !== undefined && !mixesTexts(structure)) {
    const message = await parseMessage(first.source, { meta, structure, truncated: [] });
    if (!isDoubtful(structure, message)) return message;
  }
  if (first !== undefined && structure !== undefined) {
    return readParts(ask, meta, caps, structure, headersOf(first));
  }

  // No structure: the server gave none, refuses, or nests deeper than imapflow follows. The beginning of the source will
  // do for the headers and, as a rule, for the text.
  const unseenCap = Math.min(unseenBytes, caps.capBytes);
  const plain = await ask({ source: { maxLength: unseenCap } });
  if (plain?.source !== undefined) {
    const cut = plain.source.length >= unseenCap;
    return parseMessage(plain.source, { meta, structure: undefined, truncated: cut ? ['text', 'html'] : [] });
  }
  const headers = await ask({ bodyParts: [{ key: 'HEADER', maxLength: headerBytes }] });
  if (headers?.headers !== undefined) {
    return parseMessage(headers.headers, { meta, structure: undefined, truncated: ['text', 'html'] });
  }
  // Nothing at all: gone, or a message that Exchange lists but cannot convert (node-imap#867).
  const there = (await fetch(String(meta.uid), { uid: true, flags: true })).messages.some(
    ({ uid }) => uid === meta.uid,
  );
  return there ? bareMessage(meta, ['headers', 'text', 'html', 'structure']) : undefined;
}

/** A flag change that another client makes at this moment comes as an answer of its own, without what was asked. */
function hasContent(message: FetchMessageObject): boolean {
  return (
    message.source !== undefined ||
    message.headers !== undefined ||
    message.bodyParts !== undefined ||
    message.bodyStructure !== undefined
  );
}

/** The header block, and whether its end was reached. */
function headersOf(message: FetchMessageObject): { readonly block: Uint8Array; readonly cut: boolean } | undefined {
  if (message.headers !== undefined) return { block: message.headers, cut: message.headers.length >= headerBytes };
  const end = message.source === undefined ? undefined : headerEnd(message.source);
  return end === undefined ? undefined : { block: message.source?.subarray(0, end) ?? new Uint8Array(), cut: false };
}

/**
 * True if the parts have to be looked at one by one: text beyond ASCII in a part that names no charset, whose bytes are to
 * be seen before they are decoded; a calendar, likewise; or no text at all, though the server sees some.
 */
function isDoubtful(structure: MessageStructureObject, message: ReadMessage): boolean {
  // A calendar that was folded within a character (calendar-octets.ts).
  if (JSON.stringify(message.calendar ?? null).includes('\uFFFD')) return true;
  const texts = leavesOf(structure).leaves.filter((leaf) => leaf.what === 'text' || leaf.what === 'html');
  if (message.text === '' && message.html === undefined) return texts.some(({ size }) => size > blankBytes);
  const nameless = texts.some((leaf) => hasNoCharset(leaf.parameters));
  return nameless && /[^\p{ASCII}]/u.test(message.text + (message.html ?? ''));
}

type Ask = (query: Parameters<FetchVerb>[1]) => Promise<FetchMessageObject | undefined>;

async function readParts(
  ask: Ask,
  meta: MessageMeta,
  caps: ReadCaps,
  structure: MessageStructureObject,
  known: { readonly block: Uint8Array; readonly cut: boolean } | undefined,
): Promise<ReadMessage> {
  const truncated = new Set<string>();
  let headers = known;
  if (headers === undefined) {
    const answer = await ask({ bodyParts: [{ key: 'HEADER', maxLength: headerBytes }] });
    headers = answer === undefined ? undefined : headersOf(answer);
  }
  if (headers === undefined || headers.cut) truncated.add('headers');

  const contents = new Map<string, Uint8Array>();
  const all = leavesOf(structure).leaves;
  const wanted = all.filter((leaf) => leaf.what !== 'file');
  // Of a returned mail only its id and its recipients are told, and the structure holds them.
  for (const { part, returned } of all) {
    if (returned === undefined) continue;
    const to = returned.to.slice(0, mostReturnedTo).join(', ');
    contents.set(part, Buffer.from(`Message-ID: ${returned.messageId ?? ''}\r\nTo: ${to}\r\n\r\n`));
  }
  if (wanted.length > mostTextParts) truncated.add('structure');
  // Plain text before HTML: where the cap does not hold both, the one that is safe to show is there.
  const order = ['report', 'calendar', 'text', 'html'];
  const leaves = wanted
    .filter((leaf) => !contents.has(leaf.part))
    .slice(0, mostTextParts)
    .sort((a, b) => order.indexOf(a.what) - order.indexOf(b.what));

  let left = caps.capBytes;
  for (const batch of batches(leaves, left)) {
    if (left === 0) {
      for (const leaf of batch) truncated.add(nameOf(leaf));
      continue;
    }
    const answer = await ask({ bodyParts: batch.map((leaf) => ({ key: leaf.part, maxLength: left + 1 })) });
    for (const leaf of batch) {
      const bytes = answer?.bodyParts?.get(leaf.part);
      if (!Buffer.isBuffer(bytes)) {
        truncated.add(nameOf(leaf));
        continue;
      }
      if (bytes.length > left) truncated.add(nameOf(leaf));
      const told = bytes.subarray(0, left);
      contents.set(leaf.part, leaf.what === 'calendar' ? unfoldedOctets(told, leaf.encoding) : told);
      left -= Math.min(left, bytes.length);
    }
  }
  const copy = rebuild(structure, headers?.block ?? new Uint8Array(), contents);
  return parseMessage(copy, { meta, structure, truncated: [...truncated] });
}

/**
 * Parts that are asked for in one command. Their stated sizes decide, so that one answer cannot bring many times the cap:
 * a part that alone may fill the rest goes by itself.
 */
function batches(leaves: readonly Leaf[], capBytes: number): Leaf[][] {
  const result: Leaf[][] = [];
  let bytes = 0;
  for (const leaf of leaves) {
    const batch = result.at(-1);
    if (batch === undefined || bytes + leaf.size > capBytes) {
      result.push([leaf]);
      bytes = leaf.size;
    } else {
      batch.push(leaf);
      bytes += leaf.size;
    }
  }
  return result;
}

const nameOf = (leaf: Leaf): string => (leaf.what === 'text' || leaf.what === 'html' ? leaf.what : 'structure');
