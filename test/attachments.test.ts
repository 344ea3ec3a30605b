import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleOf } from './support/bundle.ts';
import { composeMail } from './support/mail.ts';
import { accepted, eventsOf, startWorld, type World } from './support/world.ts';

interface Linked {
  readonly part: string;
  readonly filename: string;
  readonly url: string;
}

const ada = 'ada@contoso.example';
const pdf = randomBytes(2_500_000);
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe.each([
  ['whole', '../src/functions/index.ts'],
  ['as streams', 'support/streaming-entry.ts'],
])('attachments, in a host that takes answers %s', (_, entry) => {
  let world: World;
  let mailboxId: string;

  beforeAll(async () => {
    world = await startWorld({ bundle: await bundleOf(join(import.meta.dirname, entry)) });
    ({ mailboxId } = await world.connect(ada));
  });
  afterAll(async () => {
    await world?.stop();
  });

  const codeOf = async (answer: Response): Promise<[number, string]> => {
    const { code } = (await answer.json()) as { code: string };
    return [answer.status, code];
  };

  /** Delivers a mail with a file and an image, and answers what its event says. */
  const deliver = async (subject: string) => {
    await world.standIns.imap.deliver(
      ada,
      await composeMail({
        from: 'Grace <grace@contoso.example>',
        to: ada,
        subject,
        text: 'See below.',
        html: '<p>Look: <img src="cid:logo@x" alt="logo"></p>',
        attachments: [
          { filename: 'Preise 2026 – 报价.pdf', content: pdf, contentType: 'application/pdf' },
          { filename: 'logo.png', content: png, cid: 'logo@x', contentType: 'image/png' },
          { filename: 'page.html', content: '<script>alert(1)</script>', contentType: 'text/html' },
        ],
      }),
    );
    const [event] = await eventsOf(
      world,
      1,
      (each) => accepted('message.received')(each) && JSON.stringify(each.body).includes(`"${subject}"`),
    );
    const { data } = (event ?? { body: {} }).body as { data: { html: string; attachments: Linked[] } };
    const link = (name: string) => data.attachments.find(({ filename }) => filename.includes(name))?.url ?? '';
    return { ...data, link };
  };

  /** Does something in Ada's inbox as her mail program would. */
  const inHerInbox = async (work: (mailbox: ImapFlow) => Promise<unknown>) => {
    const { host, port, secure } = world.services.stack.imap;
    const accessToken = await world.standIns.entra.mint(ada);
    const mailbox = new ImapFlow({ host, port, secure, logger: false, auth: { user: ada, accessToken } });
    await mailbox.connect();
    await mailbox.mailboxOpen('INBOX');
    await work(mailbox);
    await mailbox.logout();
  };

  it('have links that bring exactly the file', async () => {
    const { attachments, link } = await deliver('files');
    for (const { url } of attachments) {
      expect(url.startsWith(`${world.url}/attachments?token=`)).toBe(true);
      expect(url.length).toBeLessThan(200);
    }
    const answer = await fetch(link('Preise'));
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(pdf)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="Preise 2026 _ __.pdf"; filename*=UTF-8''Preise%202026%20%E2%80%93%20%E6%8A%A5%E4%BB%B7.pdf`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'no-store',
    });
    const head = await fetch(link('Preise'), { method: 'HEAD' });
    expect([head.status, await head.text(), head.headers.get('content-type')]).toEqual([200, '', 'application/pdf']);
  });

  it('show the images of a mail where it is read, and no page of a stranger', async () => {
    const { html, link } = await deliver('images');
    expect(html).toContain(`<img src="${link('logo').replaceAll('&', '&amp;')}" alt="logo" style="max-width:100%" />`);
    const image = await fetch(link('logo'));
    expect(image.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await image.arrayBuffer()).equals(png)).toBe(true);
    expect((await fetch(link('page'))).headers.get('content-type')).toBe('application/octet-stream');
    const atOnce = await Promise.all(Array.from({ length: 12 }, () => fetch(link('logo'))));
    expect(atOnce.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
  });

  it('are found again after the folder was renumbered and the message was moved', async () => {
    const { link } = await deliver('moved');
    if (!('resetUidValidity' in world.standIns.imap)) throw new Error('the embedded server was asked for');
    world.standIns.imap.resetUidValidity(ada);
    const renumbered = await fetch(link('Preise'));
    expect(Buffer.from(await renumbered.arrayBuffer()).equals(pdf)).toBe(true);
    await inHerInbox((mailbox) => mailbox.messageMove({ subject: 'moved' }, 'Sent Items'));
    const moved = await fetch(link('Preise'));
    expect(Buffer.from(await moved.arrayBuffer()).equals(pdf)).toBe(true);
  });

  it('are gone with their message, and the answer says what to do', async () => {
    const { link } = await deliver('deleted');
    await inHerInbox((mailbox) => mailbox.messageDelete({ subject: 'deleted' }));
    const answer = await fetch(link('Preise'));
    expect(answer.status).toBe(410);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ code: 'message_gone', remedy: expect.stringMatching(/.{20}/) });
  });

  it('need a link of ours, whole and untouched', async () => {
    const url = (await deliver('forged')).link('logo');
    const token = new URL(url).searchParams.get('token') ?? '';
    const changed = `${token.slice(0, 60)}${token[60] === 'A' ? 'B' : 'A'}${token.slice(61)}`;
    for (const bad of ['', '?token=', '?token=x', `?token=${changed}`, `?token=${token}A`]) {
      const answer = await fetch(`${world.url}/attachments${bad}`);
      expect(await codeOf(answer)).toEqual([404, 'attachment_link_invalid']);
    }
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });

  it('come nowhere near the log', async () => {
    const { link } = await deliver('secret');
    await (await fetch(link('logo'))).arrayBuffer();
    const token = new URL(link('logo')).searchParams.get('token') ?? 'none';
    expect(world.output()).toContain('/api/attachments');
    expect(world.output()).not.toContain(token.slice(0, 40));
    expect(world.output()).not.toContain('token=');
  });

  it('attachment links end with their mailbox', async () => {
    const { link } = await deliver('removed');
    expect((await fetch(link('logo'))).status).toBe(200);
    expect((await world.api('DELETE', `mailboxes/${mailboxId}`)).status).toBe(204);
    const answer = await fetch(link('logo'));
    expect(await codeOf(answer)).toEqual([410, 'message_gone']);
  });
});
