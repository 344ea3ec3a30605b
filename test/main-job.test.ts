import { ImapFlow } from 'imapflow';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeImapServers } from './support/imap-servers.ts';
import { composeMail } from './support/mail.ts';
import { accepted, eventsOf, startWorld, type World } from './support/world.ts';

/** What the embedded stand-in's event says, as far as these tests read it. */
interface Body {
  type: string;
  data: Record<string, unknown> & { mailbox: { id: string; address: string } };
}

const ada = 'ada@contoso.example';

describeImapServers('the main job', (imap) => {
  let world: World;
  let mailboxId: string;

  beforeAll(async () => {
    world = await startWorld({ imap });
  });
  afterAll(() => world?.stop());

  it('connects a mailbox from the link to the page that says so', async () => {
    const connected = await world.connect(ada, { label: 'Sales', ownerRef: 7 });
    expect(connected.page.status).toBe(200);
    expect(connected.page.text).toContain(ada);
    expect(connected.mailboxId).toMatch(/^mbx_\d{4}_[0-9A-Za-z]{16}$/);
    mailboxId = connected.mailboxId;
    const shown = await world.api('GET', `mailboxes/${mailboxId}`);
    expect(shown.body).toMatchObject({ address: ada, label: 'Sales', ownerRef: 7 });
  });

  it('tells NocoBase that the mailbox is connected', async () => {
    const [event] = await eventsOf(world, 1, accepted('mailbox.connected'));
    expect(event?.body).toMatchObject({
      type: 'mailbox.connected',
      data: { mailbox: { id: mailboxId, address: ada } },
    });
  });

  it('delivers nothing of what lay in the mailbox before', async () => {
    expect(world.standIns.nocobase.events({ type: 'message.received' })).toEqual([]);
  });

  it('delivers a new mail within one poll, signed, with text, html and the list of attachments', async () => {
    await world.standIns.imap.deliver(
      ada,
      await composeMail({
        from: '"Grace Hopper" <grace@contoso.example>',
        to: ada,
        subject: '报价 – offer',
        text: 'Plain words.',
        html: '<p>Rich words.</p><script>alert(1)</script>',
        attachments: [{ filename: 'prices.csv', content: 'a;1\n', contentType: 'text/csv' }],
      }),
    );
    const [event] = await eventsOf(world, 1, accepted('message.received'));
    if (event === undefined) throw new Error('no event');
    expect(event.verified).toBe(true);
    const body = event.body as Body;
    expect(body.data).toMatchObject({
      messageKey: event.id,
      subject: '报价 – offer',
      from: { name: 'Grace Hopper', address: 'grace@contoso.example' },
      mailbox: { id: mailboxId, address: ada, label: 'Sales', ownerRef: 7 },
      folder: { path: 'INBOX', role: 'inbox' },
      text: expect.stringContaining('Plain words.'),
      html: expect.stringContaining('Rich words.'),
      attachments: [{ filename: 'prices.csv', contentType: 'text/csv', inline: false }],
    });
    expect(body.data.html).not.toContain('script');
  });

  it('signs by the Standard Webhooks rules with the secret of the destination', async () => {
    const events = (await (await fetch(world.services.stack.events)).json()) as {
      items: { type: string; headers: Record<string, string>; body: unknown }[];
    };
    const event = events.items.find((each) => each.type === 'message.received');
    const verify = new Webhook(world.services.stack.webhookSecret);
    expect(() => verify.verify(JSON.stringify(event?.body), event?.headers ?? {})).not.toThrow();
    expect(() => verify.verify(`${JSON.stringify(event?.body)} `, event?.headers ?? {})).toThrow();
  });

  it('gives an access token that the IMAP server accepts, and no refresh token', async () => {
    const { status, body, headers } = await world.api('POST', `mailboxes/${mailboxId}/token`, { body: {} });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(Object.keys(body).sort()).toEqual(
      ['accessToken', 'expiresAt', 'expiresIn', 'scopes', 'tokenType', 'username'].sort(),
    );
    expect(body.expiresIn).toBeGreaterThan(600);
    const { host, port, secure } = world.services.stack.imap;
    const client = new ImapFlow({
      host,
      port,
      secure,
      logger: false,
      auth: { user: ada, accessToken: body.accessToken },
    });
    await client.connect();
    expect(await client.status('INBOX', { messages: true })).toMatchObject({ messages: 1 });
    await client.logout();
  });

  it('tells mail to oneself apart from received mail only by its folder', async () => {
    const raw = await composeMail({ from: ada, to: ada, subject: 'note to self', text: 'x' });
    // The fingerprint holds the time of arrival; Exchange puts both copies away in the same second.
    const date = new Date();
    await world.standIns.imap.deliver(ada, raw, { folder: 'Sent Items', date });
    await world.standIns.imap.deliver(ada, raw, { date });
    const events = await eventsOf(
      world,
      2,
      (event) => accepted('message.received')(event) && (event.body as Body).data.subject === 'note to self',
    );
    expect(events.map((event) => (event.body as Body).data.direction).sort()).toEqual(['in', 'out']);
    expect(new Set(events.map((event) => (event.body as Body).data.fingerprint)).size).toBe(1);
    expect(new Set(events.map((event) => event.id)).size).toBe(2);
  });

  it('ends on SIGTERM with exit code 0', async () => {
    expect(await world.stopHost()).toBe(0);
  });
});
