import type { MessageStructureObject } from 'imapflow';

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
  /** The outermost multipart/alternative around it: what is in it is one text in several forms. */
  readonly alternative: MessageStructureObject | undefined;
  /** Of a mail within the mail: what its headers say. */
  readonly returned: { readonly messageId: string | undefined; readonly to: readonly string[] } | undefined;
  /** Content-Location (RFC 2557). */
  readonly location: string | undefined;
  /** The type of the multipart that it is a part of; empty for the only part of a message. */
  readonly parent: string;
  /** Its number there, from 0. */
  readonly index: number;
  /** Subject of a mail within the mail. */
  readonly subject: string | undefined;
  readonly what: 'text' | 'html' | 'calendar' | 'report' | 'file';
}

/** Parts beyond this number are ignored: no person wrote such a message. */
export const mostLeaves = 500;

/** The parts of a message in order, and whether some were left out. */
export function leavesOf(root: MessageStructureObject): { readonly leaves: readonly Leaf[]; readonly cut: boolean } {
  const leaves: Leaf[] = [];
  let cut = false;
  const walk = (node: MessageStructureObject, place: Place): void => {
    if (!isMultipart(node)) {
      if (leaves.length < mostLeaves) leaves.push(leaf(node, place));
      else cut = true;
      return;
    }
    const inRelated = place.inRelated || node.type === 'multipart/related';
    const inReport = place.inReport || node.type === 'multipart/report';
    const alternative = place.alternative ?? (node.type === 'multipart/alternative' ? node : undefined);
    for (const [index, child] of (node.childNodes ?? []).entries()) {
      walk(child, { inRelated, inReport, alternative, parent: node.type, index });
    }
  };
  walk(root, { inRelated: false, inReport: false, alternative: undefined, parent: '', index: 0 });
  return { leaves, cut };
}

/** imapflow hangs the structure of a message/rfc822 under it as a child too; only a multipart has parts in our sense. */
export const isMultipart = (node: MessageStructureObject): boolean => node.type.startsWith('multipart/');

interface Place extends Pick<Leaf, 'inRelated' | 'alternative' | 'parent' | 'index'> {
  readonly inReport: boolean;
}

function leaf(node: MessageStructureObject, { inReport, ...place }: Place): Leaf {
  const parameters = node.parameters ?? {};
  const disposition = node.disposition ?? '';
  const named = node.dispositionParameters?.filename ?? parameters.name;
  const filename = named === undefined || named.trim() === '' ? undefined : named;
  const type = typeOf(node.type, filename !== undefined || disposition === 'attachment');
  return {
    part: node.part ?? '1',
    type,
    parameters,
    encoding: node.encoding ?? '7bit',
    size: node.size ?? 0,
    disposition,
    filename,
    contentId: node.id === undefined ? undefined : bare(node.id),
    ...place,
    location: node.location,
    subject: node.envelope?.subject,
    returned: isMail(type) ? returned(node) : undefined,
    what: purpose(type, disposition, inReport),
  };
}

/** What is no type (`text`, `/`, nothing) is text (RFC 2045 section 5.2), or as a file just bytes. */
function typeOf(type: string, isFile: boolean): string {
  if (/^[^\s/]+\/[^\s/]+$/.test(type)) return type;
  return isFile ? 'application/octet-stream' : 'text/plain';
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

/** A Content-ID without its angle brackets. */
export const bare = (id: string): string => id.trim().replace(/^<|>$/g, '');
