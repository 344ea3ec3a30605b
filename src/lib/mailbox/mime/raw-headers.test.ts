import { expect, it } from 'vitest';
import { headerEnd, rawHeaders } from './raw-headers.ts';

it('takes the first header of a name, its folds in it, and no other header for it', () => {
  const block = '\u00a0From: eve@y.example\r\nFrom \t: ada@x.example\r\n\tmore\r\nFrom: bob@x.example\r\n\r\nTo: body';
  const headers = rawHeaders(Buffer.from(block, 'latin1'));
  expect([...headers]).toEqual([
    ['\u00a0from', 'eve@y.example'],
    ['from', 'ada@x.example\r\n\tmore'],
  ]);
});

it('finds the end of a header block in either form of line ends', () => {
  const ends = ['a: b\r\n\r\nx', 'a: b\n\nx', '\r\nx', '\nx', 'a: b'].map((text) => headerEnd(Buffer.from(text)));
  expect(ends).toEqual([8, 6, 2, 1, undefined]);
});
