import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { demoTenant, demoUsers } from '../local/demo/demo-users.ts';
import type { ReceivedEvent } from '../local/nocobase/stand-in.ts';
import { BrowserClient, hiddenField, type Page } from './support/browser-client.ts';
import { shortMail } from './support/mail.ts';
import { halves } from './support/wholeness.ts';
import { accepted, eventsOf, eventually, startWorld, type World, walk } from './support/world.ts';

// Mailboxes without a sign-in, addresses that are not sign-in names, and administrators: over HTTP, with mail.
const ada = 'ada@contoso.example';
const grace = 'grace@contoso.example';
const sales = 'sales@contoso.example';
const support = 'support@contoso.example';
const tickets = 'tickets@contoso.example';

let world: World;
beforeAll(async () => {
  const [first, ...others] = demoUsers;
  if (first?.address !== ada) throw new Error('the first demo user is another one');
  world = await startWorld({ users: [{ ...first, aliases: [sales] }, ...others] });
});
afterEach(() => world.standIns.entra.giveApp(['IMAP.AccessAsApp', 'SMTP.SendAsApp']));
afterAll(() => world?.stop());

const dataOf = (event: ReceivedEvent | undefined) => Object(Reflect.get(Object(event?.body), 'data'));
const received = (id: string, subject: string) => (event: ReceivedEvent) =>
  accepted('message.received')(event) && dataOf(event).mailbox.id === id && dataOf(event).subject === subject;
const heading = (page: Page): string => /<h1>(.*?)<\/h1>/.exec(page.text)?.[1] ?? '';

/** Puts a mail into a mailbox and waits until it has come to NocoBase as that of the mailbox `id`. */
async function expectMail(id: string, address: string, subject: string): Promise<ReceivedEvent> {
  await world.standIns.imap.deliver(address, await shortMail(address, subject));
  const [event] = await eventsOf(world, 1, received(id, subject));
  if (event === undefined) throw new Error('no event');
  return event;
}

const add = (body: Record<string, unknown>) => world.api('POST', 'mailboxes', { body });

describe('an address that is not the name she signs in with', () => {
  it('is connected for whom the directory knows it, and its mail comes under it', async () => {
    const { page, mailboxId } = await world.connect(ada, { expectedAddress: sales });
    expect(heading(page)).toBe('Your mailbox is connected');
    expect(mailboxId).toBe('');
    const found = await world.api('GET', `mailboxes?address=${sales}`);
    expect(found.body.items).toMatchObject([{ address: sales, login: ada, auth: 'delegated', shared: false }]);
    const id: string = found.body.items[0].id;
    expect(dataOf(await expectMail(id, ada, 'to an alias')).mailbox).toMatchObject({ id, address: sales });

    // Her own link again, and a link to reconnect: the same mailbox, at the address that the link says.
    const again = await world.connect(ada, { mailboxId: id, expectedAddress: undefined });
    expect(heading(again.page)).toBe('Your mailbox is connected');
    expect((await world.api('GET', `mailboxes/${id}`)).body.address).toBe(sales);
    expect((await world.connect(ada)).mailboxId).toBe(id);
    expect(await halves(world.store)).toEqual([]);
  });

  it('is refused for another person, with both addresses named', async () => {
    const { page } = await world.connect(grace, { expectedAddress: sales });
    expect(heading(page)).toBe('This is a different account');
    expect(page.text).toContain(sales);
    expect(page.text).toContain(grace);
    expect((await world.api('GET', `mailboxes?address=${grace}`)).body.items).toEqual([]);
  });
});

