import { describe, expect, it } from 'vitest';
import vectors from '../../../../test/vectors.json' with { type: 'json' };
import type { Attachment, ReadMessage } from '../../domain/mail/message.ts';
import { consoleLog } from '../../log.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import { loadSanitizer } from '../sanitize/sanitize.ts';
import { buildMessageReceived, type MessageReceivedInput, threadKey } from './message-event.ts';
import { decodeMessageRef } from './message-ref.ts';
import { bodyOf, createRenderer } from './render.ts';

const message: ReadMessage = {
  meta: {
    uid: 4711,
    internalDate: new Date('2026-11-22T08:00:01Z'),
    size: 12_345,
    seen: false,
    flagged: true,
    answered: false,
    messageId: '<CAF+1@mail.contoso.example>',
    date: 'Sun, 22 Nov 2026 09:00:00 +0100',
    from: 'Grace Hopper <grace@contoso.example>',
    subject: '=?utf-8?q?Gr=C3=BC=C3=9Fe?=',
    received: 'from mail.contoso.example by mx.contoso.example id 1; Sun, 22 Nov 2026 08:00:01 +0000',
  },
  messageId: '<CAF+1@mail.contoso.example>',
  inReplyTo: '<CAF+0@mail.contoso.example>',
  references: ['<root@mail.contoso.example>', '<CAF+0@mail.contoso.example>'],
  subject: 'Grüße',
  from: { name: 'Grace Hopper', address: 'grace@contoso.example' },
  to: [{ name: 'Ada', address: 'ada@contoso.example' }],
  cc: [{ name: '', address: 'team@contoso.example' }],
  bcc: [],
  replyTo: [{ name: 'Office', address: 'office@contoso.example' }],
  date: new Date('2026-11-22T08:00:00Z'),
  text: 'Hello Ada,\r\n\r\nthe engine   runs.\r\n\r\n> quoted\r\n',
  html: '<p>Hello Ada,</p><script>alert(1)</script>',
  truncated: ['headers'],
  attachments: [
    { part: '2', filename: 'plan.pdf', contentType: 'application/pdf', size: 9000, inline: false },
    { part: '1.3', filename: 'logo.png', contentType: 'image/png', size: 300, inline: true, contentId: 'logo@x' },
  ],
  autoReply: false,
  bounce: undefined,
  calendar: undefined,
};

const input: MessageReceivedInput = {
  key: 'm_0123456789abcdefABCDEF',
  mailbox: { id: 'mbx_0000_0123456789abcdef', address: 'ada@contoso.example', label: 'Sales', ownerRef: 7 },
  folder: { id: 'f1234567', path: 'INBOX', role: 'inbox' },
  uidValidity: 1_700_000_000n,
  message,
  seemsNew: true,
  late: false,
};

const dataOf = (change: Partial<MessageReceivedInput>) => buildMessageReceived({ ...input, ...change }).data;

