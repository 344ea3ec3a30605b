import PostalMime, { type Email } from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../errors.ts';
import { validate } from '../http/validate.ts';
import { type ComposePorts, compose } from './compose.ts';
import { contentForm, type SendContent } from './content.ts';
import type { OpenedFile } from './files.ts';
import { buildMime } from './mime.ts';
import type { Original } from './original.ts';
import { readAddresses } from './recipients.ts';
import type { SendingMailbox } from './sending-mailbox.ts';
import type { UploadedFile } from './sources.ts';

const mailbox: SendingMailbox = {
  addresses: [
    { name: 'Ada Lovelace', address: 'ada@contoso.example' },
    { name: 'Sales', address: 'sales@contoso.example' },
  ],
  locale: 'en-GB',
  timeZone: 'UTC',
};
const messageId = '<submission-1@contoso.example>';
const messageRef = 'A'.repeat(42);

const original: Original = {
  messageId: '<offer@x.example>',
  inReplyTo: undefined,
  references: ['<first@x.example>'],
  subject: 'AW: Offer',
  from: { name: 'Grace', address: 'grace@x.example' },
  to: [{ name: '', address: 'sales@contoso.example' }],
  cc: [{ name: '', address: 'carol@x.example' }],
  replyTo: [],
  date: new Date('2026-11-30T14:05:00Z'),
  receivedAt: new Date('2026-11-30T14:06:00Z'),
  text: 'How much?',
  html: '<p>How <b>much</b>? <img src="cid:logo@x"></p>',
  attachments: [
    { part: '2', filename: 'logo.png', contentType: 'image/png', size: 3, inline: true, contentId: 'logo@x' },
    { part: '3', filename: 'offer.pdf', contentType: 'application/pdf', size: 5, inline: false },
  ],
};

async function* bytes(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text);
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return list;
}

const file = (filename: string, contentType: string, text: string): OpenedFile => ({
  filename,
  contentType,
  bytes: bytes(text),
});

const ports: ComposePorts = {
  readOriginal: async () => original,
  cleanHtml: async (html) => html,
  fetch: async (url) => file(url.split('/').at(-1) ?? '', 'text/csv', `from ${url}`),
  openPart: async (_ref, part) =>
    part === '2' ? file('logo.png', 'image/png', 'PNG') : file('offer.pdf', 'application/pdf', 'offer'),
  openUpload: async (id) => ({
    ...file('plan.txt', 'text/plain', `uploaded as ${id.slice(0, 3)}`),
    contentId: undefined,
  }),
};

interface Options {
  readonly uploads?: readonly UploadedFile[];
  readonly limitBytes?: number;
  readonly mailbox?: SendingMailbox;
}

async function composed(request: unknown, options: Options = {}) {
  const mail = await compose(
    {
      content: validate(contentForm, request, 'body'),
      uploads: options.uploads ?? [],
      mailbox: options.mailbox ?? mailbox,
      messageId,
      limitBytes: options.limitBytes ?? 35 * 1024 * 1024,
    },
    ports,
    new AbortController().signal,
  );
  const raw = Buffer.concat(await all(mail.mime)).toString('latin1');
  return { mail, raw, email: await PostalMime.parse(raw) };
}

const header = (email: Email, key: string) =>
  email.headers.filter((each) => each.key === key).map(({ value }) => value);
const people = (list: Email['to']) => (list ?? []).map(({ address }) => address);
const textOf = (content: unknown) => (content instanceof ArrayBuffer ? Buffer.from(content).toString() : content);

