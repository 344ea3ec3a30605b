import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserClient } from './support/browser-client.ts';
import { accepted, eventsOf, eventually, pressButton, startWorld, type World } from './support/world.ts';

// Notifications of new mail, through the app as it is deployed: there are no polls here without a bell.
const ada = 'ada@contoso.example';
const grace = 'grace@contoso.example';

let world: World;
let id: string;
beforeAll(async () => {
  world = await startWorld({ given: { GRAPH_PERMISSIONS: 'Mail.ReadBasic' }, pollIntervalSeconds: 3600, timers: [] });
  id = (await world.connect(ada)).mailboxId;
  // The first run of a shard is that of a tick; the next tick is an hour away.
  await world.poll();
  await eventsOf(world, 1, accepted('mailbox.connected'));
});
afterAll(() => world?.stop());

const subscribed = (address: string) =>
  world.standIns.graph.subscriptions.all().filter(({ mailbox }) => mailbox === address);

/** A mail for `address`, of which Graph then tells. */
async function announce(address: string, subject: string): Promise<readonly number[]> {
  const mail = `From: bob@elsewhere.example\r\nTo: ${address}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@x>\r\n\r\nHello\r\n`;
  await world.standIns.imap.deliver(address, Buffer.from(mail));
  return world.standIns.graph.subscriptions.ring(address);
}

it('subscribes to the watched folders of a mailbox that was connected, for a week', async () => {
  await eventually('two subscriptions', () => (subscribed(ada).length === 2 ? true : undefined));
  expect(subscribed(ada).map(({ resource }) => resource)).toEqual([
    "me/mailFolders('inbox')/messages",
    "me/mailFolders('sentitems')/messages",
  ]);
  for (const { expirationDateTime } of subscribed(ada)) {
    expect(Date.parse(expirationDateTime) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
  }
});

it('delivers a mail when its bell rings', async () => {
  expect(await announce(ada, 'announced')).toEqual([202]);
  const [event] = await eventsOf(world, 1, accepted('message.received'));
  expect(event?.body).toMatchObject({ data: { subject: 'announced', mailbox: { id } } });
});

it('answers a validation token as plain text, and no other', async () => {
  const ask = (token: string) =>
    fetch(`${world.url}/bell?validationToken=${encodeURIComponent(token)}`, { method: 'POST' });
  const answer = await ask('Validation: <script>alert(1)</script> & more');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain\b/);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await answer.text()).toBe('Validation: <script>alert(1)</script> & more');
  expect((await ask('x'.repeat(2049))).status).toBe(400);
  expect((await ask('')).status).toBe(400);
});

it('takes a forged notification like any other, and does nothing', async () => {
  const [real] = subscribed(ada);
  const forged = `${real?.clientState.slice(0, -2)}AA`;
  for (const body of [{ value: [{ clientState: forged }] }, { value: [] }, {}, { value: 'x' }]) {
    const answer = await world.api('POST', 'bell', { body, key: null });
    expect([answer.status, answer.body]).toEqual([202, '']);
  }
});

it('makes a subscription anew that Microsoft has removed', async () => {
  const before = subscribed(ada).map((one) => one.id);
  await world.standIns.graph.subscriptions.lifecycle(ada, 'subscriptionRemoved');
  await eventually('subscriptions', () => (subscribed(ada).length === 2 ? true : undefined));
  for (const one of subscribed(ada)) expect(before).not.toContain(one.id);
  expect(await announce(ada, 'after that')).toEqual([202]);
  await eventsOf(world, 2, accepted('message.received'));
});

it('connects a mailbox all the same whose owner does not grant the permission', async () => {
  const { entra } = world.standIns;
  entra.withhold(['Mail.ReadBasic']);
  const link = await world.api('POST', 'connect-links', { body: { expectedAddress: grace } });
  const browser = new BrowserClient();
  const away = await pressButton(browser, link.body.url);
  // Microsoft refuses, and the broker asks for less.
  const again = await browser.get(await entra.signInAs(grace, away.location ?? ''));
  await browser.get(await entra.signInAs(grace, again.location ?? ''));
  const { items } = (await world.api('GET', `mailboxes?address=${grace}`)).body;
  expect(items).toMatchObject([{ address: grace }]);
  const mailboxId: string = items[0].id;
  await eventually('the outcome', async () => {
    const row = await world.store.table('subscriptions').get(mailboxId.replace(/^mbx_(\d+)_.*/, 's$1'), mailboxId);
    return row?.values.code === 'consent_missing' ? true : undefined;
  });
  expect(subscribed(grace)).toEqual([]);
});

it('ends the subscriptions of a mailbox that is removed', async () => {
  await world.api('DELETE', `mailboxes/${id}`);
  await world.standIns.graph.subscriptions.ring(ada);
  await eventually('no subscription', () => (subscribed(ada).length === 0 ? true : undefined));
});