describe('message.received', () => {
  it('gives each attachment its link, and shows the images in the text by it', async () => {
    const asked: unknown[] = [];
    const renderer = createRenderer({
      log: consoleLog(() => undefined),
      loadSanitizer,
      attachmentLinks: async () => (place) => {
        asked.push(place);
        return place.part === '2' ? undefined : `https://broker.example/${place.part}`;
      },
    });
    const html = '<p>Look: <img src="cid:logo@x"> <img src="cid:none@x"></p>';
    const event = buildMessageReceived({ ...input, message: { ...message, html } });
    const sent = await renderer.received(event, { rawHtml: false });
    expect(sent.attachments).toMatchObject([
      { part: '2', url: null },
      { part: '1.3', contentId: 'logo@x', url: 'https://broker.example/1.3' },
    ]);
    expect(sent.html).toBe(
      '<p>Look: <img src="https://broker.example/1.3" style="max-width:100%" /> <img src="cid:none@x" style="max-width:100%" /></p>',
    );
    // As a saved page has them (RFC 2557).
    const located = message.attachments.map((each) => ({ ...each, location: 'pics/logo.png' })).slice(1);
    const page = { ...message, html: '<img src=" pics/logo.png "><img src="pics/none.png">', attachments: located };
    const shown = await renderer.received(buildMessageReceived({ ...input, message: page }), { rawHtml: false });
    expect(shown.html).toContain('<img src="https://broker.example/1.3"');
    expect(shown.html).not.toContain('none.png');
    expect(asked[0]).toMatchObject({
      mailboxId: input.mailbox.id,
      folderId: 'f1234567',
      uidValidity: 1_700_000_000n,
      uid: 4711,
      day: dayOf(message.meta.internalDate),
      part: '2',
    });
    const raw = await renderer.received(event, { rawHtml: true });
    expect(raw).toMatchObject({ html, attachments: [{ url: null }, { url: 'https://broker.example/1.3' }] });
  });

  it('asks for no key where there is no attachment', async () => {
    const renderer = createRenderer({
      log: consoleLog(() => undefined),
      loadSanitizer,
      attachmentLinks: () => Promise.reject(new Error('asked')),
    });
    const event = buildMessageReceived({ ...input, message: { ...message, attachments: [] } });
    expect(await renderer.received(event, { rawHtml: false })).toMatchObject({ attachments: [] });
    await expect(renderer.received(buildMessageReceived(input), { rawHtml: false })).rejects.toThrow('asked');
  });

  it('has every field, in the published form', async () => {
    const event = buildMessageReceived(input);
    const renderer = createRenderer({ log: consoleLog(() => undefined), loadSanitizer });
    const sent = bodyOf(event, await renderer.received(event, { rawHtml: false }));
    const body = JSON.stringify(JSON.parse(sent), undefined, 2);
    await expect(`${body}\n`).toMatchFileSnapshot('message-received.golden');
    expect(event.id).toBe(input.key);
  });

  it('lists a hundred ancestors at most, the first of all among them', () => {
    const references = Array.from({ length: 300 }, (_, n) => `<${n}@x>`);
    const told = dataOf({ message: { ...message, references } }).references;
    expect(told).toEqual(['<0@x>', ...references.slice(-99)]);
    expect(dataOf({ message: { ...message, references: references.slice(0, 100) } }).references).toHaveLength(100);
  });

  it('marks a signature', () => {
    const signature: Attachment = {
      ...{ part: '3', filename: 'smime.p7s', contentType: 'application/pkcs7-signature', size: 9 },
      ...{ inline: true, signature: true },
    };
    const [plan, signed] = Object(
      dataOf({ message: { ...message, attachments: [...message.attachments.slice(0, 1), signature] } }).attachments,
    );
    expect(signed).toMatchObject({ signature: true, inline: true });
    expect(plan).not.toHaveProperty('signature');
  });

  it('is the same for the same message', () => {
    expect(buildMessageReceived(input)).toEqual(buildMessageReceived(structuredClone(input)));
  });

  it('refers to the message where it lies', () => {
    expect(decodeMessageRef(String(dataOf({}).messageRef))).toMatchObject({
      folderId: 'f1234567',
      uidValidity: 1_700_000_000n,
      uid: 4711,
    });
  });

  it('leaves text and html out of the metadata variant and says so, under the same id', () => {
    const event = buildMessageReceived({ ...input, variant: 'metadata' });
    expect(event.id).toBe(input.key);
    expect(event.data).toMatchObject({ text: null, html: null, truncated: ['headers', 'text', 'html'] });
  });

  it('says null, and not nothing, where a mail lacks something', () => {
    const bare: ReadMessage = {
      ...message,
      messageId: undefined,
      inReplyTo: undefined,
      references: [],
      from: undefined,
      date: undefined,
      html: undefined,
      text: '',
    };
    const mailbox = { ...input.mailbox, label: undefined, ownerRef: undefined };
    const folder = { id: 'f1234567', path: 'X', role: undefined };
    const full = Object.keys(dataOf({}));
    const data: unknown = JSON.parse(JSON.stringify(dataOf({ message: bare, mailbox, folder })));
    expect(Object.keys(Object(data))).toEqual(full);
    expect(data).toMatchObject({ from: null, date: null, html: null, messageId: null, snippet: '' });
  });

  it.each([
    ['inbox', 'grace@contoso.example', 'in'],
    ['inbox', 'Ada@Contoso.example', 'in'],
    ['sent', 'ada@contoso.example', 'out'],
    ['sent', 'alias@contoso.example', 'out'],
    ['drafts', 'ada@contoso.example', 'out'],
    ['archive', 'Ada@Contoso.example', 'out'],
    ['archive', 'grace@contoso.example', 'in'],
    [undefined, undefined, 'in'],
  ] as const)('mail in the folder %s from %s is going %s', (role, from, direction) => {
    const sender = from === undefined ? undefined : { name: '', address: from };
    const data = dataOf({ folder: { ...input.folder, role }, message: { ...message, from: sender } });
    expect(data.direction).toBe(direction);
  });
});

describe('a threadKey', () => {
  const of = (change: Partial<ReadMessage>) => threadKey({ ...message, ...change });
  const root = '<root@mail.contoso.example>';

  it('is computed as it always was', () => {
    expect(of({ references: [vectors.threadRoot] })).toBe(vectors.threadKey);
  });

  it('is shared by the first message, its answers and their answers', () => {
    const first = of({ messageId: root, references: [], inReplyTo: undefined });
    const answer = of({ messageId: '<2@x>', references: [], inReplyTo: root });
    const answerToThat = of({ messageId: '<3@x>', references: [root, '<2@x>'], inReplyTo: '<2@x>' });
    expect(new Set([first, answer, answerToThat, of({})]).size).toBe(1);
    expect(first).toMatch(/^t_[\w-]{22}$/);
  });

  it('is shared by the hundred and first answer, and by those after it', () => {
    const ids = Array.from({ length: 300 }, (_, n) => `<${n}@x>`);
    const keys = [1, 99, 100, 101, 102, 300].map((count) =>
      of({ references: [root, ...ids.slice(0, count)], inReplyTo: ids[count - 1] }),
    );
    expect(new Set([...keys, of({})]).size).toBe(1);
  });

  it('is shared where the sender lists the newest ancestor first', () => {
    expect(of({ references: ['<2@x>', '<1@x>', root], inReplyTo: '<2@x>' })).toBe(of({}));
    expect(of({ references: ['<2@x>'], inReplyTo: '<2@x>' })).not.toBe(of({}));
  });

  it('follows the first mail of the conversation that was found in the mailbox', () => {
    expect(of({ references: ['<2@x>'], inReplyTo: '<2@x>', threadRoot: root })).toBe(of({}));
  });

  it('differs between conversations, also of mails that name nothing', () => {
    const bare = { messageId: undefined, references: [], inReplyTo: undefined };
    const meta = { ...message.meta, messageId: undefined };
    const keys = [of({}), of({ ...bare, meta }), of({ ...bare, meta: { ...meta, subject: 'other' } })];
    expect(new Set(keys).size).toBe(3);
  });
});
