import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type ConnectWorld,
  type ConnectWorldOptions,
  connectWorld,
  newBrowser,
  publicUrl,
  type TestBrowser,
} from '../../../test/support/connect-world.ts';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { Killed, mortalStore } from '../../../test/support/mortal-store.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { rowsOfTable } from '../../../test/support/tables.ts';
import type { Config } from '../config.ts';
import { systemClock } from '../domain/system.ts';
import { createAdminConsent } from '../entra/admin-consent.ts';
import { BrokerError } from '../errors.ts';
import { mailboxRowKey } from '../store/rows/keys.ts';
import { partitionOf } from '../store/rows/mailbox-row.ts';
import { encodeState } from '../store/rows/state-row.ts';
import type { Store } from '../store/table/table.ts';
import { createEventConsentLink } from './create-consent-link.ts';
import { createTicketTokens } from './tickets.ts';
import type { NewAdminConsentLink, Step } from './types.ts';

let store: Store;
onMemoryTables((memory) => {
  store = memory;
});

const tid = randomUUID();
const world = (options: ConnectWorldOptions = {}): ConnectWorld => connectWorld(store, options);
const formHeaders = { 'sec-fetch-site': 'same-origin' };

const failure = (step: Step) => (step.kind === 'page' && step.content.kind === 'failed' ? step.content : undefined);
const consented = (step: Step) => step.kind === 'page' && step.content.kind === 'consented';

async function link(w: ConnectWorld, wanted: NewAdminConsentLink = {}): Promise<string> {
  const { url } = await w.connect.createAdminConsentLink(wanted, 'key');
  expect(url).toMatch(/^http:\/\/localhost:7071\/api\/tenant-consent\?token=[\w-]{54}$/);
  return new URL(url).searchParams.get('token') ?? '';
}

/** Presses the button; answers the address at Microsoft. */
async function press(w: ConnectWorld, browser: TestBrowser, token: string): Promise<URL> {
  const step = await w.connect.beginAdminConsent({ token, headers: new Headers(formHeaders) });
  if (step.kind !== 'redirect' || step.cookie === undefined) throw new Error('no redirect');
  browser.cookies.set(step.cookie.name, step.cookie.value);
  return new URL(step.location);
}

async function pressed(w: ConnectWorld, token: string) {
  const browser = newBrowser();
  const url = await press(w, browser, token);
  return { browser, url, state: url.searchParams.get('state') ?? '' };
}
const yes = (state: string) => ({ state, admin_consent: 'True', tenant: tid, scope: 'x' });