describe('a composed message', () => {
  it('says to others what it was given, and to the envelope whom it goes to', async () => {
    const { mail, raw, email } = await composed({
      to: '"Höpper, Grace" <grace@münchen.example>, bob@x.example',
      cc: [{ name: 'Carol', address: 'carol@x.example' }],
      bcc: 'eve@x.example, BOB@x.example',
      replyTo: 'team@contoso.example',
      subject: 'Grüße – 你好',
      text: 'Hello\r\n.\r\nAda 你好',
      priority: 'high',
    });
    expect(mail).toMatchObject({
      from: 'ada@contoso.example',
      recipients: ['grace@xn--mnchen-3ya.example', 'bob@x.example', 'carol@x.example', 'eve@x.example'],
      messageId,
      subject: 'Grüße – 你好',
    });
    expect(email).toMatchObject({
      from: { name: 'Ada Lovelace', address: 'ada@contoso.example' },
      subject: 'Grüße – 你好',
      messageId,
      text: 'Hello\n.\nAda 你好\n',
    });
    expect(people(email.to)).toEqual(['grace@xn--mnchen-3ya.example', 'bob@x.example']);
    expect(people(email.cc)).toEqual(['carol@x.example']);
    expect(people(email.replyTo)).toEqual(['team@contoso.example']);
    expect(header(email, 'importance')).toEqual(['high']);
    expect(raw).not.toMatch(/[^\r]\n|\r[^\n]/);
  });

  it('has a domain beyond ASCII in the form that DNS knows, in every field and in the envelope', async () => {
    const { mail, raw } = await composed({
      to: 'Grace <grace@münchen.example>',
      cc: [{ address: 'cc@xn--mnchen-3ya.example' }],
      bcc: 'bcc@MÜNCHEN.example',
      replyTo: 'reply@例子.example',
      listUnsubscribe: { mailto: 'off@例子.example' },
    });
    const munich = 'xn--mnchen-3ya.example';
    expect(mail.recipients).toEqual([`grace@${munich}`, `cc@${munich}`, `bcc@${munich}`]);
    expect(mail.bccHeader).toBe(`Bcc: bcc@${munich}\r\n`);
    expect(raw).toContain(`To: Grace <grace@${munich}>\r\n`);
    expect(raw).toContain(`Cc: cc@${munich}\r\n`);
    expect(raw).toContain('Reply-To: reply@xn--fsqu00a.example\r\n');
    expect(raw).toContain('List-Unsubscribe: <mailto:off@xn--fsqu00a.example>\r\n');
  });

  it('has a local part beyond ASCII as it is, where the envelope has it too', async () => {
    const { mail, raw } = await composed({
      to: 'jörg@x.example',
      bcc: '用户@x.example',
      listUnsubscribe: { mailto: 'ö@x.example' },
    });
    expect(mail.recipients).toEqual(['jörg@x.example', '用户@x.example']);
    expect(Buffer.from(raw, 'latin1').toString()).toContain('To: jörg@x.example\r\n');
    expect(raw).toContain('<mailto:%C3%B6@x.example>');
    await expect(composed({ to: 'a@x.example', replyTo: 'jörg@x.example' })).rejects.toMatchObject({
      fields: [{ field: 'replyTo', message: 'Has letters beyond ASCII before the @.' }],
    });
  });

  it.each([
    '"john doe"@x.example',
    '"a,b"@x.example',
    '"a\\"b"@x.example',
    '"a@b"@x.example',
    "o'brien+list/x=y@x.example",
  ])('names the same recipient in its header and its envelope: %s', async (address) => {
    const { mail, email } = await composed({ to: [{ name: 'Ö', address }, 'bob@x.example'] });
    expect(mail.recipients).toEqual([address, 'bob@x.example']);
    expect(people(email.to)).toHaveLength(2);
    expect(readAddresses(header(email, 'to').join())?.map((one) => one.address)).toEqual(mail.recipients);
  });

  it('has neither Date nor Bcc, which are written when it leaves', async () => {
    const { mail, raw, email } = await composed({ to: 'grace@x.example', bcc: 'Eve <eve@x.example>', text: 'Hello' });
    expect([header(email, 'date'), header(email, 'bcc')]).toEqual([[], []]);
    expect(raw).not.toContain('eve@x.example');
    expect(mail.bccHeader).toBe('Bcc: Eve <eve@x.example>\r\n');
    expect((await composed({ to: 'grace@x.example' })).mail.bccHeader).toBeUndefined();
  });

  it('folds a long list of Bcc recipients', async () => {
    const bcc = Array.from({ length: 300 }, (_, index) => `Größe ${index} <u${index}@x.example>`);
    const { mail } = await composed({ bcc });
    expect(mail.recipients).toHaveLength(300);
    const lines = mail.bccHeader?.split('\r\n') ?? [];
    expect(lines.pop()).toBe('');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100);
    expect(lines.slice(1).every((line) => line.startsWith(' '))).toBe(true);
    expect(people((await PostalMime.parse(`${mail.bccHeader}\r\n`)).bcc)).toEqual(mail.recipients);
  });

  it('is refused with more names in Bcc than a row holds', async () => {
    const people = (length: number) =>
      Array.from({ length: 1_000 }, (_, index) => ({ name: '日'.repeat(length), address: `u${index}@x.example` }));
    await expect(composed({ bcc: people(200) })).rejects.toMatchObject({ fields: [{ field: 'bcc' }] });
    expect((await composed({ bcc: people(10) })).mail.recipients).toHaveLength(1_000);
  });

  it('has its text made of HTML that comes alone, pictures inline and files beside them', async () => {
    const uploads = [{ filename: 'C:\\tmp\\Liste.csv', contentType: 'text/csv; charset=x', open: () => bytes('a;b') }];
    const { email } = await composed(
      {
        to: 'grace@x.example',
        html: '<p>Dear <b>Grace</b> <img src="cid:logo"> <img alt="dot" src="data:image/png;base64,UE5H"></p>',
        attachments: [
          {
            content: Buffer.from('LOGO').toString('base64'),
            filename: 'logo.png',
            contentType: 'image/png',
            contentId: 'logo',
          },
          { content: Buffer.from('mail').toString('base64'), filename: 'old.eml', contentType: 'message/rfc822' },
          { url: 'https://nocobase.example/storage/uploads/report.csv' },
          { messageRef, part: '3' },
        ],
      },
      { uploads },
    );
    expect(email.text?.trim()).toBe('Dear Grace');
    expect(email.html).not.toContain('data:');
    expect(
      email.attachments.map(({ filename, mimeType, disposition, content }) => [
        filename,
        mimeType,
        disposition,
        textOf(content),
      ]),
    ).toEqual([
      ['logo.png', 'image/png', 'inline', 'LOGO'],
      ['image-1.png', 'image/png', 'inline', 'PNG'],
      ['old.eml', 'application/octet-stream', 'attachment', 'mail'],
      ['report.csv', 'text/csv', 'attachment', 'from https://nocobase.example/storage/uploads/report.csv'],
      ['offer.pdf', 'application/pdf', 'attachment', 'offer'],
      ['Liste.csv', 'text/csv', 'attachment', 'a;b'],
    ]);
    for (const { contentId } of email.attachments.slice(0, 2))
      expect(email.html).toContain(contentId?.replace(/[<>]/g, ''));
  });

  it('shows an uploaded picture that the HTML names by its file', async () => {
    const uploads = [{ filename: 'logo.png', contentType: 'image/png', open: () => bytes('LOGO') }];
    const { email } = await composed({ to: 'grace@x.example', html: '<img src="cid:logo.png">' }, { uploads });
    expect(email.attachments).toMatchObject([{ filename: 'logo.png', disposition: 'inline', contentId: '<logo.png>' }]);
  });

  it('tells how to get off a list', async () => {
    const listUnsubscribe = { url: 'https://x.example/off?a=1', mailto: 'off+list@x.example', oneClick: true };
    const { email } = await composed({ to: 'grace@x.example', listUnsubscribe });
    expect(header(email, 'list-unsubscribe')).toEqual(['<https://x.example/off?a=1>, <mailto:off%2Blist@x.example>']);
    expect(header(email, 'list-unsubscribe-post')).toEqual(['List-Unsubscribe=One-Click']);
  });

  it('has no line that is longer than servers take, whatever its fields hold', async () => {
    const names = ['x'.repeat(200), '日'.repeat(200)];
    const bcc = Array.from({ length: 50 }, (_, index) => ({ name: names[index % 2], address: `u${index}@x.example` }));
    const long = {
      ...{ to: names.map((name, index) => ({ name, address: `t${index}@x.example` })), bcc },
      ...{
        subject: 'a'.repeat(900),
        text: 'b'.repeat(5_000),
        html: `<p>${'日'.repeat(5_000)}<img src="cid:${'c'.repeat(200)}">`,
      },
      listUnsubscribe: { url: `https://x.example/${'a'.repeat(880)}`, mailto: `${'ä'.repeat(32)}@x.example` },
      attachments: [
        { content: 'YQ==', filename: `${'d'.repeat(190)}.png`, contentId: 'c'.repeat(200), contentType: 'image/png' },
        { content: 'YQ==', filename: '日'.repeat(200), contentType: `a/${'b'.repeat(120)}` },
      ],
    };
    const { raw, mail } = await composed(long);
    // RFC 5322 section 2.1.1.
    const lines = `${raw}${mail.bccHeader}`.split('\r\n').map((line) => line.length);
    expect(Math.max(...lines)).toBeLessThanOrEqual(998);
    const url = `https://x.example/${'ä'.repeat(300)}`;
    expect(contentForm.safeParse({ listUnsubscribe: { url } }).error?.issues[0]?.message).toBe(
      'Has more than 900 characters.',
    );
  });

  it('is refused once it is finished and too large, with both figures, and reads nothing beyond', async () => {
    let read = 0;
    const open = async function* () {
      for (; read < 100; read++) yield Buffer.alloc(100_000);
    };
    const uploads = [{ filename: 'a.bin', contentType: 'application/octet-stream', open }];
    const sending = composed({ to: 'grace@x.example' }, { uploads, limitBytes: 1024 * 1024 });
    await expect(sending).rejects.toMatchObject({
      code: 'mail_too_large',
      message: expect.stringMatching(/1\.0 MB.*0\.8 MB/),
    });
    expect(read).toBeLessThan(20);
  });

  it('fails with what a file fails with', async () => {
    const open = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a');
      throw new BrokerError('message_gone');
    };
    const uploads = [{ filename: 'a.bin', contentType: 'application/octet-stream', open }];
    await expect(composed({ to: 'grace@x.example' }, { uploads })).rejects.toMatchObject({ code: 'message_gone' });
  });

  it('takes files of 3 MB in base64, and of a larger one says how else to send it', async () => {
    const fault = (bytes: number) => {
      const attachments = [{ filename: 'a.bin', content: Buffer.alloc(bytes).toString('base64') }];
      return contentForm.safeParse({ attachments }).error?.issues.map(({ message }) => message);
    };
    expect(fault(3 * 1024 * 1024)).toBeUndefined();
    const otherwise = 'Is larger than 3 MB. Send it as multipart/form-data, by url, or by messageRef and part.';
    expect(fault(3 * 1024 * 1024 + 1)).toEqual([otherwise]);
    expect(fault(4 * 1024 * 1024)).toContain(otherwise);
  });

  it.each([
    [{ subject: 'x' }, 'invalid_request'],
    [{ to: 'grace@x.example', from: 'grace@x.example' }, 'sender_not_own'],
    [{ to: [], cc: '' }, 'invalid_request'],
  ])('%j is refused', async (request, code) => {
    await expect(composed(request)).rejects.toMatchObject({ code });
  });

  it('goes out as another of its own addresses', async () => {
    const { mail, email } = await composed({ from: 'SALES@contoso.example', to: 'grace@x.example' });
    expect([mail.from, email.from]).toEqual([
      'sales@contoso.example',
      { name: 'Sales', address: 'sales@contoso.example' },
    ]);
  });
});

