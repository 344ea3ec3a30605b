import type { MessageStructureObject } from 'imapflow';
import type { Email } from 'postal-mime';
import type { MessageMeta, MessageTraits, ReadMessage } from '../domain/message.ts';
import { attachmentsOf } from './attachment-list.ts';
import { isAutoReply, type MaybeAutomatic } from './auto-reply.ts';
import { bounceOf } from './bounce.ts';
import { calendarOf } from './calendar.ts';
import { closedLinks } from './closed-links.ts';
import { fieldsOf, fromOf, headerReader, peopleIn } from './header-fields.ts';
import { referencesIn } from './html-references.ts';
import { headerEnd, headersAsUtf8 } from './raw-headers.ts';
import { reportType, serverMail } from './server-mail.ts';
import { oneLine, storable } from './storable.ts';
import { type Leaf, leavesOf } from './structure.ts';
import { withoutStyles } from './style-blocks.ts';

export interface Parsing {
  readonly meta: MessageMeta;
  /** As the server gave it: the only source of part numbers. */
  readonly structure: MessageStructureObject | undefined;
  /** What was cut before. */
  readonly truncated: readonly string[];
}

/**
 * Parses a message, or the smaller copy that was made of it. postal-mime does the decoding; everything that depends on
 * IMAP part numbers comes from the server's structure.
 */
export async function parseMessage(whole: Uint8Array, { meta, structure, truncated }: Parsing): Promise<ReadMessage> {
  const cut = new Set(truncated);
  const source = whole.subarray(0, endOfLine(whole, mostLines));
  const known = structure === undefined ? undefined : leavesOf(structure);
  if (source.length < whole.length) {
    cut.add('text');
    if (known === undefined || known.cut || known.leaves.some(({ what }) => what === 'html')) cut.add('html');
  }
  if (known === undefined || known.cut) cut.add('structure');

  const bytes = withReadableHeaders(source, charsetOf(known?.leaves ?? []));
  let email = await parse(bytes);
  if (email === undefined) {
    // Nested too deep or otherwise beyond the parser: what the headers say is still true.
    for (const name of ['structure', 'text', 'html']) cut.add(name);
    email = await parse(bytes.subarray(0, headerEnd(bytes) ?? bytes.length), true);
  }
  if (email === undefined) return bareMessage(meta, [...cut, 'headers']);
  // Where the headers were cut, what had been asked for by itself is still known.
  if (cut.has('headers')) {
    const identity = await identityOf(meta);
    email = { ...identity, ...found(email), headers: [...identity.headers, ...email.headers] };
  }
  return fromEmail(email, meta, {
    text: await textOf(email),
    attachments: attachmentsOf(known?.leaves ?? [], referencesIn(email.html ?? '', !cut.has('html'))),
    truncated: [...cut],
    cutText: cut.has('text'),
    cutHtml: cut.has('html'),
  });
}

// The parser takes some 20 us for every line, however short, and nothing else happens meanwhile. As many as 2 MiB in
// base64 have; a mail with more of them was written to keep somebody busy, or nobody reads it to its end.
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
  return fromEmail(await identityOf(meta), meta, {
    text: '',
    attachments: [],
    truncated: [...truncated],
    cutText: false,
    cutHtml: false,
  });
}

// Longer ones are made to keep somebody busy.
const longestIdentityHeader = 64 * 1024;

