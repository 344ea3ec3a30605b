import { beforeAll, expect, it } from 'vitest';
import { type DecodeText, loadDecoder } from '../charset/decode-text.ts';
import { hasRawBytes, readableHeaders } from './readable-headers.ts';

let decode: DecodeText;
beforeAll(async () => {
  decode = await loadDecoder();
});

/** With encoded words shown as what they say. */
const read = (header: string, charsets: readonly string[] = []): string =>
  Buffer.from(readableHeaders(Buffer.from(header, 'latin1'), decode, charsets))
    .toString()
    .replace(/=\?utf-8\?B\?([^?]*)\?=/g, (_, text: string) => `«${Buffer.from(text, 'base64').toString()}»`);

it.each([
  ['a: plain =ZZ', 'a: plain =ZZ'],
  ['a: =?utf-8?q?Gr=C3=BC=C3=9Fe?= b', 'a: «Grüße» b'],
  ['a: =?iso-8859-1*en?Q?Gr=FC=DFe_x?=', 'a: «Grüße x»'],
  ['a: "=?utf-8?Q?Doe=2C_J?=" <a@x>', 'a: "«Doe, J»" <a@x>'],
  // Of two words the white space between them is none of the text.
  ['a: =?utf-8?Q?a?= \r\n =?utf-8?Q?b?=', 'a: «ab»'],
  ['a: =?utf-8?B?5pel5pw=?= =?utf-8?B?rA==?=', 'a: «日本»'],
  ['a: =?utf-8?B?5pel5pys6?= =?utf-8?B?Kqe?=', 'a: «日本語»'],
  ['a: =?iso-2022-jp?B?GyRCRUU=?= =?ISO-2022-JP?B?O1IbKEI=?=', 'a: «電子»'],
  ['a: =?utf-8?Q?=C3?= =?koi8-r?B?8A==?=', 'a: «ÃП»'],
  ['a: =?utf-8?Q?Really??= x', 'a: «Really?» x'],
  ['a: =?utf-8?Q?open', 'a: =?utf-8?Q?open'],
  ['a: =?utf-8?X?a?= =?=', 'a: =?utf-8?X?a?= =?='],
  ['a: =?utf-7?Q?Gr+APwA3w-e?=', 'a: «Grüße»'],
  ['a: =?unknown?Q?Gr\xfc\xdfe?=', 'a: «Grüße»'],
  ['a: \x1b$BEE;R\x1b(B\r\nb: c', 'a: 電子\r\nb: c'],
  ['a: Gr\xfc\xdfe\r\nb: Gr\xc3\xbc\xc3\x9fe', 'a: Grüße\r\nb: Grüße'],
  ['a: =?koi8-r?Q?=F0?= \xf0', 'a: «П» П'],
])('%j is read as %j', (header, expected) => {
  expect(read(header)).toBe(expected);
});

it('reads raw bytes as the text is written', () => {
  expect(read('a: \xf0\xd2\xc9\xd7\xc5\xd4', ['us-ascii', 'koi8-r'])).toBe('a: Привет');
  expect(read('a: \xf0\xd2\xc9\xd7\xc5\xd4', ['us-ascii', 'iso-8859-1'])).toBe('a: ðÒÉ×ÅÔ');
});

it('gets through a megabyte of words that do not end', () => {
  expect(read('=?a?Q?'.repeat(170_000)).length).toBeGreaterThan(100_000);
  expect(read(`${'=?'.repeat(500_000)}\xff`).length).toBeGreaterThan(1_000_000);
});

it.each([
  ['plain', false],
  ['=?koi8-r?B?8A==?=', false],
  ['Gr\xc3\xbc\xc3\x9fe', false],
  ['Gr\xfc\xdfe', true],
])('recognises whether the bytes of %j are unambiguous', (header, raw) => {
  expect(hasRawBytes(header)).toBe(raw);
});