describe('a link for an administrator', () => {
  it('leads to a page that says who asks, for which organisation and what, and opening it spends nothing', async () => {
    const w = world();
    const token = await link(w, { tenantId: tid, label: 'Sales', permissions: 'app' });
    const before = await rowsOfTable(store, 'tickets');
    for (let i = 0; i < 3; i += 1) {
      expect(await w.connect.showAdminConsent(token)).toEqual({
        kind: 'admin-consent',
        label: 'Sales',
        tenant: tid,
        permissions: 'app',
        start: { action: `${publicUrl}/api/tenant-consent`, token },
      });
    }
    expect(await rowsOfTable(store, 'tickets')).toEqual(before);
    expect(await w.connect.showAdminConsent(await link(w))).toMatchObject({
      tenant: undefined,
      permissions: 'delegated',
    });
    expect(
      (await rowsOfTable(store, 'audit')).map(({ values }) => [values.actor, values.action, values.subject]),
    ).toEqual([
      ['key', 'admin-consent-link.create', tid],
      ['key', 'admin-consent-link.create', 'organizations'],
    ]);
  });

  it('is good for a week unless told otherwise, and says when it is over', async () => {
    const w = world();
    const { expiresAt } = await w.connect.createAdminConsentLink({}, 'key');
    expect(Math.abs(expiresAt.getTime() - w.clock.now() - 7 * 86_400_000)).toBeLessThan(2000);
    const token = await link(w, { expiresInSeconds: 60 });
    w.pass(61_000);
    await expect(w.connect.showAdminConsent(token)).rejects.toMatchObject({ code: 'link_expired' });
    await expect(pressed(w, token)).rejects.toMatchObject({ code: 'link_expired' });
  });

  it.each([
    ['for longer than two weeks', { expiresInSeconds: 15 * 86_400 }, 'expiresIn'],
    ['that returns to a foreign origin', { returnUrl: 'https://evil.example/' }, 'returnUrl'],
    ['for people with personal accounts', { tenantId: '9188040d-6c67-4c5b-b112-36a304b66dad' }, 'tenantId'],
  ])('%s is not made', async (_what, wanted, field) => {
    await expect(world().connect.createAdminConsentLink(wanted, 'key')).rejects.toMatchObject({
      code: 'invalid_request',
      fields: [{ field }],
    });
    expect(await rowsOfTable(store, 'tickets')).toEqual([]);
  });

  const settings: [string, Partial<Config['entra']>, string | undefined, string][] = [
    ['one tenant', { tenant: tid, allowedTenants: [tid] }, undefined, tid],
    ['one tenant, named', { tenant: tid, allowedTenants: [tid] }, tid.toUpperCase(), tid],
    ['one tenant, another named', { tenant: tid, allowedTenants: [tid] }, randomUUID(), 'fault'],
    ['all tenants', { tenant: 'organizations', allowedTenants: '*' }, undefined, 'organizations'],
    [
      'all accounts: common is not taken by Microsoft',
      { tenant: 'common', allowedTenants: '*' },
      undefined,
      'organizations',
    ],
    ['several tenants, one of them', { tenant: 'organizations', allowedTenants: [tid] }, tid, tid],
    ['several tenants, none of them', { tenant: 'organizations', allowedTenants: [tid] }, randomUUID(), 'fault'],
    ['personal accounts', { tenant: 'consumers', allowedTenants: '*' }, undefined, 'fault'],
  ];
  it.each(settings)('the link of a broker for %s is for the right tenant', async (_what, entra, tenantId, expected) => {
    const w = world({ entra });
    const made = w.connect.createAdminConsentLink({ tenantId }, 'key').then(({ tenant }) => tenant);
    expect(await made.catch((error: unknown) => (error instanceof BrokerError ? 'fault' : error))).toBe(expected);
  });
});

describe('its button', () => {
  it('sends the browser to the tenant, with a state of its own and the permissions that a sign-in asks for', async () => {
    const w = world();
    const { browser, url, state } = await pressed(w, await link(w, { tenantId: tid }));
    expect(`${url.origin}${url.pathname}`).toBe(`https://login.example/${tid}/v2.0/adminconsent`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'cccccccc-0000-4000-8000-000000000001',
      redirect_uri: `${publicUrl}/api/oauth/callback`,
      state,
      scope:
        'openid profile email offline_access https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send https://graph.microsoft.com/User.Read',
    });
    expect(state).toMatch(/^[\w-]{43}$/);
    expect([...browser.cookies.keys()][0]).toMatch(/^__Host-nmb-[0-9a-f]{8}$/);
    const app = await pressed(w, await link(w, { permissions: 'app' }));
    expect(app.url.searchParams.get('scope')).toBe('https://outlook.office365.com/.default');
    expect(app.url.pathname).toBe('/organizations/v2.0/adminconsent');
  });

  it.each([[{ 'sec-fetch-site': 'cross-site' }], [{ origin: 'https://evil.example' }], [{}]])(
    'pressed from elsewhere (%j) does nothing',
    async (headers) => {
      const w = world();
      const token = await link(w);
      await expect(w.connect.beginAdminConsent({ token, headers: new Headers(headers) })).rejects.toMatchObject({
        code: 'cross_site_refused',
      });
      expect(await rowsOfTable(store, 'states')).toEqual([]);
    },
  );

  it('does not take the link of a mailbox owner, nor does hers take an administrator’s', async () => {
    const w = world();
    const [owners, admins] = [await w.link(), await link(w)];
    await expect(w.connect.showAdminConsent(owners)).rejects.toMatchObject({ code: 'link_invalid' });
    await expect(pressed(w, owners)).rejects.toMatchObject({ code: 'link_invalid' });
    await expect(w.connect.show(admins)).rejects.toMatchObject({ code: 'link_invalid' });
    await expect(w.press(newBrowser(), admins)).rejects.toMatchObject({ code: 'link_invalid' });
  });
});

