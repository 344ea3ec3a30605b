import type { MessageStructureObject } from 'imapflow';
import { headerEnd } from './raw-headers.ts';
import { isMultipart } from './structure.ts';

/** A part as it lies in the message. */
export interface CutPart {
  readonly headers: Uint8Array;
  /** Still encoded, as a fetch of the part would answer it. */
  readonly body: Uint8Array;
}

/**
 * The parts of a whole message by number, cut where the server saw them, so that the message is not parsed a second
 * time, perhaps differently.
 * @returns undefined where the bytes do not match the structure, so that the parts have to be fetched
 */
export function cutParts(source: Uint8Array, structure: MessageStructureObject): Map<string, CutPart> | undefined {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const parts = new Map<string, CutPart>();
  const cut = (whole: Buffer, node: MessageStructureObject): boolean => {
    const end = headerEnd(whole) ?? whole.length;
    const [headers, body] = [whole.subarray(0, end), whole.subarray(end)];
    if (!isMultipart(node)) {
      parts.set(node.part ?? '1', { headers, body });
      return true;
    }
    const children = node.childNodes ?? [];
    const pieces = piecesBetween(body, node.parameters?.boundary ?? '', children.length);
    return (
      pieces?.length === children.length &&
      children.every((child, index) => {
        const piece = pieces[index];
        return piece !== undefined && cut(piece, child);
      })
    );
  };
  return cut(bytes, structure) ? parts : undefined;
}

/**
 * What stands between the delimiter lines (RFC 2046 section 5.1.1). The line break in front of a delimiter belongs to it.
 * @param most where there are more than so many, one more than that is answered
 */
export function piecesBetween(body: Buffer, boundary: string, most: number): Buffer[] | undefined {
  const delimiter = Buffer.from(`--${boundary}`);
  const pieces: Buffer[] = [];
  let start: number | undefined;
  for (let at = body.indexOf(delimiter); at >= 0 && pieces.length <= most; at = body.indexOf(delimiter, at + 1)) {
    if (at > 0 && body[at - 1] !== lineFeed) continue;
    const line = endOfDelimiter(body, at + delimiter.length);
    if (line === undefined) continue;
    if (start !== undefined) pieces.push(body.subarray(start, Math.max(start, withoutBreak(body, at))));
    if (line.isLast) return pieces;
    start = line.end;
  }
  if (start === undefined) return undefined;
  // The last delimiter is missing: the part ends with the message.
  pieces.push(body.subarray(start));
  return pieces;
}

const [tab, lineFeed, carriageReturn, space, dash] = [9, 10, 13, 32, 45];

/** Where the line after a delimiter begins; undefined if it is none, since more follows on its line. */
function endOfDelimiter(body: Buffer, from: number): { readonly end: number; readonly isLast: boolean } | undefined {
  const isLast = body[from] === dash && body[from + 1] === dash;
  let at = isLast ? from + 2 : from;
  while (body[at] === space || body[at] === tab || body[at] === carriageReturn) at += 1;
  return at >= body.length || body[at] === lineFeed ? { end: Math.min(at + 1, body.length), isLast } : undefined;
}

function withoutBreak(body: Buffer, at: number): number {
  const end = body[at - 1] === lineFeed ? at - 1 : at;
  return end > 0 && end < at && body[end - 1] === carriageReturn ? end - 1 : end;
}
