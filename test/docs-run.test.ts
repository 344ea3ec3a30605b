import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedImap } from '../local/mail/stand-ins.ts';
import type { ReceivedEvent } from '../local/nocobase/stand-in.ts';
import { deliveryId } from '../src/lib/domain/ids.ts';
import { encodeDead } from '../src/lib/store/rows/retry-row.ts';
import { BrowserClient } from './support/browser-client.ts';
import { blocksOf, firstColumn, readPage } from './support/page.ts';
import { describeNeeding } from './support/requirements.ts';
import { entry } from './support/rows.ts';
import { type ShellSession, startShell } from './support/shell-session.ts';
import { accepted, eventsOf, eventually, startWorld, type World, walk } from './support/world.ts';

const ada = 'ada@contoso.example';
const lina = 'lina@contoso.example';
const grace = 'grace@contoso.example';

const offer = [
  'From: Grace Hopper <grace@example.org>',
  'To: Ada Lovelace <ada@contoso.example>',
  'Subject: Offer for the greenhouse',
  'Message-ID: <offer-1@example.org>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="part"',
  '',
  '--part',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>Hello Ada, here are the <b>prices</b>.</p><script>alert(1)</script>',
  '--part',
  'Content-Type: text/csv; charset=utf-8; name="prices.csv"',
  'Content-Disposition: attachment; filename="prices.csv"',
  '',
  'position;price',
  'glass pane;12.50',
  '--part--',
  '',
].join('\r\n');

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.api('PATCH', `destinations/${world.services.destinationId}`, { body: { folderCounts: true } });
});
afterAll(() => world?.stop());

/** The fields of `data`, and within lists and objects only those of the object itself. */
const dataOf = (event: ReceivedEvent): Record<string, unknown> =>
  (event.body as { data: Record<string, unknown> }).data;

