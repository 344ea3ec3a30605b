import type { MessageStructureObject } from 'imapflow';
import type { Attachment } from '../domain/message.ts';

/** One part of a message without parts of its own; a message inside a message counts as one. */
export interface Leaf {
  /** IMAP part number. The only part of a message that is not multipart is `1`. */
  readonly part: string;
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly encoding: string;
  /** Encoded bytes, as the server states them. */
  readonly size: number;
  readonly disposition: string;
  readonly filename: string | undefined;
  readonly contentId: string | undefined;
  readonly inRelated: boolean;
  /** Of a mail within the mail: what its headers tell of it. */
  readonly returned: { readonly messageId: string | undefined; readonly to: readonly string[] } | undefined;
  readonly what: 'text' | 'html' | 'calendar' | 'report' | 'file';
}

/** A message with more parts than this is told as far as this: nobody wrote it by hand. */
const mostLeaves = 500;

/** The parts of a message in order, and whether some were left out. */
export function leavesOf(root: MessageStructureObject): { readonly leaves: readonly Leaf[]; readonly cut: boolean } {
  const leaves: Leaf[] = [];
  let cut = false;
  const walk = (node: MessageStructureObject, inRelated: boolean, inReport: boolean): void => {
    if (!isMultipart(node)) {
      if (leaves.length < mostLeaves) leaves.push(leaf(node, inRelated, inReport));
      else cut = true;
      return;
    }
    for (const child of node.childNodes ?? []) {
      walk(child, inRelated || node.type === 'multipart/related', inReport || node.type === 'multipart/report');
    }
  };
  walk(root, false, false);
  return { leaves, cut };
}

/**
 * True if the parser makes text of HTML by itself: where there is a text, and an HTML part has none beside it within
 * the nearest multipart/alternative.
 */
export function mixesTexts(root: MessageStructureObject): boolean {
  const found = new Map<MessageStructureObject, Set<Leaf['what']>>();
  const walk = (node: MessageStructureObject, alternative: MessageStructureObject | undefined): void => {
    if (isMultipart(node)) {
      const within = node.type === 'multipart/alternative' ? node : alternative;
      for (const child of node.childNodes ?? []) walk(child, within);
      return;
    }
    const key = alternative ?? node;
    found.set(key, (found.get(key) ?? new Set()).add(purpose(node.type, node.disposition ?? '', false)));
  };
  walk(root, undefined);
  const sets = [...found.values()];
  return sets.some((kinds) => kinds.has('text')) && sets.some((kinds) => kinds.has('html') && !kinds.has('text'));
}

/** Servers tell us-ascii for a part that names no charset (RFC 2045 section 5.2), so both say as little. */
export const hasNoCharset = (parameters: Leaf['parameters']): boolean =>
  ['', 'us-ascii', 'ascii', undefined].includes(parameters.charset?.trim().toLowerCase());

/** imapflow hangs the structure of a message/rfc822 under it as a child too; only a multipart has parts in our sense. */
export const isMultipart = (node: MessageStructureObject): boolean => node.type.startsWith('multipart/');

function leaf(node: MessageStructureObject, inRelated: boolean, inReport: boolean): Leaf {
  const parameters = node.parameters ?? {};
  const disposition = node.disposition ?? '';
  const filename = node.dispositionParameters?.filename ?? parameters.name;
  return {
    part: node.part ?? '1',
    type: node.type,
    parameters,
    encoding: node.encoding ?? '7bit',
    size: node.size ?? 0,
    disposition,
    filename: filename === undefined || filename.trim() === '' ? undefined : filename,
    contentId: node.id === undefined ? undefined : bare(node.id),
    inRelated,
    returned: isMail(node.type) ? returned(node) : undefined,
    what: purpose(node.type, disposition, inReport),
  };
}

const returned = ({ envelope }: MessageStructureObject): Leaf['returned'] => ({
  messageId: envelope?.messageId,
  to: (envelope?.to ?? []).map(({ address }) => address ?? '').filter((address) => address !== ''),
});

const isMail = (type: string): boolean => ['message/rfc822', 'message/global'].includes(type);

/** The second of each pair is the form for addresses beyond ASCII (RFC 6533). */
export const isDeliveryStatus = (type: string): boolean =>
  ['message/delivery-status', 'message/global-delivery-status'].includes(type);

export const isReturnedMail = (type: string): boolean => isMail(type) || isReturnedHeaders(type);

const isReturnedHeaders = (type: string): boolean => ['text/rfc822-headers', 'message/global-headers'].includes(type);

function purpose(type: string, disposition: string, inReport: boolean): Leaf['what'] {
  if (type === 'text/calendar' || type === 'application/ics') return 'calendar';
  if (isDeliveryStatus(type)) return 'report';
  if (isReturnedHeaders(type) || (inReport && isReturnedMail(type))) return 'report';
  if (disposition === 'attachment') return 'file';
  if (type === 'text/plain') return 'text';
  return type === 'text/html' ? 'html' : 'file';
}

/**
 * The parts that are files to a person. The text of the mail is none, unless it has a name of its own (Apple Mail shows
 * a text file in the text); nor is a nameless invitation, which is told as `calendar`.
 */
export function attachmentsOf(leaves: readonly Leaf[]): Attachment[] {
  return leaves
    .filter(
      (each) =>
        each.what === 'file' ||
        each.what === 'report' ||
        each.filename !== undefined ||
        each.disposition === 'attachment',
    )
    .map((each) => ({
      part: each.part,
      filename: safeName(each.filename) ?? `part-${each.part}${extensions[each.type] ?? ''}`,
      contentType: each.type,
      size: each.size,
      inline:
        each.disposition === 'inline' ||
        (each.inRelated && each.contentId !== undefined && each.disposition !== 'attachment'),
      ...(each.contentId === undefined ? {} : { contentId: each.contentId }),
    }));
}

const extensions: Readonly<Record<string, string>> = {
  'application/ics': '.ics',
  'application/ms-tnef': '.dat',
  'application/pdf': '.pdf',
  'image/gif': '.gif',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'message/delivery-status': '.txt',
  'message/global': '.eml',
  'message/global-delivery-status': '.txt',
  'message/rfc822': '.eml',
  'text/calendar': '.ics',
  'text/html': '.html',
  'text/plain': '.txt',
  'text/rfc822-headers': '.txt',
};

/** A name to save under: no path, no control or direction marks, at most 200 characters with its ending kept. */
function safeName(name: string | undefined): string | undefined {
  const clean = (name ?? '')
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .replace(/[\\/]/g, '_')
    .trim();
  if (clean === '' || /^\.+$/.test(clean)) return undefined;
  if (clean.length <= longestName) return clean;
  const ending = /\.[^.]{1,10}$/.exec(clean)?.[0] ?? '';
  return clean.slice(0, longestName - ending.length).toWellFormed() + ending;
}

const longestName = 200;

/** A Content-ID without its angle brackets. */
export const bare = (id: string): string => id.trim().replace(/^<|>$/g, '');
