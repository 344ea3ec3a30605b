import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedImap } from '../local/mail/stand-ins.ts';
import type { ReceivedEvent } from '../local/nocobase/stand-in.ts';
import { BrowserClient } from './support/browser-client.ts';
import { shortMail } from './support/mail.ts';
import { accepted, eventsOf, eventually, pollsPass, startWorld, type World, walk } from './support/world.ts';

// A person's consent is revoked while mail keeps arriving: from Microsoft's answer to the link that NocoBase gets, and
// back.
const ada = 'ada@contoso.example';
const grace = 'grace@contoso.example';
const lina = 'lina@contoso.example';

let world: World;
beforeAll(async () => {
  // Tokens that last for less than ten minutes are renewed with every log-in.
  world = await startWorld({ accessTokenSeconds: 120, movableTime: true });
});
afterEach(() => {
  world.standIns.entra.heal();
  world.standIns.nocobase.mode({ status: 200 });
});
afterAll(() => world?.stop());

const imap = () => world.standIns.imap as EmbeddedImap;
const dataOf = (event: ReceivedEvent | undefined) => Object(Reflect.get(Object(event?.body), 'data'));
const isAbout = (id: string, type: string) => (event: ReceivedEvent) =>
  accepted(type)(event) && Reflect.get(Object(dataOf(event).mailbox), 'id') === id;
const subjectsOf = (id: string): string[] =>
  world.standIns.nocobase
    .events()
    .filter(isAbout(id, 'message.received'))
    .map((event) => String(dataOf(event).subject));
const arrive = async (address: string, subject: string) => imap().deliver(address, await shortMail(address, subject));
const shownAs = async (id: string) => (await world.api('GET', `mailboxes/${id}`)).body;
const requests = () => world.standIns.entra.requests().token.refresh_token;

/** Waits for the one event of this type about this mailbox, and makes sure that it stays the only one. */
async function theOnly(id: string, type: string): Promise<ReceivedEvent> {
  const [event] = await eventsOf(world, 1, isAbout(id, type));
  await pollsPass(world, 3);
  const all = world.standIns.nocobase.events().filter(isAbout(id, type));
  expect(all.map((each) => each.id)).toEqual([event?.id]);
  if (event === undefined) throw new Error('no event');
  return event;
}