describeNeeding('curl', 'docs/builder.md', () => {
  const page = readPage('docs/builder.md');
  const blocks = blocksOf(page, 'sh');
  const folder = mkdtempSync(join(tmpdir(), 'builder-page-'));
  let shell: ShellSession;
  let messages: readonly ReceivedEvent[] = [];
  beforeAll(() => {
    shell = startShell(folder);
  });
  afterAll(() => {
    shell?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What a reader puts in the place of a value with an ellipsis. */
  const given: Record<string, () => Promise<string>> = {
    BROKER: async () => world.url.replace(/\/api$/, ''),
    // No more than the page asks for; the key of the local world may do everything.
    BROKER_KEY: async () =>
      (await world.api('POST', 'keys', { body: { scopes: ['admin', 'connect', 'read'] } })).body.key,
    DESTINATION: async () => world.services.destinationId,
    MAILBOX: async () =>
      // The page removes it before it comes to sending.
      (await world.api('GET', `mailboxes?address=${ada}`)).body.items[0]?.id ?? (await world.connect(ada)).mailboxId,
    DELIVERY: async () => {
      const { id, folders } = (await world.api('GET', `mailboxes?address=${ada}`)).body.items[0];
      const { key, hash, day } = entry(4_000_000, 20_000);
      const place = { mailboxId: id, folderId: folders[0].id, uidValidity: 1n, uid: 4_000_000, key, hash, day };
      const row = {
        ...place,
        reason: 'destination_refused_message' as const,
        status: 422,
        attempts: 5,
        at: new Date(),
      };
      await world.store.table('mail').insert(encodeDead(row));
      return deliveryId(id, key);
    },
    ATTACHMENT_URL: async () => {
      const [event] = messages;
      if (event === undefined) throw new Error('No mail has arrived.');
      return (dataOf(event).attachments as { url: string }[])[0]?.url ?? '';
    },
  };

  async function asReader(block: string): Promise<string> {
    const lines = await Promise.all(
      block.split('\n').map(async (line) => {
        const name = /^(\w+)=\S*…|^(BROKER)=/.exec(line)?.slice(1).find(Boolean);
        if (name === undefined) return line;
        const value = given[name];
        if (value === undefined) throw new Error(`Nobody says what ${name} is.`);
        return `${name}='${await value()}'`;
      }),
    );
    return lines.join('\n');
  }

  it('gives commands that work, in its order', async () => {
    expect(blocks.length).toBeGreaterThan(12);
    for (const block of blocks) {
      const output = await shell.run(await asReader(block));
      if (block.includes('broker destinations -d')) {
        expect(output).toMatch(/"signingSecret":"whsec_/);
        // A reader has the one that mail goes to; with two, a link would have to say which it means.
        await world.api('DELETE', `destinations/${JSON.parse(output).id}`);
      }
      if (block.includes('viaMailboxId')) expect(JSON.parse(output).warnings).toHaveLength(1);
      if (block.includes('"auth": "app"')) expect(JSON.parse(output)).toMatchObject({ auth: 'app', state: 'active' });
      if (block.includes('"expectedAddress"')) {
        const { url } = JSON.parse(output);
        expect(url).toContain('/api/connect?token=');
        expect((await walk(new BrowserClient(), url, world.standIns, ada)).text).toContain('Your mailbox is connected');
        await eventsOf(world, 1, accepted('mailbox.connected'));
        await world.standIns.imap.deliver(ada, offer);
        messages = await eventsOf(world, 1, accepted('message.received'));
      }
      if (block.includes('/test -X POST')) expect(JSON.parse(output)).toEqual({ accepted: true, status: 200 });
      if (block.includes('rotateSigningSecret')) {
        const secret = /^whsec_\S+$/m.exec(output)?.[0] ?? '';
        expect(secret).not.toBe('');
        world.standIns.nocobase.trust(secret);
      }
      if (block.includes('/token"')) expect(JSON.parse(output)).toMatchObject({ tokenType: 'Bearer', username: ada });
      if (block === 'broker mailboxes/$MAILBOX -X DELETE') {
        expect((await world.api('GET', `mailboxes?address=${ada}`)).body.items).toEqual([]);
      }
      if (block.includes('/bulk')) expect(JSON.parse(output).counts).toEqual({ accepted: 2, refused: 0, left: 0 });
      if (block.includes('/send')) {
        const answer = JSON.parse(output);
        if (block.includes('dryRun')) expect(answer).toMatchObject({ recipients: [grace], mime: expect.any(String) });
        else expect(answer.state).toMatch(/^(queued|sending|sent)$/);
      }
      if (block.includes('tenant-consent-links')) expect(output).toContain('/api/tenant-consent?token=');
    }
    expect(await shell.run('cat prices.csv')).toBe('position;price\r\nglass pane;12.50');
  });

  it('shows an event as one arrives', () => {
    const [shown = ''] = blocksOf(page, 'json');
    const [event] = messages;
    const example = JSON.parse(shown);
    const body = (event as ReceivedEvent).body as typeof example;
    const shape = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(shape)
        : value !== null && typeof value === 'object'
          ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
          : value === null
            ? null
            : typeof value;
    // Of a sign-up without a Date header and with other labels; the fields are the same.
    expect(shape({ ...body, data: { ...body.data, date: '' } })).toEqual(shape(example));
    expect(body.data).toMatchObject({ html: example.data.html, text: example.data.text });
  });

  it('gives code that knows the broker from a stranger', async () => {
    const [code = ''] = blocksOf(page, 'js');
    const { isFromBroker } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const [event] = messages;
    if (event === undefined) throw new Error('No mail has arrived.');
    const body = Buffer.from(JSON.stringify(event.body));
    const secret = world.services.stack.webhookSecret;
    expect(isFromBroker(event.headers, body, secret)).toBe(true);
    expect(isFromBroker(event.headers, Buffer.from(`${body} `), secret)).toBe(false);
    expect(isFromBroker({ ...event.headers, 'webhook-id': 'm_other' }, body, secret)).toBe(false);
    expect(isFromBroker({ ...event.headers, 'webhook-timestamp': '1700000000' }, body, secret)).toBe(false);
    expect(isFromBroker(event.headers, body, `whsec_${Buffer.alloc(32).toString('base64')}`)).toBe(false);
  });
});

describe('docs/events.md', () => {
  const page = readPage('docs/events.md');
  const withoutMailbox = ['secret.expiring', 'destination.test'];

  const documented = (type: string) => {
    const section = page.sections.find(({ heading }) => heading === `\`${type}\``);
    if (section === undefined) throw new Error(`docs/events.md says nothing of ${type}`);
    const fields = firstColumn(section.text).flat();
    if (!withoutMailbox.includes(type)) fields.push('mailbox');
    return {
      always: fields.filter((field) => !field.endsWith('?')),
      all: fields.map((field) => field.replace('?', '')),
    };
  };

  /** Brings about what happens to a mailbox in its life. */
  async function happen(): Promise<void> {
    const { entra } = world.standIns;
    const imap = world.standIns.imap as EmbeddedImap;
    const { destinationId } = world.services;
    const { mailboxId } = await world.connect(lina, { destinationId });
    const told = (type: string, count = 1) => eventsOf(world, count, (event) => of(mailboxId, type)(event));
    await told('mailbox.connected');
    await imap.deliver(lina, offer.replace('offer-1', 'offer-2'));
    await told('message.received');

    await inInbox(lina, async (client) => {
      await client.messageMove('1:*', 'Archive');
      await client.mailboxOpen('Archive');
      await client.messageMove('1:*', 'INBOX');
    });
    await told('message.updated');
    await inInbox(lina, (client) => client.messageFlagsAdd('1:*', ['\\Seen']));
    await told('message.updated', 2);
    await inInbox(lina, (client) => client.messageDelete('1:*'));
    await told('message.removed');

    imap.behave('refuse', { address: lina });
    imap.kill(lina);
    await told('mailbox.degraded');
    imap.behave('normal', { address: lina });
    await world.api('POST', `mailboxes/${mailboxId}/sync`);
    await told('mailbox.recovered');

    imap.resetUidValidity(lina);
    await told('folder.reset');

    // The token in memory would be good for an hour.
    entra.revoke(lina);
    await world.stopHost();
    await world.startHost();
    await told('mailbox.reconnect_required');
    await world.connect(lina, { expectedAddress: undefined, mailboxId });
    await told('mailbox.recovered', 2);

    // A refused log-in makes the broker ask for a new token.
    entra.failTokens({ grantType: 'refresh_token', error: 'access_denied', errorCodes: [90094] });
    imap.behave('refuse', { address: lina });
    imap.kill(lina);
    await told('mailbox.consent_required');
    entra.heal();
    imap.behave('normal', { address: lina });

    await world.api('POST', `destinations/${world.services.destinationId}/test`);
    await world.api('DELETE', `mailboxes/${mailboxId}`);
    await told('mailbox.removed');
  }

  const of = (mailboxId: string, type: string) => (event: ReceivedEvent) =>
    accepted(type)(event) && (dataOf(event).mailbox as { id?: string } | undefined)?.id === mailboxId;

  /** What her own mail program does. */
  async function inInbox(address: string, work: (client: ImapFlow) => Promise<unknown>): Promise<void> {
    const { host, port, secure } = world.services.stack.imap;
    const accessToken = await world.standIns.entra.mint(address);
    const client = new ImapFlow({ host, port, secure, auth: { user: address, accessToken }, logger: false });
    await client.connect();
    await client.mailboxOpen('INBOX');
    await work(client);
    await client.logout();
  }

  it('names the fields of every event that comes', async () => {
    await happen();
    await delay(100);
    const events = world.standIns.nocobase.events();
    const types = new Set(events.map(({ type }) => type));
    for (const type of [
      ...[
        'message.received',
        'message.updated',
        'message.removed',
        'folder.reset',
        'folder.counts',
        'mailbox.connected',
        'mailbox.degraded',
      ],
      ...['mailbox.recovered', 'mailbox.reconnect_required', 'mailbox.consent_required', 'mailbox.removed'],
      'destination.test',
    ]) {
      expect(types, type).toContain(type);
    }
    for (const event of events) {
      const { always, all } = documented(event.type);
      const fields = Object.keys(dataOf(event));
      expect(all, `${event.type}: not in the page`).toEqual(expect.arrayContaining(fields));
      expect(fields, `${event.type}: not in the event`).toEqual(expect.arrayContaining(always));
    }
  });

  it('names the link by which a mailbox is connected again', async () => {
    const [event] = world.standIns.nocobase.events({ type: 'mailbox.reconnect_required' });
    const { reconnect } = dataOf(event as ReceivedEvent) as { reconnect: { url: string } };
    await eventually('the page behind it', async () => (await fetch(reconnect.url)).status !== 0);
  });
});

describeNeeding('curl', 'README.md', () => {
  it('gives a command by which mail gets to the next person', async () => {
    const block = blocksOf(readPage('README.md'), 'sh').find((each) => each.includes('--mail-rcpt')) ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'readme-'));
    mkdirSync(join(folder, '.local'));
    writeFileSync(join(folder, '.local/stack.json'), JSON.stringify(world.services.stack));
    await world.connect(grace, { destinationId: world.services.destinationId });
    const shell = startShell(folder);
    try {
      await shell.run(block);
      await eventsOf(world, 1, (event) => accepted('message.received')(event) && dataOf(event).text === 'Hello Grace');
    } finally {
      shell.end();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