describe('a shared mailbox', () => {
  it('is read through a person, then through another, then by the app itself, and loses nothing on the way', async () => {
    const { mailboxId: own } = await world.connect(ada);
    const { mailboxId: other } = await world.connect(grace);
    const shared = await add({ address: support, viaMailboxId: own, label: 'Support' });
    expect(shared.status).toBe(201);
    expect(shared.body).toMatchObject({ address: support, auth: 'delegated', shared: true, label: 'Support' });
    expect(shared.body.warnings).toMatchObject([{ code: 'depends_on_person' }]);
    const id: string = shared.body.id;
    await expectMail(id, support, 'through Ada');

    // A token of the person opens the person's own mailbox, too: a key that lists only the shared one gets none.
    const tokenOf = async (...mailboxes: string[]) => {
      const expiresAt = new Date(Date.now() + 3_600_000);
      const made = await world.api('POST', 'keys', { body: { scopes: ['token'], mailboxes, expiresAt } });
      return world.api('POST', `mailboxes/${id}/token`, { body: {}, key: made.body.key });
    };
    expect((await tokenOf(id)).body.code).toBe('token_shared');
    expect((await tokenOf(id, own)).body).toMatchObject({ tokenType: 'Bearer', username: ada });

    const moved = await add({ address: support, viaMailboxId: other });
    expect([moved.status, moved.body.id]).toEqual([200, id]);
    await expectMail(id, support, 'through Grace');
    // Ada is not needed any more.
    expect((await world.api('DELETE', `mailboxes/${own}`)).status).toBe(204);

    const free = await add({ address: support, auth: 'app' });
    expect(free.body).toMatchObject({ id, auth: 'app', shared: false, warnings: [] });
    await expectMail(id, support, 'by the app');
    expect((await tokenOf(id, other)).body).toMatchObject({ code: 'token_app_only', status: 403 });
    const everything = await world.api('POST', `mailboxes/${id}/token`, { body: {} });
    expect(everything.body.code).toBe('token_app_only');

    expect((await world.api('DELETE', `mailboxes/${id}`)).status).toBe(204);
    await eventually('nothing half is left', async () => ((await halves(world.store)).length === 0 ? true : undefined));
  });

  it('is not added if the person may not open it', async () => {
    const { mailboxId } = await world.connect('lina@contoso.example');
    const refused = await add({ address: support, viaMailboxId: mailboxId });
    expect(refused.body).toMatchObject({ status: 422, code: 'shared_access_missing', who: 'tenant admin' });
    expect((await world.api('GET', `mailboxes?address=${support}`)).body.items).toEqual([]);
    // Nor does another log-in name help that is not hers.
    const patched = await world.api('PATCH', `mailboxes/${mailboxId}`, { body: { login: grace } });
    expect(patched.body.code).toBe('shared_access_missing');
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).body.login).toBe('lina@contoso.example');
  });
});

describe('a mailbox that the app opens', () => {
  it('needs no person, and no more than its address', async () => {
    const made = await add({ address: tickets });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ address: tickets, auth: 'app', state: 'active', warnings: [] });
    await expectMail(made.body.id, tickets, 'for the app');
  });

  it('is not added where the app was not given the mailbox, or nothing at all', async () => {
    expect((await add({ address: 'lina@contoso.example' })).body.code).toBe('app_access_missing');
    world.standIns.entra.giveApp([]);
    const { body } = await add({ address: 'sales-team@contoso.example' });
    expect(body).toMatchObject({ status: 422, code: 'app_access_missing' });
    expect(body.remedy).toContain('viaMailboxId');
  });
});

describe('an organisation whose people may not consent', () => {
  it('gets a link for its administrator on the owner’s page; after her consent the owner’s own link works', async () => {
    const { entra } = world.standIns;
    entra.requireAdminConsent();
    const made = await world.api('POST', 'connect-links', { body: { expectedAddress: 'lina@contoso.example' } });
    const owner = new BrowserClient();
    const refused = await walk(owner, made.body.url, world.standIns, 'lina@contoso.example');
    expect(heading(refused)).toBe('Your administrator has to approve first');
    const link = /<a href="([^"]*\/api\/tenant-consent\?token=[^"]*)"/.exec(refused.text)?.[1] ?? '';

    const admin = new BrowserClient();
    const asked = await admin.get(link);
    expect(heading(asked)).toBe('Allow the mail connection for your organisation');
    expect(asked.text).toContain(demoTenant);
    const token = hiddenField(asked, 'token');
    const away = async () => (await admin.post(link.split('?')[0] ?? '', { token })).location ?? '';
    const declined = await admin.get(await entra.signInAs(grace, await away(), { decline: true }));
    expect([declined.status, heading(declined)]).toEqual([403, 'No consent was given']);
    const callback = await entra.signInAs(grace, await away());
    // The tenant in the address is unverified.
    const forged = callback.replace(/tenant=[^&]*/, 'tenant=<script>');
    const accepted = await admin.get(forged);
    expect([accepted.status, heading(accepted)]).toEqual([200, 'Thank you, you are done here']);
    expect(accepted.text).not.toContain('script');
    expect((await new BrowserClient().get(callback)).status).toBe(400);
    expect((await admin.get(link)).status).toBe(410);

    const connected = await walk(owner, made.body.url, world.standIns, 'lina@contoso.example');
    expect(heading(connected)).toBe('Your mailbox is connected');
  });

  it('is asked by a link that an API key with the scope admin makes', async () => {
    const made = await world.api('POST', 'tenant-consent-links', { body: { permissions: 'app', label: 'IT' } });
    expect([made.status, made.body.tenant]).toEqual([201, demoTenant]);
    const admin = new BrowserClient();
    const page = await admin.get(made.body.url);
    expect(page.text).toContain('IT');
    const away = await admin.post(made.body.url.split('?')[0], { token: hiddenField(page, 'token') });
    expect(new URL(away.location ?? '').searchParams.get('scope')).toBe('https://outlook.office365.com/.default');
    const done = await admin.get(await world.standIns.entra.signInAs(grace, away.location ?? ''));
    expect(done.text).toContain('Add-MailboxPermission');
  });
});
