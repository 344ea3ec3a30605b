import { createCipheriv, createDecipheriv } from 'node:crypto';
import { purposeBytes } from '../domain/bytes.ts';
import type { Random } from '../domain/clock.ts';
import { BrokerError } from '../errors.ts';

/**
 * Large content sealed piece by piece, so that it streams: `01`, then for each segment the length of its ciphertext
 * (4 bytes, big-endian), the ciphertext, and the tag (16 bytes). AES-256-GCM under a key that is made for this content
 * alone; the nonce is the index. Authenticated with each segment: the name of the content, its index, and whether it is the
 * last, so that none can be cut off, swapped, left out or added.
 */
const version = 1;
const tagBytes = 16;
const lengthBytes = 4;

/** Of plain content in a segment. Two of them are in memory at a time. */
export const segmentBytes = 256 * 1024;

export const segmentKeyBytes = 32;

/** A key for one content; it must not seal another. */
export const newSegmentKey = (random: Random): Uint8Array => random.bytes(segmentKeyBytes);

/** Seals content as it comes. Ends with the error of `content`. */
export async function* sealSegments(
  key: Uint8Array,
  name: string,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(version);
  let index = 0;
  // Joined only once a segment is full: content may come line by line.
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    parts.push(chunk);
    length += chunk.length;
    // One byte more than a segment: what is held back may be the last one.
    if (length <= segmentBytes) continue;
    let held = Buffer.concat(parts);
    while (held.length > segmentBytes) {
      yield sealOne(key, name, index, false, held.subarray(0, segmentBytes));
      held = held.subarray(segmentBytes);
      index += 1;
    }
    parts = [held];
    length = held.length;
  }
  yield sealOne(key, name, index, true, Buffer.concat(parts));
}

function sealOne(key: Uint8Array, name: string, index: number, isLast: boolean, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(index), { authTagLength: tagBytes });
  cipher.setAAD(additionalData(name, index, isLast));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body, cipher.getAuthTag()]);
}

/**
 * Opens what {@link sealSegments} made, as it comes. A segment is yielded only once it is authenticated; that content was
 * cut off shows at its end.
 * @throws BrokerError `seal_broken` if a byte, the name or the key is not the right one
 */
export async function* openSegments(
  key: Uint8Array,
  name: string,
  sealed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const reader = createReader(sealed);
  if ((await reader.take(1))?.[0] !== version) throw new BrokerError('seal_broken');
  for (let index = 0; ; index++) {
    const head = await reader.take(lengthBytes);
    const length = head?.readUInt32BE(0) ?? Number.POSITIVE_INFINITY;
    if (length > segmentBytes) throw new BrokerError('seal_broken');
    const body = await reader.take(length + tagBytes);
    if (body === undefined) throw new BrokerError('seal_broken');
    const isLast = await reader.isAtEnd();
    yield openOne(key, name, index, isLast, body);
    if (isLast) return;
  }
}

function openOne(key: Uint8Array, name: string, index: number, isLast: boolean, body: Buffer): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(index), { authTagLength: tagBytes });
  decipher.setAAD(additionalData(name, index, isLast));
  decipher.setAuthTag(body.subarray(body.length - tagBytes));
  try {
    return Buffer.concat([decipher.update(body.subarray(0, body.length - tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new BrokerError('seal_broken', { cause });
  }
}

/** Unique under its key, which seals one content only. */
function nonce(index: number): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(index, 8);
  return bytes;
}

const additionalData = (name: string, index: number, isLast: boolean): Uint8Array =>
  purposeBytes('segment', name, index, isLast ? 'last' : 'more');

/** Takes exact numbers of bytes off a stream. */
function createReader(source: AsyncIterable<Uint8Array>) {
  const chunks = source[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  let ended = false;
  const fill = async (count: number) => {
    const parts: Uint8Array[] = [held];
    let length = held.length;
    while (length < count && !ended) {
      const { done, value } = await chunks.next();
      if (done === true) ended = true;
      else {
        parts.push(Buffer.from(value));
        length += value.byteLength;
      }
    }
    held = Buffer.concat(parts);
  };
  return {
    async take(count: number): Promise<Buffer | undefined> {
      await fill(count);
      if (held.length < count) return undefined;
      const taken = held.subarray(0, count);
      held = held.subarray(count);
      return taken;
    },
    async isAtEnd(): Promise<boolean> {
      await fill(1);
      return held.length === 0;
    },
  };
}
