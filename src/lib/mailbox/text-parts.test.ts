import { describe, expect, it } from 'vitest';
import { metaCharset } from './charset/meta-charset.ts';
import { cutParts } from './mime/cut-parts.ts';
import { unflowed } from './mime/flowed.ts';
import { isPartless, partless } from './mime/partless.ts';
import { unwrapped } from './mime/transfer-encoding.ts';

describe('format=flowed', () => {
  it.each([
    ['one \ntwo', 'one two'],
    ['> a \nb', '> a\nb'],
    ['> a \n> b\nc', '> a b\nc'],
    ['>> a \n> b', '>> a\n> b'],
    ['> > a \n> > b', '> > a > b'],
    ['a \n-- \nAda', 'a\n-- \nAda'],
    [' > a', '> a'],
    ['a \n\nb', 'a\n\nb'],
    ['', ''],
  ])('%j is %j', (text, expected) => {
    expect(unflowed(text, false)).toBe(expected);
  });

  it('leaves out the spaces that belong to the format', () => {
    expect(unflowed('ab \ncd  \nef', true)).toBe('abcd ef');
  });

  it('takes a time in proportion to the text', () => {
    expect(unflowed('word \r\n'.repeat(200_000), false)).toHaveLength(1_000_000);
  });
});

describe('the charset that HTML names', () => {
  it.each([
    ['<meta charset=utf-8>', 'utf-8'],
    ['<META http-equiv="Content-Type" content="text/html; charset = koi8-r" />', 'koi8-r'],
    ['<meta content=\'text/html;charset="gb2312"\'>', 'gb2312'],
    ['<!-- <meta charset=a> --><meta name=x content=y><meta charset="b">', 'b'],
    ['<?xml version="1.0" encoding="windows-1251"?><html>', 'windows-1251'],
    [`${'<style>p{}</style>'.repeat(1000)}<meta charset=x-late>`, 'x-late'],
    [`${' '.repeat(70_000)}<meta charset=x-too-late>`, undefined],
    ['<metadata charset=x>', undefined],
    ['<!-- <meta charset=x>', undefined],
    ['<meta charset=', undefined],
    ['charset=x', undefined],
  ])('%s', (html, charset) => {
    expect(metaCharset(html)).toBe(charset);
  });
});

describe('a transfer encoding', () => {
  it.each([
    ['quoted-printable', 'a =  \r\nb=\t\r\nc=\nd=', 'a bcd'],
    ['Quoted-Printable', '=41=e2=82=AC = =ZZ =4', 'A€ = =ZZ =4'],
    ['quoted-printable', '=\r', ''],
    ['base64', 'PHA+T25lLg==\r\nIFR3byB0d28u\r\nIFRocmVlITwvcD4=', '<p>One. Two two. Three!</p>'],
    ['BASE64', 'SGVs*bG8\x07gd2\r\n!9ybGQ=', 'Hello world'],
    ['base64', 'SGVsbG8gd29yb', 'Hello wor'],
    ['base64', '====', ''],
    ['8bit', 'as =41 is', 'as =41 is'],
    ['x-rot13', 'as is', 'as is'],
  ])('%s of %j is decoded', (encoding, text, expected) => {
    expect(Buffer.from(unwrapped(Buffer.from(text, 'latin1'), encoding)).toString()).toBe(expected);
  });
});

const multi = (boundary: string | undefined, ...childNodes: readonly { type: string; part: string }[]) => ({
  type: 'multipart/mixed',
  childNodes: [...childNodes],
  ...(boundary === undefined ? {} : { parameters: { boundary } }),
});
const cut = (source: string, structure: Parameters<typeof cutParts>[1]) => {
  const parts = cutParts(Buffer.from(source), structure);
  return parts && Object.fromEntries([...parts].map(([part, { body }]) => [part, Buffer.from(body).toString()]));
};
const [one, two] = [
  { type: 'text/plain', part: '1' },
  { type: 'text/plain', part: '2' },
];

describe('a message is cut into its parts', () => {
  it.each([
    [
      'in lines that end in CR and LF',
      'A: b\r\n\r\n--x\r\nC: d\r\n\r\nfirst\r\n\r\n--x\r\n\r\nsecond\r\n--x--\r\nrest',
    ],
    ['in lines that end in LF', 'A: b\n\n--x\nC: d\n\nfirst\r\n\n--x\n\nsecond\n--x--\nrest'],
    [
      'after a preamble, with blanks behind the delimiters',
      'A: b\n\n--xy\npre\n--x \t\n\nfirst\r\n\n--x\n\nsecond\n--x-- ',
    ],
    ['without an end', 'A: b\n\n--x\n\nfirst\r\n\n--x\n\nsecond'],
  ])('%s', (_, source) => {
    expect(cut(source, multi('x', one, two))).toEqual({ 1: 'first\r\n', 2: 'second' });
  });

  it('a multipart within another is cut, though the outer delimiter begins like the inner', () => {
    const inner = { ...multi('xx', { type: 'text/plain', part: '1.1' }), part: '1' };
    const source = 'A: b\n\n--x\n\n--xx\n\nin\n--xx--\n--x\n\nout\n--x--';
    expect(cut(source, { ...multi('x'), childNodes: [inner, two] })).toEqual({ '1.1': 'in', 2: 'out' });
  });

  it('if it has a single part', () => {
    expect(cut('A: b\n\nbody', one)).toEqual({ 1: 'body' });
    expect(cut('A: b', one)).toEqual({ 1: '' });
  });

  it.each([
    ['has more parts than the server says', '\n--x\n\na\n--x\n\nb\n--x\n\nc\n--x--'],
    ['has fewer', '\n--x\n\na\n--x--'],
    ['has none', '\nwords'],
  ])('a message is left whole if it %s', (_, source) => {
    expect(cut(source, multi('x', one, two))).toBeUndefined();
  });

  it('a message is cut in time linear in its length', () => {
    expect(cut(`\n${'--x'.repeat(300_000)}`, multi('x', one))).toBeUndefined();
    expect(cut(`\n${'--x\n'.repeat(200_000)}`, multi('x', one))).toBeUndefined();
  });
});

describe('a multipart without parts', () => {
  const empty = { ...one, size: 0 };
  const read = (body: string, boundary?: string) =>
    partless(
      multi(boundary, empty),
      Buffer.from('Subject: s\r\nContent-Type: multipart/mixed\r\n\r\n'),
      Buffer.from(body),
    );

  it('is known by the sizes that the server tells', () => {
    expect(isPartless({ type: 'multipart/mixed' })).toBe(true);
    expect(isPartless(multi('x', empty))).toBe(true);
    expect(isPartless({ ...multi('x'), childNodes: [{ ...one, size: 3 }] })).toBe(false);
    expect(isPartless(empty)).toBe(false);
  });

  it('is text', () => {
    expect(read('words\n-- \nAda')).toMatchObject({
      kind: 'text',
      structure: { type: 'text/plain', encoding: '7bit' },
    });
    expect(read('words', 'x')).toMatchObject({ kind: 'text' });
  });

  it('is read by the delimiters that it has', () => {
    const found = read('--y z\r\n\r\nwords\r\n--y z--\r\n');
    expect(found?.kind === 'multipart' && Buffer.from(found.source).toString()).toBe(
      'Subject: s\r\nContent-Type: multipart/mixed; boundary="y z"\r\n\r\n--y z\r\n\r\nwords\r\n--y z--\r\n',
    );
  });

  it('is empty where nothing but its own delimiters is there', () => {
    expect(read('--x--', 'x')).toBeUndefined();
  });
});