describe('the way back of an administrator', () => {
  it('says what comes next after consent, spends the link, and shows the same on reload', async () => {
    const w = world();
    const token = await link(w, { permissions: 'app' });
    const { browser, state } = await pressed(w, token);
    const step = await w.back(browser, yes(state));
    expect(step).toEqual({ kind: 'page', content: { kind: 'consented', permissions: 'app' } });
    expect(await w.back(browser, yes(state))).toEqual(step);
    await expect(w.connect.showAdminConsent(token)).rejects.toMatchObject({ code: 'link_spent' });
    const answers = (await rowsOfTable(store, 'audit')).filter(
      ({ values }) => values.action === 'admin-consent.answer',
    );
    expect(answers.map(({ values }) => [values.actor, values.subject, values.result])).toEqual([
      ['tenant admin', 'organizations', 'ok'],
    ]);
    // Nobody has been let in by it.
    expect(await rowsOfTable(store, 'grants')).toEqual([]);
    expect(w.entra.redeemed).toEqual([]);
  });

  it('believes nothing of the tenant that the address names', async () => {
    const w = world();
    const token = await link(w, { tenantId: tid });
    const { browser, state } = await pressed(w, token);
    const foreign = randomUUID();
    await w.back(browser, { ...yes(state), tenant: foreign, scope: '<script>' });
    const everything = JSON.stringify([
      await rowsOfTable(store, 'audit'),
      await rowsOfTable(store, 'tickets'),
      w.log.lines,
    ]);
    expect(everything).not.toContain(foreign);
    expect(everything).not.toContain('script');
  });

  it.each([
    ['consent_required', 'AADSTS65004: The resource owner denied the request.', 'sign_in_declined'],
    ['access_denied', '', 'sign_in_declined'],
    ['server_error', 'AADSTS90033: A transient error', 'entra_unavailable'],
    ['something_new', 'AADSTS1234567: hunter2', 'entra_refused'],
    ['invalid_client', 'AADSTS650052: lacks a service principal', 'app_permissions_broken'],
  ])('ends on a page with %s, and the link stays valid', async (error, description, code) => {
    const w = world();
    const token = await link(w);
    const { browser, state } = await pressed(w, token);
    const query = { state, admin_consent: 'True', error, error_description: description };
    const step = await w.back(browser, query);
    expect(failure(step)).toMatchObject({
      code,
      about: 'admin-consent',
      start: { action: `${publicUrl}/api/tenant-consent`, token },
    });
    expect(await w.back(browser, query)).toEqual(step);
    await w.connect.showAdminConsent(token);
    expect(JSON.stringify([await rowsOfTable(store, 'states'), w.log.lines])).not.toContain('hunter2');
  });

  const notAnAnswer: [string, Record<string, string>][] = [
    ['nothing', {}],
    ['a code', { code: 'x' }],
    ['a code and a consent', { code: 'x', admin_consent: 'True' }],
    ['a consent that is none', { admin_consent: 'False', tenant: tid }],
    ['a tenant alone', { tenant: tid }],
  ];
  it.each(notAnAnswer)('a return with %s offers to start again, and nothing is used up', async (_what, query) => {
    const w = world();
    const token = await link(w);
    const { browser, state } = await pressed(w, token);
    expect(failure(await w.back(browser, { state, ...query }))).toMatchObject({
      code: 'sign_in_restart',
      about: 'admin-consent',
      start: { token },
    });
    expect(consented(await w.back(browser, yes(state)))).toBe(true);
  });

  it('is refused in another browser, without the cookie or with a forged state, and spends nothing', async () => {
    const w = world();
    const { browser, state } = await pressed(w, await link(w));
    const other = await pressed(w, await link(w));
    for (const [who, query] of [
      [newBrowser(), yes(state)],
      [other.browser, yes(state)],
      [browser, yes('A'.repeat(43))],
      [browser, yes('x')],
      [browser, { admin_consent: 'True', tenant: tid }],
    ] as const) {
      expect(failure(await w.back(who, query))).toEqual({ kind: 'failed', code: 'sign_in_foreign' });
    }
    expect(consented(await w.back(browser, yes(state)))).toBe(true);
  });

  it('never takes a consent for a code, nor a code for a consent', async () => {
    const w = world();
    const browser = newBrowser();
    const state = await w.press(browser, await w.link());
    expect(failure(await w.back(browser, yes(state)))?.code).toBe('sign_in_restart');
    const admin = await pressed(w, await link(w));
    const step = await w.back(admin.browser, { state: admin.state, code: w.entra.codeFor({}) });
    expect(failure(step)?.code).toBe('sign_in_restart');
    expect(w.entra.redeemed).toEqual([]);
  });

  it('is refused after ten minutes, or if the link was spent meanwhile', async () => {
    const w = world();
    const token = await link(w);
    const [early, late] = [await pressed(w, token), await pressed(w, token)];
    await w.back(early.browser, yes(early.state));
    // A second administrator who was on the way consents to the same: there is nothing to refuse.
    expect(consented(await w.back(late.browser, yes(late.state)))).toBe(true);
    const old = await pressed(w, await link(w));
    w.pass(600_000);
    expect(failure(await w.back(old.browser, yes(old.state)))?.code).toBe('sign_in_restart');
  });

  it('leads to the returnUrl, with what became of it', async () => {
    const w = world({ returnOrigins: ['https://nocobase.example'] });
    const token = await link(w, { returnUrl: 'https://nocobase.example/admin?x=1' });
    const declined = await pressed(w, token);
    expect(await w.back(declined.browser, { state: declined.state, error: 'access_denied' })).toEqual({
      kind: 'redirect',
      location: 'https://nocobase.example/admin?x=1&status=failed&code=sign_in_declined',
    });
    const given = await pressed(w, token);
    expect(await w.back(given.browser, yes(given.state))).toEqual({
      kind: 'redirect',
      location: 'https://nocobase.example/admin?x=1&status=consented',
    });
  });

  it('killed at any write is finished by loading it again, or by the button that it offers', async () => {
    for (let atWrite = 1; ; atWrite += 1) {
      store = memoryStore(systemClock);
      const offset = { ms: 0 };
      const w = world({ clockOffset: offset });
      const token = await link(w);
      const { browser, state } = await pressed(w, token);
      const mortal = connectWorld(mortalStore(store, { atWrite, applied: atWrite % 2 === 0 }), { clockOffset: offset });
      const died = await mortal.back(browser, yes(state)).then(
        () => false,
        (error: unknown) => error instanceof Killed,
      );
      if (!died) break;
      w.pass(10_000);
      const again = await w.back(browser, yes(state));
      const start = failure(again)?.start;
      if (start !== undefined) {
        const { browser: next, state: anew } = await pressed(w, start.token);
        expect(consented(await w.back(next, yes(anew)))).toBe(true);
      } else {
        // Spent before it died: the page that is left says so, and so does the link.
        expect(consented(again) || failure(again)?.code === 'link_spent').toBe(true);
      }
      await expect(w.connect.showAdminConsent(token)).rejects.toMatchObject({ code: 'link_spent' });
    }
  });
});