describe('an answer', () => {
  it('goes to the one who wrote, as the address that received, in the same conversation, with the quote', async () => {
    const { mail, email } = await composed({ reply: messageRef, text: '42 EUR', signature: '<i>Ada</i>' });
    expect(mail).toMatchObject({
      from: 'sales@contoso.example',
      recipients: ['grace@x.example'],
      subject: 'Re: Offer',
    });
    expect(email).toMatchObject({ inReplyTo: '<offer@x.example>', references: '<first@x.example> <offer@x.example>' });
    expect(email.text?.replace(/\n+/g, '\n').trim().split('\n')).toEqual([
      '42 EUR',
      'Ada',
      'On 30 November 2026 at 14:05 (UTC), Grace <grace@x.example> wrote:',
      '> How much?',
    ]);
    expect(email.html).toMatch(/42 EUR.*<i>Ada<\/i>.*<blockquote.*How <b>much<\/b>/s);
    // The picture that the quote shows goes along, the file does not.
    expect(email.attachments.map(({ filename }) => filename)).toEqual(['logo.png']);
  });

  it('an answer to all names all recipients, unless a field of the request overrides them', async () => {
    expect((await composed({ replyAll: messageRef })).mail.recipients).toEqual(['grace@x.example', 'carol@x.example']);
    const { mail } = await composed({ replyAll: messageRef, to: 'dan@x.example', subject: 'Other' });
    expect(mail).toMatchObject({ recipients: ['dan@x.example', 'carol@x.example'], subject: 'Other' });
  });

  it('has the stored signature also under the HTML of a template, unless it is asked for without', async () => {
    const signed = { ...mailbox, signatureHtml: '<p>Contoso</p>' };
    const request = { to: 'grace@x.example', html: '<p>Template</p>' };
    expect((await composed(request, { mailbox: signed })).email.html).toMatch(/Template.*Contoso/s);
    expect((await composed({ ...request, signature: '' }, { mailbox: signed })).email.html).not.toContain('Contoso');
  });
});

