import { describe, expect, it } from 'vitest';
import { byteRange, rangeHeaders, readRange } from './byte-range.ts';

async function* file(...chunks: readonly string[]) {
  for (const chunk of chunks) yield new TextEncoder().encode(chunk);
}

describe('a range', () => {
  it.each([
    ['bytes=0-4', { first: 0, last: 4 }],
    ['bytes=5-', { first: 5, last: undefined }],
    [' bytes=7-7 ', { first: 7, last: 7 }],
    ['bytes=4-2', undefined],
    ['bytes=-5', undefined],
    ['bytes=0-1,3-4', undefined],
    ['lines=0-1', undefined],
    ['bytes=1e3-', undefined],
    [null, undefined],
  ])('%s is read as RFC 9110 says', (header, expected) => {
    expect(byteRange(header)).toEqual(expected);
  });

  it.each([
    [0, 3, 'abcd', undefined],
    [2, 5, 'cdef', undefined],
    [6, undefined, 'ghij', 10],
    [9, 9, 'j', undefined],
    [8, 400, 'ij', 10],
    [0, undefined, 'abcdefghij', 10],
  ])('returns exactly the bytes from %s to %s', async (first, last, expected, length) => {
    const piece = await readRange(file('abc', 'def', 'ghij'), { first, last });
    expect(new TextDecoder().decode(piece.bytes)).toBe(expected);
    expect(piece.length).toBe(length);
    expect(rangeHeaders({ first, last }, piece)).toEqual({
      'Content-Range': `bytes ${first}-${first + expected.length - 1}/${length ?? '*'}`,
    });
  });

  it('reads no further than it has to', async () => {
    async function* endless() {
      for (;;) yield new Uint8Array(1000);
    }
    expect((await readRange(endless(), { first: 1500, last: 2499 })).bytes).toHaveLength(1000);
  });

  it('is refused if it begins after the end of the file', async () => {
    await expect(readRange(file('abc'), { first: 3, last: undefined })).rejects.toMatchObject({
      code: 'range_not_satisfiable',
      status: 416,
    });
  });
});
