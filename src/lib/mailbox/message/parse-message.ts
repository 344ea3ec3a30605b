import type { MessageStructureObject } from 'imapflow';
import type { Email, Attachment as Part } from 'postal-mime';
import type { MessageMeta, MessageTraits, ReadMessage } from '../../domain/mail/message.ts';
import { unfoldedOctets } from '../calendar/octets.ts';
import { type DecodeText, loadDecoder } from '../charset/decode-text.ts';
import { attachmentsOf } from '../mime/attachment-list.ts';
import { bodyOf, charsetsOf, type TextPart } from '../mime/body.ts';
import { charsetsOfWords } from '../mime/encoded-words.ts';
import { fieldsOf, fromOf, headerReader, peopleIn } from '../mime/header-fields.ts';
import { referencesIn } from '../mime/html-references.ts';
import { loadPostalMime, parseHeaders } from '../mime/mime.ts';
import { type PartHeaders, withReadableNames } from '../mime/part-names.ts';
import { readableHeaders } from '../mime/readable-headers.ts';
import { oneLine, storable } from '../mime/storable.ts';
import { type Leaf, leavesOf } from '../mime/structure.ts';
import { unwrapped } from '../mime/transfer-encoding.ts';
import { isAutoReply } from './auto-reply.ts';
import { bounceOf, returnedSubmissionId } from './bounce.ts';
import { type Letterhead, reportType, serverMail } from './server-mail.ts';
import { isSns } from './ses-notice.ts';
import type { Ancestry } from './thread-root.ts';

export interface Parsing {
  readonly meta: MessageMeta;
  /** What was cut before. */
  readonly truncated: readonly string[];
}

/** What was read of a message, with the server's structure of it: the only source of part numbers. */
export interface ReadParts {
  readonly structure: MessageStructureObject;
  /** The header block. */
  readonly headers: Uint8Array;
  /** Parts by their numbers, still encoded. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** The headers of parts, for names that the structure does not tell. */
  readonly partHeaders: PartHeaders;
}

/** Parses a message whose structure the server has told. */
export async function parseParts(read: ReadParts, { meta, truncated }: Parsing): Promise<ReadMessage> {
  const cut = new Set(truncated);
  const { leaves, cut: leavesCut } = leavesOf(read.structure);
  if (leavesCut) cut.add('structure');
  const parts = leaves.flatMap((leaf): TextPart[] => {
    const encoded = read.contents.get(leaf.part);
    return encoded === undefined ? [] : [{ leaf, bytes: unwrapped(encoded, leaf.encoding), cut: cut.has(leaf.what) }];
  });
  const texts = parts.filter(({ leaf }) => isText(leaf));
  const charsets = await charsetsOf(texts);
  const decode = await loadDecoder();

  const block = read.headers.subarray(0, endOfLine(read.headers, mostLines));
  if (block.length < read.headers.length) cut.add('headers');
  const email = await parseHeaders(readableHeaders(block, decode, charsets));
  const told = cut.has('headers') ? await withIdentity(email, meta, charsets) : email;

  const words = texts.length === 0 ? [] : charsetsOfWords(Buffer.from(block).toString('latin1'));
  const body = await bodyOf(texts, { decode, charsets: words });
  if (body.cut) cut.add('text');
  const named = await withReadableNames(leaves, read.partHeaders, decode, async () => charsets);
  const others = parts.filter(({ leaf }) => !isText(leaf)).map((part) => asPart(part, decode));
  return fromEmail({ ...told, html: body.html, attachments: others }, meta, {
    text: body.text,
    attachments: attachmentsOf(named, referencesIn(body.html ?? '', !cut.has('html'))),
    cut,
  });
}

/** Parses a message of whose structure the server does not tell. Its files have no numbers, so they are not listed. */
export async function parseMessage(whole: Uint8Array, { meta, truncated }: Parsing): Promise<ReadMessage> {
  const source = whole.subarray(0, endOfLine(whole, mostLines));
  // Servers hardly ever leave it out, so a start does not read this.
  const { structureOfSource } = await import('../mime/source-structure.ts');
  const { whole: all, ...parts } = structureOfSource(source);
  const cut = new Set([...truncated, 'structure']);
  if (source.length < whole.length || !all) for (const name of ['text', 'html']) cut.add(name);
  const partHeaders = async () => new Map<string, Uint8Array>();
  const message = await parseParts({ ...parts, partHeaders }, { meta, truncated: [...cut] });
  return { ...message, attachments: [] };
}

const isText = ({ what }: Leaf): boolean => what === 'text' || what === 'html';

/** A part that is no text of the mail, as postal-mime would hand it out. */
function asPart({ leaf, bytes }: TextPart, decode: DecodeText): Part {
  const { charset, method } = leaf.parameters;
  return {
    filename: null,
    mimeType: leaf.type,
    disposition: leaf.disposition === '' ? null : leaf.disposition,
    content: leaf.what === 'calendar' ? Buffer.from(decode(unfoldedOctets(bytes), { label: charset })) : bytes,
    ...(method === undefined ? {} : { method: method.trim().toUpperCase() }),
  };
}

// The parser takes some 2 us for every line, however short, and nothing else happens meanwhile.
const mostLines = 40_000;

/** Where line number `count` ends. */
function endOfLine(bytes: Uint8Array, count: number): number {
  let end = 0;
  for (let line = 0; line < count; line += 1) {
    const at = bytes.indexOf(lineFeed, end);
    if (at < 0) return bytes.length;
    end = at + 1;
  }
  return end;
}

