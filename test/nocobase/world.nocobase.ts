import { setTimeout as delay } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserClient } from '../support/browser-client.ts';
import { composeMail, shortMail } from '../support/mail.ts';
import { filterOf } from '../support/nocobase/api.ts';
import { runDocumented } from '../support/nocobase/documented.ts';
import { type Nocobase, startNocobase } from '../support/nocobase/nocobase.ts';
import { blocksOf, readPage } from '../support/page.ts';
import { rowsOfTable } from '../support/tables.ts';
import { eventually, startWorld, type World, walk } from '../support/world.ts';

const [ada, grace, lina] = ['ada@contoso.example', 'grace@contoso.example', 'lina@contoso.example'];

let nocobase: Nocobase;
let world: World;
let apiKey: string;
let brokerPassword: string;

/** The whole world, with a real NocoBase in the place of the stand-in. */
beforeAll(async () => {
  nocobase = await startNocobase();
  const made = await runDocumented({ nocobase }, '1. The collections', '2. A role and an API key');
  apiKey = made.variables.API_KEY;
  brokerPassword = made.variables.BROKER_PASSWORD;
  world = await startWorld({ given: { PRIVATE_DESTINATIONS: `${nocobase.host}=127.0.0.1/32` } });
});
afterAll(async () => {
  await world?.stop();
  await nocobase?.stop();
});

/** Runs the commands of the page that make a destination; answers its id. */
async function destinationFrom(heading: '`collection`' | '`workflow`' | '`webhook` (commercial)'): Promise<string> {
  const before = await destinations();
  await runDocumented({ nocobase, broker: broker(), variables: { API_KEY: apiKey } }, heading);
  const made = (await destinations()).find(({ id }) => before.every((other) => other.id !== id));
  return made?.id ?? '';
}
const broker = () => ({ url: new URL(world.url).origin, key: world.services.stack.adminKey });
const destinations = async (): Promise<{ id: string; held?: { code: string } }[]> =>
  (await world.api('GET', 'destinations')).body.items;
const heldBecause = async (id: string): Promise<string | undefined> =>
  (await world.api('GET', `destinations/${id}`)).body.held?.code;

