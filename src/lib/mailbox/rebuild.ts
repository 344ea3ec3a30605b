import { isUtf8 } from 'node:buffer';
import type { MessageStructureObject } from 'imapflow';
import { closedLinks } from './closed-links.ts';
import { hasNoCharset, isMultipart, mixesTexts } from './structure.ts';

type Contents = ReadonlyMap<string, Uint8Array>;

/**
 * A smaller message out of the headers of a large one and those of its parts that were fetched: the same nesting, the
 * other parts left out. One parser then reads small and large messages alike.
 * @param headers the message's own header block, with or without the empty line at its end
 * @param contents the fetched parts by part number, still encoded
 */
export function rebuild(original: MessageStructureObject, headers: Uint8Array, fetched: Contents): Uint8Array {
  const [root, contents] = mixesTexts(original) ? withClosedLinks(original, fetched) : [original, fetched];
  const block = Buffer.from(headers)
    .toString('latin1')
    .replace(/(\r?\n)+$/, '');
  const boundary = freshBoundary(contents);
  const out: Uint8Array[] = [];
  const put = (text: string) => out.push(Buffer.from(text, 'latin1'));

  const body = (node: MessageStructureObject, depth: number): void => {
    if (!isMultipart(node)) {
      out.push(contents.get(node.part ?? '1') ?? new Uint8Array());
      return;
    }
    const line = `--${boundary}-${depth}`;
    for (const child of node.childNodes ?? []) {
      if (!wanted(child, contents)) continue;
      put(`\r\n${line}\r\n${contentHeaders(child, boundary, depth + 1, contents)}\r\n\r\n`);
      body(child, depth + 1);
    }
    put(`\r\n${line}--\r\n`);
  };

  // What the structure says stands in place of the original content headers, which name a boundary that is not used here.
  const kept = block
    .split(/\r?\n(?![ \t])/)
    .filter((header) => !/^(content-(type|transfer-encoding|disposition|id|description)\s*:|\s*$)/i.test(header));
  put(`${[...kept, contentHeaders(root, boundary, 0, contents)].join('\r\n')}\r\n\r\n`);
  body(root, 0);
  return Buffer.concat(out);
}

/** The same with every HTML part written anew, so that the parser sees nothing in it that is not seen here. */
function withClosedLinks(root: MessageStructureObject, contents: Contents): [MessageStructureObject, Contents] {
  const written = new Map(contents);
  const walk = (node: MessageStructureObject): MessageStructureObject => {
    if (isMultipart(node)) return { ...node, childNodes: (node.childNodes ?? []).map(walk) };
    const content = contents.get(node.part ?? '1');
    if (node.type !== 'text/html' || content === undefined) return node;
    const html = closedLinks(decoderOf(node, content).decode(unwrapped(content, node.encoding ?? '')));
    written.set(node.part ?? '1', Buffer.from(Buffer.from(html).toString('base64').replace(/.{76}/g, '$&\r\n')));
    return { ...node, encoding: 'base64', parameters: { ...node.parameters, charset: 'utf-8' } };
  };
  return [walk(root), written];
}

function decoderOf(node: MessageStructureObject, content: Uint8Array): InstanceType<typeof TextDecoder> {
  const { charset = '' } = node.parameters ?? {};
  try {
    return new TextDecoder(
      hasNoCharset(node.parameters ?? {}) ? guessCharset(content, node.encoding ?? '') : charset.trim(),
    );
  } catch {
    // A charset that nobody knows is read as the parser reads it.
    return new TextDecoder('windows-1252');
  }
}

function wanted(node: MessageStructureObject, contents: Contents): boolean {
  if (!isMultipart(node)) return contents.has(node.part ?? '1');
  return (node.childNodes ?? []).some((child) => wanted(child, contents));
}

function contentHeaders(node: MessageStructureObject, boundary: string, depth: number, contents: Contents): string {
  const parameters = { ...node.parameters };
  if (node.type.startsWith('text/') && hasNoCharset(parameters)) {
    parameters.charset = guessCharset(contents.get(node.part ?? '1') ?? new Uint8Array(), node.encoding ?? '');
  }
  const told = Object.entries(parameters)
    .filter(([name]) => kept.has(name))
    .map(([name, value]) => `; ${name}="${token(value)}"`)
    .join('');
  if (isMultipart(node)) return `Content-Type: ${token(node.type)}; boundary="${boundary}-${depth}"${told}`;
  return [
    `Content-Type: ${token(node.type)}${told}`,
    `Content-Transfer-Encoding: ${token(node.encoding ?? '7bit')}`,
    ...(node.disposition === 'attachment' ? ['Content-Disposition: attachment'] : []),
  ].join('\r\n');
}

// The parameters that decide how a part is read: RFC 2046, RFC 3676, RFC 5545, RFC 6522.
const kept = new Set(['charset', 'format', 'delsp', 'method', 'report-type']);

/** Text that names no charset and is not ASCII: UTF-8 if it can be that, else Windows-1252, in which all bytes mean something. */
function guessCharset(encoded: Uint8Array, encoding: string): string {
  const bytes = unwrapped(encoded, encoding);
  // A cap may have cut the last character in two.
  return [0, 1, 2, 3].some((cut) => isUtf8(bytes.subarray(0, Math.max(0, bytes.length - cut))))
    ? 'utf-8'
    : 'windows-1252';
}

/** The bytes of a part, its Content-Transfer-Encoding undone (RFC 2045 section 6). */
export function unwrapped(encoded: Uint8Array, encoding: string): Buffer {
  const raw = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return Buffer.from(raw.toString('latin1'), 'base64');
    case 'quoted-printable':
      return Buffer.from(
        raw
          .toString('latin1')
          .replace(/=[ \t]*\r?\n/g, '')
          .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      );
    default:
      return raw;
  }
}

/** What cannot end a quoted string or a line. */
const token = (text: string): string => text.replace(/[^\x20-\x7e]|["\\;]/g, '');

/** A boundary that stands in none of the parts, so that no mail can smuggle parts of its own into the copy. */
function freshBoundary(contents: Contents): string {
  for (let number = 0; ; number += 1) {
    const boundary = `=_copy_${number}`;
    const needle = `--${boundary}`;
    if (
      ![...contents.values()].some((bytes) =>
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(needle),
      )
    )
      return boundary;
  }
}
