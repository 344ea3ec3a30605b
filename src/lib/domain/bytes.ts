import { hash } from 'node:crypto';

/** What may stand in the input of a hash or MAC: numbers go in as decimal strings, bytes as base64url. */
export type Part = string | number | bigint | Uint8Array | null | readonly Part[];

/** What a hash is for; the first element of every input, so that no two uses share one. */
export type Purpose =
  | 'message'
  | 'message-hash'
  | 'fingerprint'
  | 'thread'
  | 'seal'
  | 'ticket'
  | 'state'
  | 'apikey'
  | 'attach'
  | 'bell'
  | 'event'
  | 'job'
  | 'dashboard'
  | 'idempotency'
  | 'message-id'
  | 'segment'
  | 'send-content'
  | 'suppression'
  | 'folder'
  | 'upload';

function plain(part: Part): unknown {
  if (part === null || typeof part === 'string') return part;
  if (typeof part === 'number' || typeof part === 'bigint') return part.toString(10);
  if (part instanceof Uint8Array) return base64url(part);
  return part.map(plain);
}

/**
 * The bytes that are hashed, MACed or authenticated: UTF-8 of `JSON.stringify([purpose, …parts])`.
 * JSON keeps the borders between the parts, so `["ab","c"]` and `["a","bc"]` differ. Fixed for ever; see test/vectors.json.
 */
export function purposeBytes(purpose: Purpose, ...parts: Part[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(purposeText(purpose, parts));
}

const purposeText = (purpose: Purpose, parts: readonly Part[]): string =>
  JSON.stringify([purpose, ...parts.map(plain)]);

/** SHA-256 of {@link purposeBytes}. */
export function purposeHash(purpose: Purpose, ...parts: Part[]): Uint8Array<ArrayBuffer> {
  return sha256(purposeText(purpose, parts));
}

/** SHA-256 of bytes, or of a text in UTF-8. */
export function sha256(input: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash('sha256', input, 'buffer'));
}

/** base64url without padding (RFC 4648 section 5). */
export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}

/** For what is no secret: it takes as long as the two are alike. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Digits of base 62, in order of their values. */
export const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * A string of `length` base62 characters drawn evenly from `random`.
 * Bytes of 248 and above are dropped, because 256 is no multiple of 62.
 */
export function randomBase62(length: number, random: { bytes(count: number): Uint8Array }): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random.bytes(length)) {
      if (byte < 248 && text.length < length) text += base62[byte % 62];
    }
  }
  return text;
}
