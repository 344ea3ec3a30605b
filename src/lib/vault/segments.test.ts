import { describe, expect, it } from 'vitest';
import { systemRandom } from '../domain/system.ts';
import { newSegmentKey, openSegments, sealSegments, segmentBytes } from './segments.ts';

const key = newSegmentKey(systemRandom);

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const whole = async (source: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const seal = (plain: Uint8Array, size = 10_000) => whole(sealSegments(key, 'one', inPieces(plain, size)));
const open = (sealed: Uint8Array, name = 'one', withKey = key) =>
  whole(openSegments(withKey, name, inPieces(sealed, 7_001)));

const content = Buffer.from(systemRandom.bytes(3 * segmentBytes + 5));

describe('sealed segments', () => {
  it.each([0, 1, segmentBytes - 1, segmentBytes, segmentBytes + 1, 3 * segmentBytes + 5])(
    'give %i bytes back as they were',
    async (length) => {
      const plain = content.subarray(0, length);
      expect((await open(await seal(plain))).equals(plain)).toBe(true);
    },
  );

  it('do not depend on the pieces in which the content came', async () => {
    expect((await seal(content, 999)).equals(await seal(content, 300_000))).toBe(true);
  });

  it('hold nothing of the content in clear', async () => {
    const plain = Buffer.from('a sentence that is easy to find '.repeat(100));
    expect((await seal(plain)).includes('a sentence')).toBe(false);
  });

  const one = 4 + segmentBytes + 16;
  const part = (sealed: Buffer, index: number) => sealed.subarray(1 + index * one, 1 + (index + 1) * one);
  const head = Buffer.of(1);

  it.each<[string, (sealed: Buffer) => Buffer]>([
    ['a changed byte', (sealed) => sealed.fill((sealed[100] ?? 0) ^ 1, 100, 101)],
    ['a cut inside of a segment', (sealed) => sealed.subarray(0, sealed.length - 1)],
    ['a cut between two segments', (sealed) => sealed.subarray(0, 1 + 2 * one)],
    [
      'swapped segments',
      (sealed) => Buffer.concat([head, part(sealed, 1), part(sealed, 0), sealed.subarray(1 + 2 * one)]),
    ],
    ['a segment left out', (sealed) => Buffer.concat([head, part(sealed, 0), sealed.subarray(1 + 2 * one)])],
    ['a segment twice', (sealed) => Buffer.concat([sealed.subarray(0, 1 + one), sealed.subarray(1)])],
    ['bytes behind the last one', (sealed) => Buffer.concat([sealed, Buffer.alloc(1)])],
    ['nothing at all', () => Buffer.alloc(0)],
    ['another version', (sealed) => Buffer.concat([Buffer.of(2), sealed.subarray(1)])],
  ])('do not open after %s', async (_what, harm) => {
    await expect(open(harm(await seal(content)))).rejects.toMatchObject({ code: 'seal_broken' });
  });

  it('do not open under another name or key', async () => {
    const sealed = await seal(content);
    await expect(open(sealed, 'other')).rejects.toMatchObject({ code: 'seal_broken' });
    await expect(open(sealed, 'one', newSegmentKey(systemRandom))).rejects.toMatchObject({ code: 'seal_broken' });
  });

  it('yield no byte of a segment before it is authenticated', async () => {
    const sealed = await seal(content);
    sealed.fill((sealed[one + 100] ?? 0) ^ 1, one + 100, one + 101);
    const seen: Uint8Array[] = [];
    await expect(
      (async () => {
        for await (const chunk of openSegments(key, 'one', inPieces(sealed, 7_001))) seen.push(chunk);
      })(),
    ).rejects.toMatchObject({ code: 'seal_broken' });
    expect(Buffer.concat(seen).length).toBe(segmentBytes);
  });

  it('end with the error of their content', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield content.subarray(0, 10);
      throw new Error('the source broke');
    }
    await expect(whole(sealSegments(key, 'one', broken()))).rejects.toThrow('the source broke');
  });
});