const put = async (to: string, ...subjects: string[]) => {
  for (const subject of subjects) await world.standIns.imap.deliver(to, await shortMail(to, subject));
};
const subjects = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${String(index).padStart(2, '0')}`);

const recordsOf = async (prefix: string): Promise<readonly Record<string, unknown>[]> =>
  nocobase.records('mail_messages', { subject: { $startsWith: `${prefix} ` } });

/** Waits until NocoBase has so many records, then looks that each is there once and whole. */
async function arrived(prefix: string, count: number): Promise<readonly Record<string, unknown>[]> {
  await eventually(
    `${count} records of ${prefix}`,
    async () => ((await recordsOf(prefix).catch(() => [])).length >= count ? true : undefined),
    150_000,
  );
  const records = await recordsOf(prefix);
  expect(records.map((record) => record.subject).sort()).toEqual(subjects(prefix, count));
  for (const record of records) expect(record.text).toContain(`About ${record.subject}.`);
  return records;
}

/** Rows of messages that were put aside, or given up. */
const aside = async (): Promise<string[]> =>
  (await rowsOfTable(world.store, 'mail')).map((row) => row.rowKey).filter((key) => /^[dx]!/.test(key));

let collection: string;
let workflowDestination: string;

describe('mail into a collection', () => {
  it('begins with the commands of the documentation, and a link', async () => {
    collection = await destinationFrom('`collection`');
    expect(collection).toMatch(/^dst_/);
    const { mailboxId } = await world.connect(ada, { label: 'Sales', ownerRef: 7, destinationId: collection });
    const [account] = await eventually('the record of the mailbox', async () => {
      const found = await nocobase.records('mail_accounts', { mailboxId });
      return found.length > 0 ? found : undefined;
    });
    expect(account).toMatchObject({ address: ada, label: 'Sales', ownerRef: '7', state: 'active', code: '' });
  });

  it('brings a mail with its attachments, whose links open from outside', async () => {
    const png = Buffer.from('89504e470d0a1a0a', 'hex');
    const raw = await composeMail({
      from: '"Grace Hopper" <grace@contoso.example>',
      to: [ada, 'team@contoso.example'],
      cc: 'cc@contoso.example',
      replyTo: 'reply@contoso.example',
      subject: 'whole 00',
      text: 'About whole 00.',
      html: '<p>See <img src="cid:logo"></p><script>x()</script>',
      attachments: [
        { filename: 'Preise für März.csv', content: 'a;1\n'.repeat(1000), contentType: 'text/csv' },
        { filename: 'logo.png', content: png, contentType: 'image/png', cid: 'logo', contentDisposition: 'inline' },
      ],
    });
    await world.standIns.imap.deliver(ada, raw);
    const [record] = await arrived('whole', 1);
    expect(record).toMatchObject({
      direction: 'in',
      fromAddress: grace,
      fromName: 'Grace Hopper',
      toAddresses: `${ada}, team@contoso.example`,
      ccAddresses: 'cc@contoso.example',
      replyToAddresses: 'reply@contoso.example',
      mailboxAddress: ada,
      ownerRef: '7',
      folderPath: 'INBOX',
      folderRole: 'inbox',
      hasAttachments: true,
      seen: false,
      removed: false,
    });
    expect(record?.html).not.toContain('script');
    const event = record?.raw as { data: { attachments: { filename: string; url: string; inline: boolean }[] } };
    const { attachments } = event.data;
    expect(attachments).toHaveLength(2);
    const file = attachments.find(({ filename, inline }) => filename === 'Preise für März.csv' && !inline);
    const image = attachments.find(({ filename, inline }) => filename === 'logo.png' && inline);
    expect(await (await fetch(file?.url ?? '')).text()).toBe('a;1\n'.repeat(1000));
    expect(Buffer.from(await (await fetch(image?.url ?? '')).arrayBuffer())).toEqual(png);
    expect(record?.html).toContain(image?.url.replaceAll('&', '&amp;'));
  });

  it('uploads the files where the field for them is named, once each, also when the broker is killed in the middle', async () => {
    const uploading = (attachments?: string) =>
      world.api('PATCH', `destinations/${collection}`, {
        body: {
          auth: { type: 'bearer', token: apiKey },
          collections: {
            messages: 'mail_messages',
            accounts: 'mail_accounts',
            outbox: 'mail_outbox',
            ...(attachments === undefined ? {} : { attachments }),
          },
        },
      });
    expect((await uploading('attachments')).status).toBe(200);
    const content = (subject: string) => `${subject};Grüße\n`.repeat(20_000);
    for (const subject of subjects('filed', 12)) {
      const raw = await composeMail({
        from: grace,
        to: [ada],
        subject,
        text: `About ${subject}.`,
        attachments: [{ filename: `Preise ${subject} März.csv`, content: content(subject), contentType: 'text/csv' }],
      });
      await world.standIns.imap.deliver(ada, raw);
    }
    await eventually('the first of them', async () => ((await recordsOf('filed')).length >= 3 ? true : undefined));
    await world.killHost();
    await world.startHost();
    await arrived('filed', 12);
    const filter = filterOf({ subject: { $startsWith: 'filed ' } });
    const { data } = await nocobase.ask(`mail_messages:list?appends=attachments&paginate=false&${filter}`);
    const root = await nocobase.signIn(nocobase.root.account, nocobase.root.password);
    for (const record of data) {
      expect(record.attachments).toMatchObject([{ title: `Preise ${record.subject} März`, mimetype: 'text/csv' }]);
      const url = new URL(record.attachments[0].url, nocobase.url);
      const file = await fetch(url, { headers: { authorization: `Bearer ${root}` } });
      expect(await file.text()).toBe(content(record.subject));
      expect(record.raw.data).toMatchObject({
        truncated: [],
        attachments: [{ url: expect.stringContaining('token=') }],
      });
    }
    expect((await uploading()).status).toBe(200);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'brings 50 mails once each when NocoBase is restarted by %s in the middle',
    async (signal) => {
      const prefix = `restart-${signal}`;
      await put(ada, ...subjects(prefix, 50));
      await eventually('the first of them', async () => ((await recordsOf(prefix)).length >= 5 ? true : undefined));
      await nocobase.end(signal);
      await nocobase.begin();
      await nocobase.untilServing();
      await arrived(prefix, 50);
      expect(await aside()).toEqual([]);
    },
    300_000,
  );

  it('brings mails whole when the database of NocoBase is restarted in the middle, again and again', async () => {
    for (const awayMs of [200, 800, 5000]) {
      const prefix = `database-${awayMs}`;
      await put(ada, ...subjects(prefix, 40));
      await eventually('the first of them', async () => ((await recordsOf(prefix)).length >= 3 ? true : undefined));
      await nocobase.database.stop();
      await delay(awayMs);
      await nocobase.database.start();
      await arrived(prefix, 40);
    }
    expect(await aside()).toEqual([]);
  });

  it('brings 50 mails once each when the broker is killed in the middle', async () => {
    await put(ada, ...subjects('killed', 50));
    await eventually('the first of them', async () => ((await recordsOf('killed')).length >= 5 ? true : undefined));
    await world.killHost();
    await world.startHost();
    await arrived('killed', 50);
    expect(await aside()).toEqual([]);
  });

  it('follows what its owner does to a mail, and does not recreate a record that was deleted here', async () => {
    await put(ada, ...subjects('changed', 3));
    await arrived('changed', 3);
    const [gone, ...rest] = subjects('changed', 3);
    await nocobase.ask(`mail_messages:destroy?${filterOf({ subject: gone })}`, {});
    const mailbox = (await world.api('GET', `mailboxes?address=${ada}`)).body.items[0].id;
    const { accessToken } = (await world.api('POST', `mailboxes/${mailbox}/token`, { body: {} })).body;
    const client = new ImapFlow({ ...world.services.stack.imap, logger: false, auth: { user: ada, accessToken } });
    await client.connect();
    try {
      await client.mailboxOpen('INBOX');
      await client.messageFlagsAdd({ header: { subject: 'changed' } }, ['\\Seen', '\\Flagged']);
      // Records come in no promised order.
      const states = async () =>
        (await recordsOf('changed'))
          .map(({ subject, seen, flagged, removed }) => ({ subject, seen, flagged, removed }))
          .toSorted((a, b) => String(a.subject).localeCompare(String(b.subject)));
      const all = (removed: boolean) => rest.map((subject) => ({ subject, seen: true, flagged: true, removed }));
      await expect.poll(states, { timeout: 60_000 }).toEqual(all(false));
      await client.messageDelete({ header: { subject: 'changed' } });
      await expect.poll(states, { timeout: 90_000 }).toEqual(all(true));
    } finally {
      await client.logout();
    }
    expect(await heldBecause(collection)).toBeUndefined();
    // Every event was accepted, those about the record that is gone too.
    const waiting = async () =>
      (await rowsOfTable(world.store, 'mail')).filter(({ rowKey }) => rowKey.startsWith('o!'));
    await expect.poll(waiting, { timeout: 30_000 }).toEqual([]);
  });

  it('waits when the API key is deleted in the middle, gives nothing up, and brings everything with a new one', async () => {
    await put(ada, ...subjects('revoked', 15));
    await eventually('the first of them', async () => ((await recordsOf('revoked')).length >= 3 ? true : undefined));
    const fresh = await withRightToMakeKeys(async (token) => {
      const { data } = (await nocobase.askAs(token, 'apiKeys:list')).body;
      for (const { id } of data) await nocobase.askAs(token, `apiKeys:destroy?filterByTk=${id}`, {});
      const wanted = { name: 'the next', role: { name: 'mail_broker' }, expiresIn: '30d' };
      return (await nocobase.askAs(token, 'apiKeys:create', wanted)).body.data.token as string;
    });
    await put(ada, ...subjects('revoked', 30).slice(15));
    await eventually('the hold', async () => (await heldBecause(collection)) === 'destination_unauthorised');
    const stayed = (await recordsOf('revoked')).length;
    expect(stayed).toBeLessThan(30);
    apiKey = fresh;
    const body = { auth: { type: 'bearer', token: fresh } };
    expect((await world.api('PATCH', `destinations/${collection}`, { body })).status).toBe(200);
    await arrived('revoked', 30);
    expect(await heldBecause(collection)).toBeUndefined();
    expect(await aside()).toEqual([]);
  });

  it('waits while the role is removed, and resumes when it is given back', async () => {
    await nocobase.ask('roles/mail_broker/users:remove', [2]);
    try {
      await put(ada, ...subjects('role', 10));
      await eventually('the hold', async () => (await heldBecause(collection)) === 'destination_unauthorised');
      expect(await recordsOf('role')).toEqual([]);
    } finally {
      await nocobase.ask('roles/mail_broker/users:add', [2]);
    }
    await arrived('role', 10);
    expect(await aside()).toEqual([]);
  });

  it('rejects a collection whose key is not unique, and says how to fix it', async () => {
    const fields = [{ name: 'messageKey', title: 'Key', interface: 'input' }];
    await nocobase.ask('collections:apply', { name: 'mail_loose', title: 'Loose', template: 'general', fields });
    const { status, body } = await world.api('POST', 'destinations', {
      body: {
        type: 'collection',
        name: 'loose',
        url: `${nocobase.url}/api`,
        auth: { type: 'bearer', token: apiKey },
        collections: { messages: 'mail_loose', accounts: 'mail_accounts', outbox: 'mail_outbox' },
      },
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'destination_unfit', remedy: expect.stringContaining('unique') });
    expect(JSON.stringify(body)).not.toContain(apiKey);
  });
});

describe('mail into a workflow', () => {
  it('comes in order, once each, beside another mailbox that goes into a collection', async () => {
    workflowDestination = await destinationFrom('`workflow`');
    await world.connect(grace, { destinationId: workflowDestination });
    await put(grace, ...subjects('flow', 10));
    await put(ada, ...subjects('beside', 10));
    const records = await arrived('flow', 10);
    expect(records.map((record) => record.subject)).toEqual(subjects('flow', 10));
    await arrived('beside', 10);
    expect(await heldBecause(workflowDestination)).toBeUndefined();
  });

  it('brings links to the files of a mail, which open from outside', async () => {
    const raw = await composeMail({
      from: ada,
      to: [grace],
      subject: 'flow-files 00',
      text: 'About flow-files 00.',
      attachments: [{ filename: 'prices.csv', content: 'a;1\n'.repeat(1000), contentType: 'text/csv' }],
    });
    await world.standIns.imap.deliver(grace, raw);
    const [record] = await arrived('flow-files', 1);
    const event = record?.raw as { data: { attachments: { filename: string; url: string }[] } };
    expect(event.data.attachments).toMatchObject([{ filename: 'prices.csv' }]);
    expect(await (await fetch(event.data.attachments[0]?.url ?? '')).text()).toBe('a;1\n'.repeat(1000));
  });

  it('waits while it is switched off or the role is taken away, and comes once each and in order afterwards', async () => {
    const workflow = (await nocobase.ask(`workflows:list?${filterOf({ key: 'mail_in' })}`)).data[0].id;
    const switched = (enabled: boolean) => nocobase.ask(`workflows:update?filterByTk=${workflow}`, { enabled });
    const destination = workflowDestination;
    const troubles: readonly (readonly [string, string, () => Promise<unknown>, () => Promise<unknown>])[] = [
      ['flow-off', 'destination_workflow_off', () => switched(false), () => switched(true)],
      [
        'flow-role',
        'destination_unauthorised',
        () => nocobase.ask('roles/mail_broker/users:remove', [2]),
        () => nocobase.ask('roles/mail_broker/users:add', [2]),
      ],
    ];
    for (const [prefix, code, take, giveBack] of troubles) {
      await put(grace, ...subjects(prefix, 2));
      await arrived(prefix, 2);
      await take();
      try {
        await put(grace, ...subjects(prefix, 8).slice(2));
        await eventually(`the hold ${code}`, async () => (await heldBecause(destination)) === code, 100_000);
      } finally {
        await giveBack();
      }
      const records = await arrived(prefix, 8);
      expect(records.map((record) => record.subject)).toEqual(subjects(prefix, 8));
    }
    expect(await aside()).toEqual([]);
  });

  it('comes once each when NocoBase is killed in the middle', async () => {
    await put(grace, ...subjects('flow-killed', 20));
    await eventually('the first', async () => ((await recordsOf('flow-killed')).length >= 3 ? true : undefined));
    await nocobase.end('SIGKILL');
    await nocobase.begin();
    await nocobase.untilServing();
    await arrived('flow-killed', 20);
    expect(await aside()).toEqual([]);
    // A busy machine needs its time to start it again.
  }, 300_000);
});

describe('a button of NocoBase', () => {
  it('gives the user who presses it the link to their own mailbox, as the page for builders shows', async () => {
    const { body } = await world.api('POST', 'keys', { body: { scopes: ['connect'], label: 'button' } });
    // There is more than one destination here, so the link has to name its own.
    const also = blocksOf(readPage('docs/builder.md'), 'sh nocobase').map((block) =>
      block.replace('\\"ownerRef\\":', `\\"destinationId\\": \\"${collection}\\", $&`),
    );
    expect(also).toEqual([expect.stringContaining(collection)]);
    await runDocumented({ nocobase, broker: broker(), variables: { CONNECT_KEY: body.key }, also });
    const user = { username: 'lina', email: lina, password: 'the password of lina', roles: [{ name: 'member' }] };
    const made = await nocobase.ask('users:create', user);
    const session = await nocobase.signIn(user.username, user.password);
    // Regardless of what is sent: the address is that of the session.
    const forged = { data: { email: ada }, user: { email: ada } };
    const answer = await nocobase.askAs(session, 'workflows:trigger?triggerWorkflows=connect_mailbox', forged);
    expect(answer.status).toBe(200);
    const [, link = ''] = /^Open this link: (\S+)$/.exec(answer.body.messages[0].message) ?? [];
    const page = await walk(new BrowserClient(), link, world.standIns, lina);
    expect(page.text).toContain(lina);
    const { items } = (await world.api('GET', `mailboxes?address=${lina}`)).body;
    expect(items).toMatchObject([{ address: lina, ownerRef: made.data.id }]);
  });
});

describe('the webhook trigger', () => {
  it('is not in the free edition: the destination can be made, and its test says that nothing is there', async () => {
    const webhook = await destinationFrom('`webhook` (commercial)');
    const { body } = await world.api('POST', `destinations/${webhook}/test`);
    expect(body).toMatchObject({ accepted: false, status: 404, code: 'destination_not_found' });
  });
});

/** The broker's own user may make and delete keys for as long as `work` takes; by default it may not. */
async function withRightToMakeKeys<T>(work: (token: string) => Promise<T>): Promise<T> {
  const permit = (snippets: readonly string[]) => nocobase.ask('roles:update?filterByTk=mail_broker', { snippets });
  await permit(['!ui.*', '!pm', 'pm.api-keys.configuration']);
  try {
    return await work(await nocobase.signIn('mail-broker', brokerPassword));
  } finally {
    await permit(['!ui.*', '!pm', '!pm.*']);
  }
}