describe('a mail that is passed on', () => {
  it('brings all files, and goes only to recipients whom the request names', async () => {
    const { mail, email } = await composed({ forward: messageRef, to: 'dan@x.example', text: 'See below' });
    expect(mail).toMatchObject({
      recipients: ['dan@x.example'],
      subject: 'Fwd: AW: Offer',
      from: 'sales@contoso.example',
    });
    expect(email.attachments.map(({ filename, content }) => [filename, textOf(content)])).toEqual([
      ['logo.png', 'PNG'],
      ['offer.pdf', 'offer'],
    ]);
    expect(email.text).toContain('From: Grace <grace@x.example>');
    expect(header(email, 'in-reply-to')).toEqual([]);
    await expect(composed({ forward: messageRef })).rejects.toMatchObject({
      fields: [{ field: 'to', message: 'Names nobody.' }],
    });
  });
});

describe('header injection', () => {
  const evil = 'x\r\nBcc: eve@evil.example\r\n\r\nBody';
  const to = 'grace@x.example';

  it.each<[string, Record<string, unknown>]>([
    ['to', { to: `Grace${evil} <grace@x.example>` }],
    ['to', { to: `grace@x.example${evil}` }],
    ['to.0.name', { to: [{ name: evil, address: to }] }],
    ['to.0.address', { to: [{ address: `${to}${evil}` }] }],
    ['cc', { to, cc: evil }],
    ['bcc', { to, bcc: evil }],
    ['replyTo', { to, replyTo: `a@x.example${evil}` }],
    ['from', { to, from: `ada@contoso.example${evil}` }],
    ['subject', { to, subject: evil }],
    ['reply', { reply: evil }],
    ['priority', { to, priority: evil }],
    ['listUnsubscribe.mailto', { to, listUnsubscribe: { mailto: `a@x.example${evil}` } }],
    ['attachments.0.filename', { to, attachments: [{ content: '', filename: evil }] }],
    ['attachments.0.contentType', { to, attachments: [{ content: '', contentType: `text/plain${evil}` }] }],
    ['attachments.0.contentId', { to, attachments: [{ content: '', contentId: evil }] }],
  ])('an injection through %s is refused', async (_field, request) => {
    await expect(composed(request)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('file names, people and subjects of received mail reach no header', async () => {
    const hostile: Original = {
      ...original,
      subject: evil,
      messageId: `<a${evil}@x>`,
      references: [`<b${evil}@x>`],
      from: { name: evil, address: 'grace@x.example' },
      attachments: [{ part: '3', filename: evil, contentType: `text/plain${evil}`, size: 1, inline: false }],
    };
    for (const request of [{ reply: messageRef }, { forward: messageRef, to }]) {
      const mail = await compose(
        { content: contentForm.parse(request), uploads: [], mailbox, messageId, limitBytes: 1e6 },
        { ...ports, readOriginal: async () => hostile },
        new AbortController().signal,
      );
      const raw = Buffer.concat(await all(mail.mime)).toString();
      expect(raw.split('\r\n').filter((line) => /^bcc:/i.test(line))).toEqual([]);
      expect(header(await PostalMime.parse(raw), 'bcc')).toEqual([]);
    }
  });

  it('an end of the message within a quote, a stored signature or a stored draft is none: each line ends with CRLF', async () => {
    const smuggled = 'a\r.\rMAIL FROM:<eve@evil.example>\n.\nb\u0000\u0008c\r.\r\nd\u2028.\u0085e';
    const hostile: Original = { ...original, text: smuggled, html: `<p>${smuggled}</p>` };
    const signed = { ...mailbox, signatureHtml: `<p>${smuggled}</p>` };
    const people = [{ name: '', address: to }];
    const stored: SendContent = { attachments: [], priority: 'normal', to: people, text: smuggled };
    for (const content of [
      contentForm.parse({ reply: messageRef }),
      contentForm.parse({ forward: messageRef, to }),
      stored,
    ]) {
      const mail = await compose(
        { content, uploads: [], mailbox: signed, messageId, limitBytes: 1e6 },
        { ...ports, readOriginal: async () => hostile },
        new AbortController().signal,
      );
      const raw = Buffer.concat(await all(mail.mime)).toString('latin1');
      expect(raw).toContain('MAIL FROM');
      expect(raw).not.toMatch(/[^\r]\n|\r[^\n]|=0D|=00|=08/);
      if (content !== stored) expect(raw).toMatch(/^> \.\r\n|^\.\r\n/m);
    }
  });

  it('an injection through an address of a list is encoded away', async () => {
    const { email } = await composed({ to, listUnsubscribe: { url: `https://x.example/${evil}` } });
    expect(header(email, 'bcc')).toEqual([]);
  });
});

describe('the doors of nodemailer to files and URLs', () => {
  const to = 'grace@x.example';
  const path = { path: '/etc/hostname' };
  const href = { href: 'http://127.0.0.1:1/' };

  it.each<[string, Record<string, unknown>]>([
    ...[path, href, { raw: 'x' }, { content: 'x', path: '/etc/hostname' }].flatMap(
      (door): [string, Record<string, unknown>][] => [
        ['text', { to, text: door }],
        ['html', { to, html: door }],
        ['attachments', { to, attachments: [door] }],
        ['alternatives', { to, alternatives: [door] }],
        ['icalEvent', { to, icalEvent: door }],
        ['raw', { to, raw: door }],
        ['subject', { to, subject: door }],
        ['watchHtml', { to, watchHtml: door }],
        ['amp', { to, amp: door }],
        ['signature', { to, signature: door }],
      ],
    ),
    ...[
      'attachDataUrls',
      'disableFileAccess',
      'disableUrlAccess',
      'dkim',
      'dsn',
      'list',
      'encoding',
      'textEncoding',
      'sender',
      'inReplyTo',
      'references',
      'messageId',
      'date',
      'xMailer',
    ].map((name): [string, Record<string, unknown>] => [name, { to, [name]: true }]),
    ['attachments', { to, attachments: [{ raw: path }] }],
    ['attachments', { to, attachments: [{ path: 'data:text/plain,x' }] }],
    ['attachments', { to, attachments: [{ content: 'data:text/plain;base64,eA==' }] }],
    ['attachments', { to, attachments: [{ content: 'eA==', encoding: 'utf8' }] }],
    ['attachments', { to, attachments: [{ content: 'eA==', headers: { Bcc: 'eve@x.example' } }] }],
    ['listUnsubscribe', { to, listUnsubscribe: { url: 'file:///etc/hostname' } }],
    ['headers', { to, headers: { Bcc: 'eve@x.example' } }],
    ['envelope', { to, envelope: { to: 'eve@x.example' } }],
    ['content', { to, attachments: [{ content: path }] }],
    ['url of a file', { to, attachments: [{ url: path }] }],
    ['__proto__', JSON.parse('{"to":"grace@x.example","attachments":[{"__proto__":{"path":"/etc/hostname"}}]}')],
  ])('are shut by the form of a request: %s %j', async (_door, request) => {
    await expect(composed(request)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it.each([
    ['text', path, 'EFILEACCESS'],
    ['html', path, 'EFILEACCESS'],
    ['text', href, 'EURLACCESS'],
    ['html', href, 'EURLACCESS'],
  ])('stay shut should an object ever get behind it as %s: %j', async (field, door, code) => {
    const parts = JSON.parse(
      JSON.stringify({
        ...{ from: mailbox.addresses[0], to: [], cc: [], replyTo: [], subject: '', messageId, text: 'x', files: [] },
        ...{ references: [], priority: 'normal', [field]: door },
      }),
    );
    await expect(buildMime(parts).then((mime) => all(mime))).rejects.toMatchObject({ code });
  });

  it('are not opened by what HTML or names of files say', async () => {
    const here = import.meta.filename;
    const hrefs = [
      `file://${here}`,
      here,
      'http://127.0.0.1:1/x.png',
      'data:text/html;base64,eA==',
      'data:image/svg+xml;base64,eA==',
    ];
    const { raw, email } = await composed({
      to,
      html: hrefs.map((href) => `<img src="${href}"><link rel="stylesheet" href="${href}">`).join('\n'),
      attachments: [{ content: '', filename: here }],
    });
    expect(email.attachments).toMatchObject([{ filename: 'compose.test.ts' }]);
    for (const href of hrefs) expect(email.html).toContain(`<img src="${href}">`);
    // A word of this file.
    expect(raw + Buffer.from(raw.split('\r\n\r\n').at(-1) ?? '', 'base64')).not.toContain('nodemailer');
  });
});
