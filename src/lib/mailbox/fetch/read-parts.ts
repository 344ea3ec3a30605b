import type { FetchMessageObject, MessageStructureObject } from 'imapflow';
import { submissionHeader } from '../../domain/submission.ts';
import type { ReadParts } from '../message/parse-message.ts';
import { type CutPart, cutParts } from '../mime/cut-parts.ts';
import type { PartHeaders } from '../mime/part-names.ts';
import { headerEnd, rawHeaders } from '../mime/raw-headers.ts';
import { isMultipart, type Leaf, leavesOf } from '../mime/structure.ts';
import type { FetchVerb } from '../session/fetch-verb.ts';
import type { ReadCaps } from '../session/session.ts';
import { refusedHere } from './fetch-meta.ts';

/** Asks for something of one message; undefined where it is not answered. */
export type Ask = (query: Parameters<FetchVerb>[1]) => Promise<FetchMessageObject | undefined>;

export const asksFor =
  (fetch: FetchVerb, uid: number): Ask =>
  async (query) => {
    const answer = await fetch(String(uid), { uid: true, ...query }).catch(refusedHere);
    return answer?.messages.find((message) => message.uid === uid && hasContent(message));
  };

/** A flag change that another client makes at this moment comes as an answer of its own, without what was asked. */
const hasContent = (message: FetchMessageObject): boolean =>
  message.source !== undefined ||
  message.headers !== undefined ||
  message.bodyParts !== undefined ||
  message.bodyStructure !== undefined;

export interface Read {
  readonly parts: ReadParts;
  /** What is missing of it. */
  readonly truncated: readonly string[];
}

// Exchange itself refuses headers beyond 256 KB.
export const headerBytes = 256 * 1024;
const mostTextParts = 50;
// Of two it is not known for whom of them it came back.
const mostReturnedTo = 2;
// The headers of a part, for the name of a file.
const partHeaderBytes = 16 * 1024;
// A line break or two is no text.
const blankBytes = 4;

/** The leaves that are read, in their order; files stay in the mailbox. */
export function readableLeaves(structure: MessageStructureObject): {
  readonly leaves: readonly Leaf[];
  readonly all: boolean;
} {
  const leaves = leavesOf(structure).leaves.filter((leaf) => leaf.what !== 'file');
  return { leaves: leaves.slice(0, mostTextParts), all: leaves.length <= mostTextParts };
}

/**
 * The parts of a message that was fetched whole.
 * @returns undefined where they are better asked for: the source is not as the server says, or has no text where it sees some
 */
export function partsOfWhole(structure: MessageStructureObject, source: Uint8Array): Read | undefined {
  const cut = cutParts(source, structure);
  if (cut === undefined) return undefined;
  const { leaves, all } = readableLeaves(structure);
  const returned = leavesOf(structure).leaves.filter((leaf) => leaf.returned !== undefined && !leaves.includes(leaf));
  const found = [...leaves, ...returned].map((leaf) => [leaf, cut.get(leaf.part)] as const);
  if (found.some(([leaf, part]) => leaf.size > blankBytes && (part?.body.length ?? 0) === 0)) return undefined;
  const parts = {
    structure,
    headers: source.subarray(0, headerEnd(source) ?? source.length),
    contents: new Map(found.flatMap(([{ part }, piece]) => (piece === undefined ? [] : [[part, piece.body] as const]))),
    partHeaders: async (wanted: readonly string[]) =>
      new Map(wanted.flatMap((part) => headersIn(cut.get(part)).map((headers) => [part, headers] as const))),
  };
  return { parts, truncated: all ? [] : ['structure'] };
}

const headersIn = (part: CutPart | undefined): Uint8Array[] =>
  part === undefined ? [] : [part.headers.subarray(0, partHeaderBytes)];

/** Reads the parts of a message one by one, but for files, as far as the cap allows. */
export async function readParts(
  ask: Ask,
  caps: ReadCaps,
  structure: MessageStructureObject,
  first: FetchMessageObject,
): Promise<Read> {
  const truncated = new Set<string>();
  let headers = headersOf(first);
  if (headers === undefined) {
    const answer = await ask({ bodyParts: [{ key: 'HEADER', maxLength: headerBytes }] });
    headers = answer === undefined ? undefined : headersOf(answer);
  }
  if (headers === undefined || headers.cut) truncated.add('headers');

  const contents = new Map<string, Uint8Array>();
  const { leaves: wanted, all } = readableLeaves(structure);
  if (!all) truncated.add('structure');
  // Of a returned mail only its id, its recipients and our header are reported; the structure has all but the last.
  for (const { part, returned } of leavesOf(structure).leaves) {
    if (returned === undefined) continue;
    const to = returned.to.slice(0, mostReturnedTo).join(', ');
    const mark = structure.type === 'multipart/report' ? await markOf(ask, part) : '';
    contents.set(part, Buffer.from(`Message-ID: ${returned.messageId ?? ''}\r\nTo: ${to}\r\n${mark}\r\n`));
  }
  // Plain text before HTML: where the cap does not hold both, the one that is safe to show is there.
  const order = ['report', 'calendar', 'text', 'html'];
  const leaves = wanted
    .filter((leaf) => !contents.has(leaf.part))
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
      contents.set(leaf.part, bytes.subarray(0, left));
      left -= Math.min(left, bytes.length);
    }
  }
  const block = headers?.block ?? new Uint8Array();
  const partHeaders = headersOfParts(ask, structure);
  return { parts: { structure, headers: block, contents, partHeaders }, truncated: [...truncated] };
}

/** Our header in a mail that came back, as a line; empty if there is none. */
async function markOf(ask: Ask, part: string): Promise<string> {
  const answer = await ask({ bodyParts: [{ key: `${part}.HEADER`, maxLength: headerBytes }] });
  const block = answer?.bodyParts?.get(`${part}.header`);
  const mark = Buffer.isBuffer(block) ? rawHeaders(block).get(submissionHeader.toLowerCase()) : undefined;
  return mark === undefined ? '' : `${submissionHeader}: ${mark}\r\n`;
}

/** Asks for the headers of parts. The only part of a message that is not multipart has those of the message. */
export const headersOfParts =
  (ask: Ask, structure: MessageStructureObject): PartHeaders =>
  async (parts) => {
    const section = (part: string): string => (isMultipart(structure) ? `${part}.MIME` : 'HEADER');
    const answer = await ask({ bodyParts: parts.map((part) => ({ key: section(part), maxLength: partHeaderBytes })) });
    return new Map(
      parts.flatMap((part) => {
        const bytes = isMultipart(structure) ? answer?.bodyParts?.get(`${part}.mime`) : answer?.headers;
        return Buffer.isBuffer(bytes) ? [[part, bytes] as const] : [];
      }),
    );
  };

/** The header block, and whether its end was not reached. */
function headersOf(message: FetchMessageObject): { readonly block: Uint8Array; readonly cut: boolean } | undefined {
  if (message.headers !== undefined) return { block: message.headers, cut: message.headers.length >= headerBytes };
  const end = message.source === undefined ? undefined : headerEnd(message.source);
  return end === undefined ? undefined : { block: message.source?.subarray(0, end) ?? new Uint8Array(), cut: false };
}

/**
 * Parts that are asked for in one command. Their stated sizes decide, so that one answer cannot bring many times the
 * cap: a part that may fill the rest alone is fetched alone.
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
