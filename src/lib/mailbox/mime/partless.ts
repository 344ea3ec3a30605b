import type { MessageStructureObject } from 'imapflow';
import { rawHeaders } from './raw-headers.ts';
import { isMultipart, leavesOf } from './structure.ts';

/** True for a multipart in which the server finds nothing: it names no boundary, or one that never comes. */
export const isPartless = (structure: MessageStructureObject): boolean =>
  isMultipart(structure) && leavesOf(structure).leaves.every(({ size }) => size === 0);

/** What a multipart without parts is to be read as. */
export type Partless =
  | { readonly kind: 'text'; readonly structure: MessageStructureObject }
  /** Its boundary was found; this is the message with it. */
  | { readonly kind: 'multipart'; readonly source: Uint8Array };

/**
 * What stands in such a message is its text; unless it has delimiters after all, and only its header does not name them.
 * @returns undefined if it is as empty as the server says
 */
export function partless(
  structure: MessageStructureObject,
  headers: Uint8Array,
  body: Uint8Array,
): Partless | undefined {
  const { boundary, charset } = structure.parameters ?? {};
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const delimiter = /^--([^\r\n]{1,100}?)(--)?[ \t]*\r?$/m.exec(text);
  if (delimiter !== null && boundary !== undefined && delimiter[1]?.startsWith(boundary) === true) return undefined;
  const found = boundary === undefined && delimiter?.[2] === undefined ? delimiter?.[1]?.trimEnd() : undefined;
  if (found !== undefined && found !== '' && text.includes(`--${found}--`)) {
    const type = `Content-Type: ${structure.type}; boundary="${found.replace(/["\\]/g, '\\$&')}"`;
    const source = Buffer.concat([Buffer.from(`${withoutType(headers)}${type}\r\n\r\n`, 'latin1'), body]);
    return { kind: 'multipart', source };
  }
  return {
    kind: 'text',
    structure: {
      part: '1',
      type: 'text/plain',
      parameters: charset === undefined ? {} : { charset },
      encoding: rawHeaders(headers).get('content-transfer-encoding') ?? '7bit',
      size: body.length,
    },
  };
}

const withoutType = (headers: Uint8Array): string =>
  Buffer.from(headers)
    .toString('latin1')
    .split(/(?<=\n)(?![ \t])/)
    .filter((header) => !/^(content-type\s*:|\s*$)/i.test(header))
    .join('');
