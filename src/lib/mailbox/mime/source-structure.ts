import type { MessageStructureObject } from 'imapflow';
import { piecesBetween } from './cut-parts.ts';
import { partless } from './partless.ts';
import { headerEnd, rawHeaders } from './raw-headers.ts';
import { isMultipart, mostLeaves } from './structure.ts';

/** A message as its own bytes describe it. */
export interface SourceStructure {
  /** In the form of a server's; it has no envelopes and no names of files. */
  readonly structure: MessageStructureObject;
  readonly headers: Uint8Array;
  /** Parts by their numbers, still encoded. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** False where parts lie deeper than is looked, or there are more of them. */
  readonly whole: boolean;
}

// Mail programs nest five deep. Each level is searched again.
const deepest = 30;

/**
 * The parts of a message (RFC 2046 section 5.1) of which no server tells the structure. Takes time in proportion to the
 * length of the source.
 */
export function structureOfSource(source: Uint8Array): SourceStructure {
  const contents = new Map<string, Uint8Array>();
  let whole = true;

  const walk = (bytes: Buffer, number: string, depth: number, otherwise: string): MessageStructureObject => {
    const end = headerEnd(bytes) ?? bytes.length;
    const [block, body] = [bytes.subarray(0, end), bytes.subarray(end)];
    const node = described(block, otherwise);
    if (!isMultipart(node)) return leaf(node, number, body);

    const room = mostLeaves - contents.size;
    if (depth === deepest || room <= 0) {
      whole = false;
      return { ...node, childNodes: [] };
    }
    const pieces = piecesBetween(body, boundaryOf(node), room) ?? [];
    if (pieces.length === 0) {
      const found = partless(node, block, body);
      if (found?.kind === 'multipart') return walk(Buffer.from(found.source), number, depth + 1, otherwise);
      return leaf({ ...node, type: 'text/plain' }, number, found === undefined ? nothing : body);
    }
    if (pieces.length > room) whole = false;
    const inner = node.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
    const childNodes = pieces
      .slice(0, room)
      .map((piece, index) => walk(piece, number === '' ? `${index + 1}` : `${number}.${index + 1}`, depth + 1, inner));
    return { ...node, ...(number === '' ? {} : { part: number }), childNodes };
  };

  const leaf = (node: MessageStructureObject, number: string, body: Buffer): MessageStructureObject => {
    const part = number === '' ? '1' : number;
    contents.set(part, body);
    return { ...node, part, size: body.length };
  };

  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const structure = walk(bytes, '', 0, 'text/plain');
  return { structure, headers: bytes.subarray(0, headerEnd(bytes) ?? bytes.length), contents, whole };
}

const nothing = Buffer.alloc(0);

/** As characters: the headers were read byte by byte. */
const boundaryOf = ({ parameters }: MessageStructureObject): string =>
  Buffer.from(parameters?.boundary ?? '', 'latin1').toString();

/** What the headers of a part say of it. */
function described(block: Uint8Array, otherwise: string): MessageStructureObject {
  const headers = rawHeaders(block);
  const type = fieldOf(headers.get('content-type') ?? '');
  const disposition = fieldOf(headers.get('content-disposition') ?? '');
  const id = headers.get('content-id');
  const location = headers.get('content-location');
  return {
    type: /^[^\s/]+\/[^\s/]+$/.test(type.value) ? type.value : otherwise,
    parameters: type.parameters,
    encoding: (headers.get('content-transfer-encoding') ?? '7bit').replace(comment, '').trim().toLowerCase(),
    ...(disposition.value === '' ? {} : { disposition: disposition.value }),
    dispositionParameters: disposition.parameters,
    ...(id === undefined ? {} : { id: id.trim() }),
    ...(location === undefined ? {} : { location: location.replace(/\s+/g, '') }),
  };
}

const comment = /\([^()]{0,200}\)/g;
const longestField = 8_000;

/** A value with its parameters (RFC 2045 section 5.1); what RFC 2231 section 3 splits is put together. */
function fieldOf(header: string): { readonly value: string; readonly parameters: Record<string, string> } {
  const text = header.slice(0, longestField).replace(/\r?\n/g, '');
  const value = /^[^;]*/.exec(text)?.[0] ?? '';
  const parameters = new Map<string, string>();
  for (const match of text.matchAll(/;\s*([^\s=;*]+)(?:\*\d*)?\*?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))/g)) {
    const [, name = '', quoted, bare = ''] = match;
    const part = quoted?.replace(/\\(.)/g, '$1') ?? bare.replace(comment, '').trim();
    const key = name.toLowerCase();
    const isContinued = /\*[1-9]\d*\*?\s*=/.test(match[0].slice(0, match[0].indexOf('=') + 1));
    if (isContinued) parameters.set(key, (parameters.get(key) ?? '') + part);
    else if (!parameters.has(key)) parameters.set(key, part);
  }
  return { value: value.replace(comment, '').trim().toLowerCase(), parameters: Object.fromEntries(parameters) };
}
