import { Readable } from 'node:stream';
import type { MailComposerAttachment, MailComposerOptions } from 'nodemailer/lib/mail-composer';
import type { Address } from '../domain/mail/message.ts';
import type { ThreadFields } from './thread.ts';

/** A file of a message, opened when its turn comes. */
export interface MimeFile {
  readonly filename: string;
  /** `type/subtype`. */
  readonly contentType: string;
  /** Of an image that the HTML shows; without brackets. */
  readonly contentId?: string | undefined;
  /** Read once. */
  open(): AsyncIterable<Uint8Array>;
}

/** All that a message holds: texts without control characters, addresses as they go over the wire. */
export interface MimeParts extends ThreadFields {
  readonly from: Address;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly replyTo: readonly Address[];
  readonly subject: string;
  /** With angle brackets. */
  readonly messageId: string;
  readonly text: string;
  readonly html: string | undefined;
  readonly priority: 'high' | 'normal' | 'low';
  readonly listUnsubscribe?:
    | { readonly url?: string | undefined; readonly mailto?: Address | undefined; readonly oneClick: boolean }
    | undefined;
  readonly files: readonly MimeFile[];
  /** A calendar file that the text is another form of (RFC 6047 section 2.4). */
  readonly calendar?: { readonly method: string; readonly content: string } | undefined;
}

/** As Outlook writes them. */
const priorities: Readonly<Record<MimeParts['priority'], Readonly<Record<string, string>>>> = {
  high: { 'X-Priority': '1 (Highest)', Importance: 'high' },
  normal: {},
  low: { 'X-Priority': '5 (Lowest)', Importance: 'low' },
};

/**
 * The MIME message with CRLF line ends, without Date and Bcc. nodemailer is given strings, bytes and our own streams
 * alone: an object in their place could have it read files and URLs, which both are switched off besides.
 * Loads nodemailer's composer at the first message.
 */
export async function buildMime(parts: MimeParts): Promise<AsyncIterable<Uint8Array>> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  return new MailComposer(composerOptions(parts)).compile().createReadStream();
}

// nodemailer writes the present time where there is no Date, and leaves out a header that is blank.
const noDate = ' ';

/** Pure: one field of nodemailer for each of ours, named one by one. */
function composerOptions(parts: MimeParts): MailComposerOptions {
  return {
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'windows',
    date: noDate,
    from: mutable([parts.from]),
    to: mutable(parts.to),
    cc: mutable(parts.cc),
    replyTo: mutable(parts.replyTo),
    subject: parts.subject,
    messageId: parts.messageId,
    ...(parts.inReplyTo === undefined ? {} : { inReplyTo: parts.inReplyTo }),
    references: [...parts.references],
    text: parts.text,
    ...(parts.html === undefined ? {} : { html: parts.html }),
    ...(parts.calendar === undefined ? {} : { alternatives: [calendarPart(parts.calendar)] }),
    attachments: parts.files.map((file) => attachmentOf(file, parts.html !== undefined)),
    headers: { ...priorities[parts.priority], ...unsubscribeHeaders(parts.listUnsubscribe) },
  };
}

/** As a string: an object in its place could name a file. */
const calendarPart = ({ method, content }: { readonly method: string; readonly content: string }) => ({
  contentType: `text/calendar; charset=utf-8; method=${method}`,
  contentTransferEncoding: 'base64' as const,
  content,
});

/** nodemailer writes into the lists that it is given. */
const mutable = (list: readonly Address[]) => list.map(({ name, address }) => ({ name, address }));

function attachmentOf({ filename, contentType, contentId, open }: MimeFile, hasHtml: boolean): MailComposerAttachment {
  const isInline = contentId !== undefined && hasHtml;
  return {
    filename,
    // A `message/rfc822` goes unencoded (RFC 2046 section 5.2.1), which breaks those with long lines or bytes beyond
    // ASCII, and a `multipart` would be parsed as parts of this message.
    contentType: /^(message|multipart)\//.test(contentType) ? 'application/octet-stream' : contentType,
    contentDisposition: isInline ? 'inline' : 'attachment',
    contentTransferEncoding: 'base64',
    ...(isInline ? { cid: contentId } : {}),
    content: Readable.from(open(), { objectMode: false }),
  };
}

/** RFC 2369 section 3.2 and RFC 8058 section 3.1. */
function unsubscribeHeaders(unsubscribe: MimeParts['listUnsubscribe']): Readonly<Record<string, string>> {
  if (unsubscribe === undefined) return {};
  const { url, mailto, oneClick } = unsubscribe;
  const ways = [url, mailto && `mailto:${encodeURIComponent(mailto.address).replaceAll('%40', '@')}`];
  return {
    'List-Unsubscribe': ways
      .filter((way) => way !== undefined)
      .map((way) => `<${way}>`)
      .join(', '),
    ...(oneClick ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
  };
}

/** `Bcc: …`, encoded and folded, with its CRLF; undefined without recipients. */
export async function bccHeader(bcc: readonly Address[]): Promise<string | undefined> {
  if (bcc.length === 0) return undefined;
  const [{ default: MimeNode }, { foldLines }] = await Promise.all([
    import('nodemailer/lib/mime-node'),
    import('nodemailer/lib/mime-funcs'),
  ]);
  return `${foldLines(`Bcc: ${MimeNode.encodeHeaderValue('Bcc', mutable(bcc))}`, 76)}\r\n`;
}
