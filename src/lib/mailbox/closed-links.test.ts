import { describe, expect, it } from 'vitest';
import type { MessageMeta } from '../domain/message.ts';
import { closedLinks } from './closed-links.ts';
import { parseMessage } from './parse-message.ts';
import { rebuild } from './rebuild.ts';
import { mixesTexts } from './structure.ts';

describe('links that do not end', () => {
  it.each([
    ['<p>Hello <a href="https://a.example">there</a>, <b>you</b></p>', undefined],
    ['<a>x</a><A HREF=y>z</A>', undefined],
    ['1 < 2, <abbr x', undefined],
    ['<!--[if mso]><table><![endif]-->', undefined],
    ['<a href=', '&lt;a href='],
    ['<a href=x <a href=y>z</a>', '&lt;a href=x <a href=y>z</a>'],
    ['<a\nhref=x\n<b>c</b>', '&lt;a\nhref=x\n<b>c</b>'],
    ['<A HREF=x <!-- > -->', '&lt;A HREF=x <!-- > -->'],
  ])('%j', (html, expected) => {
    expect(closedLinks(html)).toBe(expected ?? html);
  });
});

const meta: MessageMeta = {
  uid: 1,
  internalDate: new Date(0),
  size: 1,
  seen: false,
  flagged: false,
  answered: false,
  messageId: undefined,
  date: undefined,
  from: undefined,
  subject: undefined,
};
const leaf = (part: string, type: string, encoding = '7bit', parameters = {}) => ({ part, type, encoding, parameters });
const mixed = (...childNodes: ReturnType<typeof leaf>[]) => ({ type: 'multipart/mixed', childNodes });

/** A message as it is read part by part. */
async function readParts(structure: Parameters<typeof rebuild>[0], contents: Record<string, string>) {
  const bytes = new Map(Object.entries(contents).map(([part, text]) => [part, Buffer.from(text, 'latin1')]));
  const copy = rebuild(structure, Buffer.from('Subject: x\r\n'), bytes);
  return parseMessage(copy, { meta, structure, truncated: [] });
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

describe('a mail that is written to keep somebody busy', () => {
  const endless = '<a href='.repeat(64 * 1024);

  it('is read at once where it is HTML alone', async () => {
    const source = Buffer.from(`Content-Type: text/html\r\n\r\n${endless}`);
    expect(await took(() => parseMessage(source, { meta, structure: undefined, truncated: [] }))).toBeLessThan(3_000);
  });

  it.each([
    ['as it is', endless, '8bit', {}],
    ['in base64', Buffer.from(endless).toString('base64'), 'base64', { charset: 'utf-8' }],
    ['quoted', endless.replaceAll('=', '=3D').replaceAll('<a', '<=\r\na'), 'quoted-printable', {}],
    ['in UTF-16', Buffer.from(endless, 'utf16le').toString('base64'), 'BASE64', { charset: 'utf-16le' }],
    ['in ISO-2022-JP', endless.replaceAll('<a', '<\x1b(Ba'), '7bit', { charset: 'iso-2022-jp' }],
  ])('is read at once where the HTML stands beside text, %s', async (_how, content, encoding, parameters) => {
    const structure = mixed(leaf('1', 'text/plain'), leaf('2', 'text/html', encoding, parameters));
    expect(await took(() => readParts(structure, { 1: 'Hello', 2: content }))).toBeLessThan(3_000);
  });
});

describe('HTML beside text', () => {
  it.each([
    ['8bit', { charset: 'utf-8' }, Buffer.from('<p>Grüße <a href="https://a.example">da</a></p>').toString('latin1')],
    ['quoted-printable', { charset: 'iso-8859-1' }, '<p>Gr=FC=DFe <a=\r\n href=3D"https://a.example">da</a></p>'],
    ['base64', {}, Buffer.from('<p>Grüße <a href="https://a.example">da</a></p>').toString('base64')],
  ])('comes out as it was written, in %s', async (encoding, parameters, content) => {
    const structure = mixed(leaf('1', 'text/html', encoding, parameters), leaf('2', 'text/plain'));
    const { html, text } = await readParts(structure, { 1: content, 2: 'A footer' });
    expect(html).toContain('<p>Grüße <a href="https://a.example">da</a></p>');
    expect(text).toContain('Grüße (https://a.example) da');
    expect(text).toContain('A footer');
  });

  const text = leaf('1', 'text/plain');
  const html = leaf('2', 'text/html');
  const alternative = { type: 'multipart/alternative', childNodes: [text, html] };
  const file = { ...html, disposition: 'attachment' };
  it.each([
    ['text alone', text, false],
    ['HTML alone', html, false],
    ['both as alternatives', alternative, false],
    ['alternatives and a file', { type: 'multipart/mixed', childNodes: [alternative, file] }, false],
    [
      'related HTML among alternatives',
      { type: 'multipart/alternative', childNodes: [text, { type: 'multipart/related', childNodes: [html] }] },
      false,
    ],
    ['text and an HTML file', mixed(text, file), false],
    ['alternatives and a footer', { type: 'multipart/mixed', childNodes: [alternative, text] }, false],
    ['one after the other', mixed(text, html), true],
    ['HTML and alternatives', { type: 'multipart/mixed', childNodes: [alternative, html] }, true],
    [
      'an alternative of HTML alone, and text',
      { type: 'multipart/mixed', childNodes: [{ type: 'multipart/alternative', childNodes: [html] }, text] },
      true,
    ],
  ])('%s: the parser makes text of HTML is %s', (_what, structure, expected) => {
    expect(mixesTexts(structure)).toBe(expected);
  });
});
