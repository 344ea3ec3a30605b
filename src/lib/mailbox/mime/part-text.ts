import type { Attachment as Part } from 'postal-mime';

// What a report says of 500 recipients, and more.
const mostBytes = 256 * 1024;

/** A decoded part as text. */
export function textOf(part: Part): string {
  if (typeof part.content === 'string') return part.content.slice(0, mostBytes);
  const bytes = part.content instanceof Uint8Array ? part.content : new Uint8Array(part.content);
  return new TextDecoder().decode(bytes.subarray(0, mostBytes)).replaceAll('\0', '');
}