describe('a consent that was taken back', () => {
  it('ends polling with one event and a link; through the link everything comes that arrived meanwhile', async () => {
    const { mailboxId } = await world.connect(ada);
    await arrive(ada, 'before');
    await eventsOf(world, 1, isAbout(mailboxId, 'message.received'));

    world.standIns.entra.revoke(ada);
    imap().kill(ada);
    const event = await theOnly(mailboxId, 'mailbox.reconnect_required');
    expect(event.verified).toBe(true);
    const { code, sentence, remedy, who, reconnect } = dataOf(event);
    expect({ code, who }).toEqual({ code: 'grant_revoked', who: 'mailbox owner' });
    expect(sentence).toBeTruthy();
    expect(remedy).toContain('reconnect it');
    const days = (Date.parse(reconnect.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(13.9);
    expect(days).toBeLessThanOrEqual(14);
    expect(await shownAs(mailboxId)).toMatchObject({ state: 'reconnect_required', code: 'grant_revoked' });

    // Nothing is asked of Microsoft or of the mailbox any more.
    const [asked, logins] = [requests(), imap().logins()];
    for (let index = 0; index < 5; index++) await arrive(ada, `meanwhile ${index}`);
    await pollsPass(world, 3);
    expect([requests(), imap().logins()]).toEqual([asked, logins]);
    expect(subjectsOf(mailboxId)).toEqual(['before']);

    // Someone else's sign-in does not do.
    const wrong = await walk(new BrowserClient(), reconnect.url, world.standIns, grace);
    expect(wrong.text).toContain(ada);
    expect(wrong.text).toContain(grace);

    const page = await walk(new BrowserClient(), reconnect.url, world.standIns, ada);
    expect(page.status).toBe(200);
    await eventually('all that arrived meanwhile', () => subjectsOf(mailboxId).length >= 6 || undefined);
    expect(subjectsOf(mailboxId)).toEqual(['before', ...Array.from({ length: 5 }, (_, index) => `meanwhile ${index}`)]);
    await eventsOf(world, 1, isAbout(mailboxId, 'mailbox.recovered'));
    expect(await shownAs(mailboxId)).toMatchObject({ state: 'active', code: null });
    // The link has done its work.
    expect((await walk(new BrowserClient(), reconnect.url, world.standIns, ada)).status).toBe(410);
  });

  it('is told under one id and with one link, however often NocoBase has to be asked to listen', async () => {
    const { mailboxId } = await world.connect(grace);
    // Events of a mailbox are sent in order: no earlier one may block.
    await eventsOf(world, 1, isAbout(mailboxId, 'mailbox.connected'));
    world.standIns.nocobase.mode({ status: 500 });
    world.standIns.entra.revoke(grace);
    imap().kill(grace);
    const isRefused = (event: ReceivedEvent) =>
      event.type === 'mailbox.reconnect_required' && dataOf(event).mailbox?.id === mailboxId;
    // What is refused comes again after a minute, then after two: NocoBase takes no signature that is five minutes old.
    for (const [attempt, waitMs] of [60_000, 120_000].entries()) {
      await eventsOf(world, attempt + 1, isRefused, 60_000);
      await pollsPass(world, 2);
      if (attempt === 1) world.standIns.nocobase.mode({ status: 200 });
      world.pass(waitMs + 2_000);
    }
    await eventsOf(world, 1, isAbout(mailboxId, 'mailbox.reconnect_required'), 60_000);
    const told = world.standIns.nocobase.events().filter(isRefused);
    expect(new Set(told.map((event) => event.id)).size).toBe(1);
    expect(new Set(told.map((event) => dataOf(event).reconnect.url)).size).toBe(1);
  });
});

describe('a consent that an administrator has to give', () => {
  it('is told with the link for the administrator, and everything comes when she has accepted', async () => {
    const { mailboxId } = await world.connect(lina);
    world.standIns.entra.failTokens({
      grantType: 'refresh_token',
      times: Number.POSITIVE_INFINITY,
      error: 'invalid_grant',
      errorCodes: [90094],
    });
    imap().kill(lina);
    const event = await theOnly(mailboxId, 'mailbox.consent_required');
    const { code, who, adminConsent } = dataOf(event);
    expect({ code, who }).toEqual({ code: 'admin_consent_required', who: 'tenant admin' });
    await arrive(lina, 'meanwhile');

    world.standIns.entra.heal();
    // Any administrator of the tenant will do: it is not the owner of the mailbox who accepts.
    const page = await walk(new BrowserClient(), adminConsent.url, world.standIns, ada);
    expect(page.status).toBe(200);
    await eventually('what arrived meanwhile', () => subjectsOf(mailboxId).includes('meanwhile') || undefined);
    await eventsOf(world, 1, isAbout(mailboxId, 'mailbox.recovered'));
  });
});

describe('a client secret that ran out', () => {
  it('leaves every mailbox as it is, reports to the log only, and ends when it is fixed', async () => {
    const { mailboxId } = await world.connect(ada);
    const { entra, vault, nocobase } = world.standIns;
    await arrive(ada, 'while all was well');
    await eventually('a mail', () => subjectsOf(mailboxId).includes('while all was well') || undefined);
    const before = await shownAs(mailboxId);
    entra.failTokens({
      times: Number.POSITIVE_INFINITY,
      grantType: 'refresh_token',
      status: 401,
      error: 'invalid_client',
      errorCodes: [7000222],
    });
    const told = nocobase.events().length;
    imap().kill(ada);
    await eventually('the alert', () => world.output().includes('circuit.opened') || undefined);
    await arrive(ada, 'while the secret was bad');
    await pollsPass(world, 3);
    expect(world.output().split('circuit.opened')).toHaveLength(2);
    expect(await shownAs(mailboxId)).toEqual(before);
    expect(nocobase.events()).toHaveLength(told);
    entra.heal();
    // A restart is not needed: within a minute the vault is asked for a newer version.
    vault.set('client-secret', 'a-mended-secret-of-forty-characters-0000');
    world.pass(60_000);
    await eventually(
      'the mail that waited',
      () => subjectsOf(mailboxId).includes('while the secret was bad') || undefined,
    );
  });
});