describe('mailboxes that wait for the consent', () => {
  /** A mailbox whose grant waits for an administrator until tomorrow. */
  async function waiting(w: ConnectWorld, tenant: string) {
    const person = { ...w.person(), tid: tenant };
    await w.grants.connected({ ...person, cache: '{}' });
    const { mailbox } = await w.registry.upsert(w.inputOf(person));
    const grant = await w.grants.read(person);
    if (grant === undefined) throw new Error('no grant');
    const retryAt = new Date(w.clock.now() + 86_400_000);
    await w.grants.note(grant, { status: 'consent_required', code: 'admin_consent_required', retryAt });
    const mail = store.table('mail');
    const state = await mail.get(partitionOf(mailbox.id), mailboxRowKey(mailbox.id).replace('a!', 'b!'));
    const row = encodeState({
      mailboxId: mailbox.id,
      state: 'consent_required',
      code: 'admin_consent_required',
      since: new Date(),
      backoffUntil: undefined,
      served: 1,
    });
    await mail.replace(row, state?.etag ?? '');
    return { person, mailbox };
  }

  it('are tried again at once, those of the tenant that our own link names', async () => {
    const w = world();
    const one = await waiting(w, tid);
    const other = await waiting(w, randomUUID());
    await w.registry.patch(one.mailbox.id, { paused: true });
    const { browser, state } = await pressed(w, await link(w, { tenantId: tid }));
    const asked = async (id: string) => (await w.registry.get(id))?.row.asked;
    const before = [await asked(one.mailbox.id), await asked(other.mailbox.id)];
    await w.back(browser, { ...yes(state), tenant: other.person.tid });
    expect([await asked(one.mailbox.id), await asked(other.mailbox.id)]).toEqual([(before[0] ?? 0) + 1, before[1]]);
    // What else waits for it is told, too: messages to send.
    expect(w.placed).toEqual([one.mailbox.id]);
    expect((await w.grants.read(one.person))?.retryAt).toBeUndefined();
    expect((await w.grants.read(other.person))?.retryAt).toBeDefined();
    // It still says what was wrong until a token shows that it is not.
    expect((await w.grants.read(one.person))?.status).toBe('consent_required');
  });

  it('are polled once for a link, even if its button was pressed several times', async () => {
    const w = world();
    const { mailbox } = await waiting(w, tid);
    const token = await link(w, { tenantId: tid });
    const all = [await pressed(w, token), await pressed(w, token), await pressed(w, token)];
    const before = (await w.registry.get(mailbox.id))?.row.asked ?? 0;
    for (const { browser, state } of all) expect(consented(await w.back(browser, yes(state)))).toBe(true);
    expect((await w.registry.get(mailbox.id))?.row.asked).toBe(before + 1);
  });

  it('are polled in every tenant if the link is for any tenant', async () => {
    const w = world();
    const all = [await waiting(w, tid), await waiting(w, randomUUID())];
    const { browser, state } = await pressed(w, await link(w));
    await w.back(browser, yes(state));
    for (const { person } of all) expect((await w.grants.read(person))?.retryAt).toBeUndefined();
  });
});

