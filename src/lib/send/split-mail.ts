/** A file of a message, decoded. */
export interface MailFile {
  readonly name: string;
  readonly contentType: string;
  /** Shown within the text, by its Content-ID. */
  readonly isInline: boolean;
  /** Without angle brackets. */
  readonly contentId: string | undefined;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** A message without its files, and the files as parts of MIME. */
export interface SplitMail {
  readonly mail: Buffer<ArrayBuffer>;
  readonly parts: readonly Buffer<ArrayBuffer>[];
}

const blankLine = Buffer.from('\r\n\r\n');
const emptyText = Buffer.from('Content-Type: text/plain; charset=utf-8\r\n\r\n');

/**
 * Takes the files out of a message that nodemailer composed: every part with a Content-Disposition (RFC 2183). What is left
 * has the same header and the same text. Pure.
 * @param raw with CRLF line ends
 */
export function splitMail(raw: Buffer<ArrayBuffer>): SplitMail {
  const parts: Buffer<ArrayBuffer>[] = [];
  const { head, body } = entity(raw);
  if (field(head, 'Content-Disposition') !== undefined) {
    // A file and no text: the header of the message is that of its one part.
    parts.push(Buffer.concat([Buffer.from(head.filter(isOfContent).join('\r\n'), 'latin1'), blankLine, body]));
    const own = head.filter((each) => !isOfContent(each));
    return { mail: Buffer.concat([Buffer.from(`${own.join('\r\n')}\r\n`, 'latin1'), emptyText]), parts };
  }
  return { mail: without(raw, parts) ?? raw, parts };
}

/** An entity without the files in it; undefined if it is one itself. */
function without(raw: Buffer<ArrayBuffer>, parts: Buffer<ArrayBuffer>[]): Buffer<ArrayBuffer> | undefined {
  const { head, body } = entity(raw);
  if (field(head, 'Content-Disposition') !== undefined) {
    parts.push(raw);
    return undefined;
  }
  const type = field(head, 'Content-Type') ?? '';
  const boundary = /^multipart\//i.test(type) ? /;\s*boundary="?([^";]+)"?/i.exec(type)?.[1] : undefined;
  if (boundary === undefined) return raw;
  const kept = partsOf(body, boundary).flatMap((part) => without(part, parts) ?? []);
  const children = kept.length > 0 ? kept : [emptyText];
  const delimiter = Buffer.from(`--${boundary}\r\n`, 'latin1');
  return Buffer.concat([
    Buffer.from(head.join('\r\n'), 'latin1'),
    blankLine,
    ...children.flatMap((child) => [delimiter, child, Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`, 'latin1'),
  ]);
}

/** RFC 2046 section 5.1.1: the line end before a delimiter belongs to it. */
function partsOf(body: Buffer<ArrayBuffer>, boundary: string): Buffer<ArrayBuffer>[] {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  const parts: Buffer<ArrayBuffer>[] = [];
  let start: number | undefined;
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + delimiter.length)) {
    const isAtLineStart = at === 0 || body.subarray(at - 2, at).toString('latin1') === '\r\n';
    if (!isAtLineStart) continue;
    if (start !== undefined) parts.push(body.subarray(start, Math.max(start, at - 2)));
    start = body.indexOf('\r\n', at) + 2;
    if (body.subarray(at + delimiter.length, at + delimiter.length + 2).toString('latin1') === '--') break;
  }
  return parts;
}

/** Header fields, unfolded no further than they are written, and the body. */
function entity(raw: Buffer<ArrayBuffer>): { readonly head: readonly string[]; readonly body: Buffer<ArrayBuffer> } {
  const end = raw.indexOf(blankLine);
  const stop = end < 0 ? raw.length : end;
  return {
    head: raw
      .subarray(0, stop)
      .toString('latin1')
      .split(/\r\n(?![ \t])/),
    body: raw.subarray(Math.min(raw.length, stop + blankLine.length)),
  };
}

const isOfContent = (each: string): boolean => /^content-/i.test(each);

const field = (head: readonly string[], name: string): string | undefined => {
  const prefix = `${name.toLowerCase()}:`;
  const found = head.find((each) => each.toLowerCase().startsWith(prefix));
  return found?.slice(prefix.length).replace(/\r\n/g, '').trim();
};

let loading: Promise<typeof import('postal-mime')> | undefined;

/** Decodes one part that was taken out. */
export async function readFile(part: Buffer<ArrayBuffer>): Promise<MailFile> {
  const { head, body } = entity(part);
  const content = decoded(field(head, 'Content-Transfer-Encoding') ?? '', body);
  loading ??= import('postal-mime');
  const { default: PostalMime } = await loading;
  const { attachments } = await PostalMime.parse(content === undefined ? part : `${head.join('\r\n')}\r\n\r\n`, {
    attachmentEncoding: 'arraybuffer',
    forceRfc822Attachments: true,
  });
  const [file] = attachments;
  if (file === undefined || typeof file.content === 'string') throw new Error('The part of a message is no file.');
  return {
    name: file.filename ?? (file.mimeType === 'message/rfc822' ? 'message.eml' : 'file'),
    contentType: file.mimeType,
    isInline: file.disposition === 'inline' && file.contentId !== undefined,
    contentId: file.contentId?.replace(/^<|>$/g, ''),
    content: content ?? new Uint8Array(file.content),
  };
}

/** nodemailer writes files in base64, and messages as they are; postal-mime would change the line ends of these. */
function decoded(encoding: string, body: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> | undefined {
  if (/^base64$/i.test(encoding)) return Buffer.from(body.toString('latin1'), 'base64');
  return /^(|7bit|8bit|binary)$/i.test(encoding) ? body : undefined;
}
