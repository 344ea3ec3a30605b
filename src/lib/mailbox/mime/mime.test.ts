import { expect, it } from 'vitest';
import { corpus } from '../../../../test/corpus/corpus.ts';
import { parseHeaders, parseMime } from './mime.ts';
import { headerEnd } from './raw-headers.ts';

const closed = (block: Uint8Array): Uint8Array => Buffer.concat([block, Buffer.from('\r\n\r\n')]);

it('reads the headers of every mail of the corpus as the parser does', async () => {
  for (const { name, source } of corpus) {
    const block = source.subarray(0, headerEnd(source) ?? source.length);
    // The large ones take the parser long, and nothing in them is new.
    if (block.length > 20_000) continue;
    const [own, parsed] = [await parseHeaders(block), await parseMime(closed(block))];
    expect([name, own.headers, own.subject]).toEqual([name, parsed?.headers, parsed?.subject]);
  }
});

it.each([
  ['A: 1\r\n\tb\r\n  c', [['A', '1\tb  c']]],
  [
    'no colon\r\nB:',
    [
      ['no colon', ''],
      ['B', ''],
    ],
  ],
  [
    ' A: 1\nA: 2\n\nB: 3',
    [
      ['A', '1'],
      ['A', '2'],
    ],
  ],
  ['\u00a0From: x@y', [['\u00a0From', 'x@y']]],
  ['A: 1\rB: 2', [['A', '1 B: 2']]],
])('reads %j as %j', async (block, headers) => {
  const read = await parseHeaders(Buffer.from(block));
  expect(read.headers.map(({ originalKey, value }) => [originalKey, value])).toEqual(headers);
});

it('reads a block of 100,000 lines, and addresses that would keep the parser busy', async () => {
  const block = `To: ${'g:'.repeat(100_000)}\r\n${'A: b\r\n c\r\n'.repeat(50_000)}`;
  expect((await parseHeaders(Buffer.from(block))).headers).toHaveLength(50_001);
});