describe('an owner whose administrator must act first', () => {
  const ada = { tid, oid: randomUUID(), username: 'ada@contoso.example' };

  async function refused(w: ConnectWorld, error: string, description: string, token: string) {
    const browser = newBrowser();
    const state = await w.press(browser, token);
    const query = { state, error, error_description: description };
    return { step: await w.back(browser, query), again: () => w.back(browser, query) };
  }

  it.each([
    ['consent_required', 'AADSTS90094: an administrator has to', 'admin_consent_required'],
    ['access_denied', 'AADSTS65004: declined', 'sign_in_declined'],
    ['consent_required', 'AADSTS65001: not consented', 'consent_missing'],
  ])('gets a link to pass on with %s %s', async (error, description, code) => {
    const w = world();
    const token = await w.link({ expectedAddress: ada.username });
    const { step, again } = await refused(w, error, description, token);
    expect(failure(step)).toMatchObject({ code, start: { token } });
    const url = failure(step)?.adminLink?.url ?? '';
    expect(url).toMatch(/\/api\/tenant-consent\?token=[\w-]{54}$/);
    const admins = new URL(url).searchParams.get('token') ?? '';
    expect(await w.connect.showAdminConsent(admins)).toMatchObject({ tenant: undefined, permissions: 'delegated' });
    // Loaded again it is the same one, and no table holds it.
    expect(await again()).toEqual(step);
    const tables = [...(await rowsOfTable(store, 'tickets')), ...(await rowsOfTable(store, 'states'))];
    const text = JSON.stringify(tables, (_name, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
    );
    expect(text).not.toContain(admins);
    expect(tables.filter(({ partitionKey }) => partitionKey === 'consent')).toHaveLength(1);

    // The administrator accepts; the owner's page no longer sends anyone there, and her own link works.
    const admin = await pressed(w, admins);
    await w.back(admin.browser, yes(admin.state));
    expect(failure(await again())?.adminLink).toBeUndefined();
    const browser = newBrowser();
    const state = await w.press(browser, token);
    const done = await w.back(browser, { state, code: w.entra.codeFor(ada) });
    expect(done).toMatchObject({ kind: 'page', content: { kind: 'connected' } });
  });

  it('gets a link for their own tenant on reconnect', async () => {
    const w = world();
    await w.grants.connected({ ...ada, cache: '{}' });
    const { mailbox } = await w.registry.upsert(w.inputOf({ ...ada, address: ada.username }));
    const token = await w.link({ mailboxId: mailbox.id });
    const { step } = await refused(w, 'consent_required', 'AADSTS90095: admin consent', token);
    const admins = new URL(failure(step)?.adminLink?.url ?? '').searchParams.get('token') ?? '';
    expect(await w.connect.showAdminConsent(admins)).toMatchObject({ tenant: tid });
  });

  it.each([
    ['consent_required', 'AADSTS90095: admin consent', 'admin_consent_required'],
    ['access_denied', '', 'sign_in_declined'],
  ])(
    'gets it on our own page (%s) though the link leads back elsewhere, and from there the way back',
    async (error, text, code) => {
      const returnUrl = 'https://nocobase.example/admin?tab=mail';
      const w = world({ returnOrigins: ['https://nocobase.example'] });
      const token = await w.link({ anyAddress: true, returnUrl });
      const { step, again } = await refused(w, error, text, token);
      const shown = failure(step);
      const back = `${returnUrl}&status=failed&code=${code}`;
      expect(shown).toMatchObject({ code, back, start: { token } });
      // The link opens something, so that it stands in no address of another site.
      const admins = new URL(shown?.adminLink?.url ?? '').searchParams.get('token') ?? '';
      expect(admins).toHaveLength(54);
      expect(back).not.toContain(admins);
      // Loaded again, it shows the same; once the administrator has acted, it leads back.
      expect(failure(await again())).toMatchObject({ back, adminLink: shown?.adminLink });
      const admin = await pressed(w, admins);
      await w.back(admin.browser, yes(admin.state));
      expect(await again()).toEqual({ kind: 'redirect', location: back });
    },
  );

  it('gets none where it would not help: another fault, personal accounts', async () => {
    const w = world({ returnOrigins: ['https://nocobase.example'] });
    const token = await w.link({ anyAddress: true });
    expect(failure((await refused(w, 'server_error', 'AADSTS90033', token)).step)?.adminLink).toBeUndefined();
    const personal = world({ entra: { tenant: 'consumers', allowedTenants: '*' } });
    expect(failure((await refused(personal, 'access_denied', '', token)).step)?.adminLink).toBeUndefined();
    const away = await w.link({ anyAddress: true, returnUrl: 'https://nocobase.example/x' });
    expect((await refused(w, 'server_error', 'AADSTS90033', away)).step).toMatchObject({ kind: 'redirect' });
    const tickets = await rowsOfTable(store, 'tickets');
    expect(tickets.filter(({ partitionKey }) => partitionKey === 'consent')).toEqual([]);
  });
});

describe('the link in an event', () => {
  it('is the same one however often the event is sent, and noted once', async () => {
    const w = world();
    const make = createEventConsentLink({
      config: { publicUrl, returnOrigins: [] },
      clock: w.clock,
      tokens: createTicketTokens({ rootKeys: w.rootKeys, clock: w.clock, random: w.random }),
      consentTickets: w.consentTickets,
      adminConsent: createAdminConsent(w.entraConfig),
      audit: w.audit,
    });
    const wanted = {
      tid,
      permissions: 'app',
      id: new Uint8Array(16).fill(7),
      expiresAt: new Date(w.clock.now() + 86_400_000),
    } as const;
    const [one, two] = [await make(wanted), await make(wanted)];
    expect(one).toEqual(two);
    expect(await rowsOfTable(store, 'tickets')).toHaveLength(1);
    expect((await rowsOfTable(store, 'audit')).map(({ values }) => values.actor)).toEqual(['broker']);
    const token = new URL(one?.url ?? '').searchParams.get('token') ?? '';
    expect(await w.connect.showAdminConsent(token)).toMatchObject({ tenant: tid, permissions: 'app' });
    expect(await make({ ...wanted, tid: '9188040d-6c67-4c5b-b112-36a304b66dad' })).toBeUndefined();
  });
});