const lineFeed = 10;

/** A message of which only the identity is known. */
export async function bareMessage(meta: MessageMeta, truncated: readonly string[]): Promise<ReadMessage> {
  return fromEmail(await identityOf(meta, []), meta, { text: '', attachments: [], cut: new Set(truncated) });
}

// Longer ones are made to keep someone busy.
const longestIdentityHeader = 64 * 1024;

/** What the headers that were read first tell. */
async function identityOf(meta: MessageMeta, charsets: readonly string[]): Promise<Email> {
  const lines = [
    ['Message-ID', meta.messageId],
    ['Date', meta.date],
    ['From', meta.from],
    ['Subject', meta.subject],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value.slice(0, longestIdentityHeader)}`]));
  const block = Buffer.from(lines.join('\r\n'), 'latin1');
  return parseHeaders(readableHeaders(block, await loadDecoder(), charsets));
}

/**
 * What the headers alone say about a message, in terms of the event that it would become.
 * @param block the headers of which something is to be known; without it, those of `meta` count
 * @param charsets of the text, for raw bytes in the headers
 */
export async function headerTraits(
  meta: MessageMeta,
  block: Uint8Array | undefined,
  charsets: readonly string[] = [],
): Promise<Omit<MessageTraits, 'hasAttachment'>> {
  const unknown = { from: undefined, to: undefined, subject: undefined, autoReply: undefined };
  // Not even its headers could be read; see fetch-meta.ts.
  if (block === undefined && meta.size === 0) return unknown;
  const email =
    block === undefined
      ? await identityOf(meta, charsets)
      : await parseHeaders(readableHeaders(block, await loadDecoder(), charsets));
  const reader = headerReader(email.headers, (await loadPostalMime()).decodeWords);
  const sender = fromOf(reader);
  const from = sender?.address ?? '';
  const known = { from: from === '' ? [] : [from], subject: oneLine(email.subject ?? '') };
  if (block === undefined) return { ...unknown, ...known };
  const to = ['to', 'cc', 'bcc'].flatMap((name) => peopleIn(reader, name)).map(({ address }) => address);
  // Whether a mail of a server reports a failure, which makes it automatic, is known when it is read.
  const about = { headers: email.headers, from: sender, subject: known.subject };
  const mayBounce = isSns(sender) || serverMail(about) !== 'no';
  return { ...known, to, autoReply: isAutomatic(about) || (mayBounce ? undefined : false) };
}

/** What a header block says of the mails before its own. */
export async function ancestryOf(block: Uint8Array): Promise<Ancestry> {
  const email = await parseHeaders(readableHeaders(block, await loadDecoder(), []));
  return fieldsOf(headerReader(email.headers, (await loadPostalMime()).decodeWords), undefined);
}

/** A report of any kind is written by a program. */
const isAutomatic = (mail: Letterhead): boolean => isAutoReply(mail) || reportType(mail.headers) !== undefined;

/** Where the headers were cut, fields that were fetched separately are still known. */
async function withIdentity(email: Email, meta: MessageMeta, charsets: readonly string[]): Promise<Email> {
  const identity = await identityOf(meta, charsets);
  const { headers, ...rest } = email;
  const found = Object.entries(rest).filter(([, value]) => value !== undefined && value !== '');
  return { ...identity, ...Object.fromEntries(found), headers: [...identity.headers, ...headers] };
}

interface Rest {
  readonly text: string;
  readonly attachments: ReadMessage['attachments'];
  readonly cut: ReadonlySet<string>;
}

async function fromEmail(email: Email, meta: MessageMeta, rest: Rest): Promise<ReadMessage> {
  const { decodeWords } = await loadPostalMime();
  const fields = fieldsOf(headerReader(email.headers, decodeWords), meta.messageId);
  const text = storable(rest.cut.has('text') ? wholeCharacters(rest.text) : rest.text);
  const html = storable(rest.cut.has('html') ? wholeCharacters(email.html ?? '') : (email.html ?? ''));
  const subject = oneLine(email.subject ?? '');
  const about = { headers: email.headers, from: fields.from, subject };
  const whole = bounceOf({
    ...about,
    to: fields.to.map(({ address }) => address),
    parts: email.attachments,
    text,
  });
  const returned = whole && returnedSubmissionId({ parts: email.attachments, text });
  const bounce = whole && { ...whole, recipients: whole.recipients.slice(0, mostBounced) };
  const read = await calendarIn(email.attachments);
  const cut = [
    ...(bounce?.recipients.length === whole?.recipients.length ? [] : ['bounce']),
    ...(read?.cut === true ? ['calendar'] : []),
  ];
  return {
    meta,
    ...fields,
    subject,
    text,
    html: html === '' ? undefined : html,
    truncated: [...rest.cut, ...cut],
    attachments: rest.attachments,
    autoReply: bounce !== undefined || isAutomatic(about),
    bounce,
    ...(returned === undefined ? {} : { returnedSubmissionId: returned }),
    calendar: read?.calendar,
  };
}

/** Loads what reads calendars at the first part that may be one. */
const calendarIn = async (parts: readonly Part[]) =>
  parts.length === 0 ? undefined : (await import('../calendar/calendar.ts')).calendarOf(parts);

// Exchange Online sends one mail to 1,000 recipients at most, and each is reported with the server's words.
const mostBounced = 500;

/** A text that was cut inside a character ends in a mark for it, which is not the sender's. */
const wholeCharacters = (text: string): string => text.replace(/\uFFFD{1,3}\s*$/, '');