/** What the headers that were read first tell. */
async function identityOf(meta: MessageMeta): Promise<Email> {
  const lines = [
    ['Message-ID', meta.messageId],
    ['Date', meta.date],
    ['From', meta.from],
    ['Subject', meta.subject],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value.slice(0, longestIdentityHeader)}`]));
  const block = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const none: Email = { headers: [], headerLines: [], attachments: [] };
  return (await parse(headersAsUtf8(block, undefined), true)) ?? none;
}

/**
 * What headers alone tell of a message, in the words of the event that it would become.
 * @param block the headers of which something is to be known; without it, those of `meta` count
 */
export async function headerTraits(
  meta: MessageMeta,
  block: Uint8Array | undefined,
): Promise<Omit<MessageTraits, 'hasAttachment'>> {
  const unknown = { from: undefined, to: undefined, subject: undefined, autoReply: undefined };
  // Not even its headers could be read; see fetch-meta.ts.
  if (block === undefined && meta.size === 0) return unknown;
  const email = block === undefined ? await identityOf(meta) : await parse(headersAsUtf8(block, undefined), true);
  if (email === undefined) return unknown;
  const reader = headerReader(email.headers, (await loadPostalMime()).decodeWords);
  const sender = fromOf(reader);
  const from = sender?.address ?? '';
  const known = { from: from === '' ? [] : [from], subject: oneLine(email.subject ?? '') };
  if (block === undefined) return { ...unknown, ...known };
  const to = ['to', 'cc', 'bcc'].flatMap((name) => peopleIn(reader, name)).map(({ address }) => address);
  // Whether a mail of a server reports a failure, which makes it automatic, is known when it is read.
  const about = { headers: email.headers, from: sender, subject: known.subject };
  const mayBounce = serverMail(about) !== 'no';
  return { ...known, to, autoReply: isAutomatic(about) || (mayBounce ? undefined : false) };
}

/** A report, whatever of, is written by a program. */
const isAutomatic = (mail: MaybeAutomatic): boolean => isAutoReply(mail) || reportType(mail.headers) !== undefined;

/** The fields that were found. */
const found = (email: Email): Email => {
  const { headers, headerLines, attachments, ...rest } = email;
  const defined = Object.entries(rest).filter(([, value]) => value !== undefined && value !== '');
  return { headers, headerLines, attachments, ...Object.fromEntries(defined) };
};

interface Rest {
  readonly text: string;
  readonly attachments: ReadMessage['attachments'];
  readonly truncated: readonly string[];
  readonly cutText: boolean;
  readonly cutHtml: boolean;
}

async function fromEmail(email: Email, meta: MessageMeta, rest: Rest): Promise<ReadMessage> {
  const { decodeWords } = await loadPostalMime();
  const fields = fieldsOf(headerReader(email.headers, decodeWords), meta.messageId);
  const text = storable(rest.cutText ? wholeCharacters(rest.text) : rest.text);
  const html = storable(rest.cutHtml ? wholeCharacters(email.html ?? '') : (email.html ?? ''));
  const subject = oneLine(email.subject ?? '');
  const about = { headers: email.headers, from: fields.from, subject };
  const whole = bounceOf({
    ...about,
    to: fields.to.map(({ address }) => address),
    parts: email.attachments,
    text,
  });
  const bounce = whole && { ...whole, recipients: whole.recipients.slice(0, mostBounced) };
  const read = await calendarOf(email.attachments);
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
    truncated: [...rest.truncated, ...cut],
    attachments: rest.attachments,
    autoReply: bounce !== undefined || isAutomatic(about),
    bounce,
    calendar: read?.calendar,
  };
}

// Exchange Online sends one mail to 1,000 at most, and each of them is told with what a server says of it.
const mostBounced = 500;

let loading: Promise<typeof import('postal-mime')> | undefined;

/** Loaded at the first mail; a dynamic import costs as much as parsing a small header, so it is not repeated. */
const loadPostalMime = () => {
  loading ??= import('postal-mime');
  return loading;
};

/**
 * postal-mime on bytes of our own; undefined where it gives up. Messages inside the message stay closed: they are files.
 * @param bare parse the headers only
 */
async function parse(bytes: Uint8Array, bare = false): Promise<Email | undefined> {
  const { default: PostalMime } = await loadPostalMime();
  const input = bare ? Buffer.concat([bytes, Buffer.from('\r\n\r\n')]) : bytes;
  try {
    // What came in is within the cap, so its headers need no limit of their own.
    return await PostalMime.parse(input, { forceRfc822Attachments: true, maxHeadersSize: input.length + 1 });
  } catch {
    // The caller falls back to less and names in `truncated` what is missing.
    return undefined;
  }
}

/** The text of a mail; where it brings HTML alone, that as text. */
async function textOf(email: Email): Promise<string> {
  if (email.text !== undefined || email.html === undefined) return email.text ?? '';
  // postal-mime turns HTML into text where another part of the message is plain, so it is given one.
  const boundary = 'nmb-text';
  const html = Buffer.from(closedLinks(withoutStyles(email.html)))
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n');
  const message = [
    `Content-Type: multipart/mixed; boundary=${boundary}`,
    '',
    `--${boundary}`,
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    html,
    `--${boundary}`,
    'Content-Type: text/plain',
    '',
    '',
    `--${boundary}--`,
  ];
  return (await parse(Buffer.from(message.join('\r\n'))))?.text?.trim() ?? '';
}

/** The charset of the text, in which 8-bit headers of the same mail were probably written. */
function charsetOf(leaves: readonly Leaf[]): string | undefined {
  return leaves.find((leaf) => leaf.what === 'text' || leaf.what === 'html')?.parameters.charset;
}

function withReadableHeaders(source: Uint8Array, charset: string | undefined): Uint8Array {
  const end = headerEnd(source) ?? source.length;
  const block = source.subarray(0, end);
  const readable = headersAsUtf8(block, charset);
  return readable === block ? source : Buffer.concat([readable, source.subarray(end)]);
}

/** A text that was cut inside a character ends in a mark for it, which is not the sender's. */
const wholeCharacters = (text: string): string => text.replace(/\uFFFD{1,3}\s*$/, '');
