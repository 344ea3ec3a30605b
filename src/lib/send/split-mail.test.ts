import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { buildMime, type MimeFile, type MimeParts } from '../compose/mime.ts';
import { readFile, splitMail } from './split-mail.ts';

const file = (filename: string, content: string, own: Partial<MimeFile> = {}): MimeFile => ({
  filename,
  contentType: 'application/octet-stream',
  open: async function* () {
    yield Buffer.from(content);
  },
  ...own,
});

async function composed(own: Partial<MimeParts>): Promise<Buffer<ArrayBuffer>> {
  const parts: MimeParts = {
    from: { name: 'Ada', address: 'ada@contoso.example' },
    to: [{ name: '', address: 'grace@contoso.example' }],
    cc: [],
    replyTo: [],
    subject: 'Grüße',
    messageId: '<1@contoso.example>',
    inReplyTo: '<0@contoso.example>',
    references: ['<0@contoso.example>'],
    text: 'Hello --b\n--\n',
    html: undefined,
    priority: 'high',
    files: [],
    ...own,
  };
  const chunks: Uint8Array[] = [];
  for await (const chunk of await buildMime(parts)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function taken(own: Partial<MimeParts>) {
  const raw = await composed(own);
  const { mail, parts } = splitMail(raw);
  const [before, after] = await Promise.all([PostalMime.parse(raw), PostalMime.parse(mail)]);
  return { before, after, files: await Promise.all(parts.map(readFile)), raw, mail };
}

const html = '<p>Hello <img src="cid:logo@x"></p>';
const logo = file('logo.png', 'png', { contentType: 'image/png', contentId: 'logo@x' });

describe('a message without its files', () => {
  it.each<[string, Partial<MimeParts>, readonly string[]]>([
    ['text and a file', { files: [file('a.bin', 'one')] }, ['a.bin']],
    [
      'text, HTML and files',
      { html: '<p>Hello</p>', files: [file('a.bin', 'one'), file('b.bin', 'two')] },
      ['a.bin', 'b.bin'],
    ],
    ['HTML that shows an image', { html, files: [logo] }, ['logo.png']],
    ['all of them', { html, files: [logo, file('Größe – 大.pdf', 'three')] }, ['logo.png', 'Größe – 大.pdf']],
    [
      'a file that holds what looks like a delimiter',
      { files: [file('a.txt', '\r\n--b\r\n--\r\n', { contentType: 'text/plain' })] },
      ['a.txt'],
    ],
  ])('a message of %s keeps its header and texts, and the files are whole', async (_what, own, names) => {
    const { before, after, files, mail } = await taken(own);
    const without = ({ attachments: _, headers: __, headerLines: ___, ...rest }: typeof before) => rest;
    expect(without(after)).toEqual(without(before));
    expect(after.headers).toEqual(before.headers);
    expect(after.attachments).toEqual([]);
    expect(files.map(({ name }) => name).toSorted()).toEqual([...names].toSorted());
    const contents: string[] = [];
    for (const { open } of own.files ?? [])
      for await (const chunk of open()) contents.push(Buffer.from(chunk).toString());
    const got = files.map(({ content }) => Buffer.from(content).toString());
    expect(got.toSorted()).toEqual(contents.toSorted());
    expect(mail.toString()).not.toMatch(/content-disposition/i);
  });

  it('is the message itself where it has none', async () => {
    const { raw, mail, files } = await taken({ html: '<p>Hello</p>' });
    expect(mail.equals(raw)).toBe(true);
    expect(files).toEqual([]);
  });

  it('names an image by what the HTML calls it', async () => {
    const { files } = await taken({ html, files: [logo, file('a.bin', 'one')] });
    expect(files.map(({ isInline, contentId }) => [isInline, contentId]).toSorted()).toEqual([
      [false, undefined],
      [true, 'logo@x'],
    ]);
  });

  it('keeps a header and an empty text where the file is all there is', async () => {
    const raw = Buffer.from(
      'From: ada@contoso.example\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n' +
        'Subject: S\r\nContent-Transfer-Encoding: base64\r\n\r\nYTtiCg==\r\n',
    );
    const { mail, parts } = splitMail(raw);
    expect(await PostalMime.parse(mail)).toMatchObject({ subject: 'S', attachments: [] });
    expect(await readFile(parts[0] ?? raw)).toMatchObject({
      name: 'a.csv',
      content: Buffer.from('a;b\n'),
    });
  });

  it('reads a part in quoted-printable, too', async () => {
    const head = 'Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n';
    const part = Buffer.from(`${head}Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db\r\n`);
    const { content } = await readFile(part);
    expect(Buffer.from(content).toString().trim()).toBe('a=b');
  });

  it('gives out a message within it as a file', async () => {
    const part =
      'Content-Type: message/rfc822; name=forwarded.eml\r\nContent-Disposition: attachment; filename=forwarded.eml\r\n' +
      'Content-Transfer-Encoding: 7bit\r\n\r\nFrom: x@y.example\r\nSubject: Inner\r\n\r\nDeep\r\n';
    const { content, ...found } = await readFile(Buffer.from(part));
    expect(found).toMatchObject({ name: 'forwarded.eml', contentType: 'message/rfc822', isInline: false });
    expect(Buffer.from(content).toString()).toMatch(/^From: x@y.example\r\nSubject: Inner\r\n\r\nDeep/);
  });
});
