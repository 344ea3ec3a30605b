import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  anyCaller,
  type ConnectWorld,
  type ConnectWorldOptions,
  connectWorld,
  microsoft,
  newBrowser,
  onePage,
  publicUrl,
} from '../../../test/support/connect-world.ts';
import { interruptedStore } from '../../../test/support/interrupted-store.ts';
import { Killed, mortalStore } from '../../../test/support/mortal-store.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { emptyTables, rowsOfTable } from '../../../test/support/tables.ts';
import { unevenStore } from '../../../test/support/uneven-store.ts';
import { halves } from '../../../test/support/wholeness.ts';
import { failureError } from '../entra/classify.ts';
import type { FindAddresses, PersonAddresses } from '../entra/person-addresses.ts';
import { BrokerError } from '../errors.ts';
import type { Probe } from '../mailbox/imap/probe.ts';
import { readMailbox } from '../store/mailboxes/mailboxes.ts';
import { addressKey, personKey } from '../store/rows/keys.ts';
import type { Store } from '../store/table/table.ts';
import type { NewLink, Step } from './types.ts';

let store: Store;
onMemoryTables((memory) => {
  store = memory;
});

const tid = randomUUID();
const ada = { tid, oid: randomUUID(), username: 'ada@contoso.example' };
const bob = { tid, oid: randomUUID(), username: 'bob@contoso.example' };
const forAda: NewLink = { expectedAddress: ada.username };
const world = (options: ConnectWorldOptions = {}): ConnectWorld => connectWorld(store, options);

const failure = (step: Step) => (step.kind === 'page' && step.content.kind === 'failed' ? step.content : undefined);
const codeOf = (step: Step) => failure(step)?.code;
const connected = (step: Step) =>
  step.kind === 'page' && step.content.kind === 'connected' ? step.content : undefined;

/** The whole way of one person with one browser. */
async function walk(w: ConnectWorld, token: string, person: Parameters<ConnectWorld['entra']['codeFor']>[0]) {
  const browser = newBrowser();
  const state = await w.press(browser, token);
  const query = { state, code: w.entra.codeFor(person) };
  return { step: await w.back(browser, query), browser, state, query };
}

/** One mailbox in all, and nothing left over: what every end of every way must come to. */
async function expectOneMailbox(w: ConnectWorld, address: string): Promise<string> {
  const { items } = await w.registry.list({ limit: 10 });
  expect(items.map(({ row }) => row.address)).toEqual([address]);
  const id = items[0]?.row.id ?? '';
  const index = (await rowsOfTable(store, 'index')).map(({ rowKey }) => rowKey);
  expect(index.toSorted()).toEqual([personKey(ada.oid), addressKey(address)].toSorted());
  expect(await w.grants.mailboxesOf(ada)).toEqual([id]);
  return id;
}

describe('a link', () => {
  it('leads to a page that says who asks, for which address, and where the mail goes', async () => {
    const w = world();
    const token = await w.link({ ...forAda, label: 'Sales' });
    expect(await w.connect.show(token)).toEqual({
      kind: 'connect',
      label: 'Sales',
      address: ada.username,
      receiver: 'https://nocobase.example',
      syncStart: 'month',
      start: { action: `${publicUrl}/api/connect`, token },
    });
  });

  it('says on its page, and at the end, how far back mail goes', async () => {
    const since = new Date('2026-01-01T00:00:00Z');
    for (const [syncFrom, syncStart] of [
      ['now', 'now'],
      [since, { since }],
    ] as const) {
      const w = world();
      const token = await w.link({ anyAddress: true, syncFrom });
      expect(await w.connect.show(token)).toMatchObject({ syncStart });
      const { step } = await walk(w, token, ada);
      expect(connected(step)).toMatchObject({ syncStart });
      const id = connected(step) && (await w.registry.list({ limit: 1 })).items[0]?.row.id;
      expect(await w.connect.show(await w.link({ mailboxId: id }))).toMatchObject({ syncStart: 'resumed' });
      await emptyTables(store);
    }
  });

  it('opened five times by a scanner is as good as new for the person', async () => {
    const w = world();
    const token = await w.link(forAda);
    const before = await rowsOfTable(store, 'tickets');
    for (let i = 0; i < 5; i += 1) await w.connect.show(token);
    expect(await rowsOfTable(store, 'tickets')).toEqual(before);
    expect(await rowsOfTable(store, 'states')).toEqual([]);
    expect(connected((await walk(w, token, ada)).step)?.address).toBe(ada.username);
    await expectOneMailbox(w, ada.username);
  });

  it('can be finished on another device after it was abandoned', async () => {
    const w = world();
    const token = await w.link(forAda);
    await w.press(newBrowser(), token);
    await w.press(newBrowser(), token);
    expect(connected((await walk(w, token, ada)).step)).toBeDefined();
    await expectOneMailbox(w, ada.username);
  });

  it('is spent by success, and by nothing else', async () => {
    const w = world();
    const token = await w.link(forAda);
    const declined = newBrowser();
    const state = await w.press(declined, token);
    expect(codeOf(await w.back(declined, { state, error: 'access_denied' }))).toBe('sign_in_declined');
    await w.connect.show(token);
    expect(codeOf((await walk(w, token, bob)).step)).toBe('wrong_account');
    await w.connect.show(token);
    await walk(w, token, ada);
    await expect(w.connect.show(token)).rejects.toMatchObject({ code: 'link_spent' });
    await expect(w.press(newBrowser(), token)).rejects.toMatchObject({ code: 'link_spent' });
  });

  it('spent by one device tells the other one so, after the code is not even redeemed', async () => {
    const w = world();
    const token = await w.link(forAda);
    const late = newBrowser();
    const state = await w.press(late, token);
    await walk(w, token, ada);
    const redeemed = w.entra.redeemed.length;
    const step = await w.back(late, { state, code: w.entra.codeFor(ada) });
    expect(failure(step)).toEqual({ kind: 'failed', code: 'link_spent', addresses: undefined, start: undefined });
    expect(w.entra.redeemed).toHaveLength(redeemed);
  });

  it('expires, and says so', async () => {
    const w = world();
    const { url, expiresAt } = await w.connect.createLink({ ...forAda, expiresInSeconds: 60 }, anyCaller);
    const token = new URL(url).searchParams.get('token') ?? '';
    expect(Math.abs(expiresAt.getTime() - w.clock.now() - 60_000)).toBeLessThan(2000);
    w.pass(61_000);
    await expect(w.connect.show(token)).rejects.toMatchObject({ code: 'link_expired' });
    await expect(w.press(newBrowser(), token)).rejects.toMatchObject({ code: 'link_expired' });
  });

  it('says what is wrong if its row or its destination is gone', async () => {
    const w = world();
    const token = await w.link(forAda);
    const elsewhere = world({ destinations: [{ id: 'dst_other0000000', url: 'https://other.example' }] });
    await expect(elsewhere.connect.show(token)).rejects.toMatchObject({ code: 'destination_missing' });
    await emptyTables(store);
    await expect(w.connect.show(token)).rejects.toMatchObject({ code: 'link_invalid' });
  });

  it('cannot be made from what the table holds', async () => {
    const w = world();
    const token = await w.link(forAda);
    const id = Buffer.from(token, 'base64url').subarray(4, 20);
    const [row] = await rowsOfTable(store, 'tickets');
    const text = JSON.stringify(row);
    expect(text).not.toContain(id.toString('base64url'));
    expect(text).not.toContain(token);
  });

  const refused: [string, NewLink, string, Partial<typeof anyCaller>?][] = [
    ['without anybody', {}, 'invalid_request'],
    ['with an address and any address', { ...forAda, anyAddress: true }, 'invalid_request'],
    ['with an address and a mailbox', { ...forAda, mailboxId: 'mbx_0001_aaaaaaaaaaaaaaaa' }, 'invalid_request'],
    ['for a mailbox that is not there', { mailboxId: 'mbx_0001_aaaaaaaaaaaaaaaa' }, 'not_found'],
    ['for a destination that is not there', { ...forAda, destinationId: 'dst_nosuch000000' }, 'not_found'],
    ['that lasts too long', { ...forAda, expiresInSeconds: 8 * 86_400 }, 'invalid_request'],
    ['that returns to a foreign origin', { ...forAda, returnUrl: 'https://evil.example/' }, 'invalid_request'],
    ['by a key that is limited to mailboxes', forAda, 'key_limited', { mailboxes: ['mbx_0001_aaaaaaaaaaaaaaaa'] }],
    [
      'to a destination outside the key',
      { ...forAda, destinationId: 'dst_abcdefghijkl' },
      'not_found',
      { destinations: ['dst_other0000000'] },
    ],
    ['where the key knows no destination', forAda, 'destination_ambiguous', { destinations: ['dst_other0000000'] }],
  ];
  it.each(refused)('%s is not made', async (_what, wanted, code, limits = {}) => {
    const w = world();
    await expect(w.connect.createLink(wanted, { ...anyCaller, ...limits })).rejects.toMatchObject({ code });
    expect(await rowsOfTable(store, 'tickets')).toEqual([]);
    expect(await rowsOfTable(store, 'audit')).toEqual([]);
  });

  it('takes the only destination, and asks which where there are several or none', async () => {
    const two = [
      { id: 'dst_aaaaaaaaaaaa', url: 'https://a.example' },
      { id: 'dst_bbbbbbbbbbbb', url: 'https://b.example' },
    ];
    const w = world({ destinations: two });
    await expect(w.link(forAda)).rejects.toMatchObject({ code: 'destination_ambiguous', status: 422 });
    const token = await w.link({ ...forAda, destinationId: 'dst_bbbbbbbbbbbb' });
    expect(await w.connect.show(token)).toMatchObject({ receiver: 'https://b.example' });
    const limited = await w.link(forAda, { ...anyCaller, destinations: ['dst_aaaaaaaaaaaa'] });
    expect(await w.connect.show(limited)).toMatchObject({ receiver: 'https://a.example' });
    await expect(world({ destinations: [] }).link(forAda)).rejects.toMatchObject({ code: 'destination_ambiguous' });
  });
});

describe('the button', () => {
  it('sends the browser away with its own state, a bound cookie and the right hints', async () => {
    const w = world();
    const token = await w.link(forAda);
    const step = await w.connect.begin({ token, headers: new Headers({ 'sec-fetch-site': 'same-origin' }) });
    if (step.kind !== 'redirect') throw new Error('no redirect');
    expect(step.location).toMatch(/^https:\/\/login\.example\/authorize\?state=[\w-]{43}$/);
    expect(step.cookie).toMatchObject({ path: '/', secure: true, httpOnly: true, sameSite: 'Lax', maxAge: 86_400 });
    expect(step.cookie?.name).toMatch(/^__Host-nmb-[0-9a-f]{8}$/);
    expect(w.entra.started[0]).toMatchObject({
      loginHint: ada.username,
      redirectUri: `${publicUrl}/api/oauth/callback`,
      selectAccount: true,
    });
    const [row] = await rowsOfTable(store, 'states');
    const state = new URL(step.location).searchParams.get('state') ?? '';
    const text = JSON.stringify(row, (_name, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
    );
    for (const secret of [state, step.cookie?.value ?? 'none', token, `verifier of ${state}`]) {
      expect(text).not.toContain(secret);
    }
  });

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ origin: 'https://evil.example' }],
    [{}],
  ])('pressed from elsewhere (%j) does nothing', async (headers) => {
    const w = world();
    const token = await w.link(forAda);
    await expect(w.connect.begin({ token, headers: new Headers(headers) })).rejects.toMatchObject({
      code: 'cross_site_refused',
    });
    expect(await rowsOfTable(store, 'states')).toEqual([]);
  });

  it('works in a browser that only knows Origin', async () => {
    const w = world();
    const token = await w.link(forAda);
    const step = await w.connect.begin({ token, headers: new Headers({ origin: publicUrl }) });
    expect(step.kind).toBe('redirect');
  });
});

describe('the way back', () => {
  it('ends with a mailbox, its grant, and a page that names both', async () => {
    const w = world();
    const { step } = await walk(w, await w.link({ ...forAda, label: 'Sales', ownerRef: 7 }), ada);
    expect(connected(step)).toEqual({
      kind: 'connected',
      address: ada.username,
      receiver: 'https://nocobase.example',
      syncStart: 'month',
    });
    const id = await expectOneMailbox(w, ada.username);
    expect((await w.registry.get(id))?.row).toMatchObject({ label: 'Sales', ownerRef: 7, login: ada.username });
    expect((await w.grants.open(ada))?.cache).toBe('{"RefreshToken":{}}');
    const audit = (await rowsOfTable(store, 'audit')).map(({ values }) => values);
    expect(audit).toMatchObject([
      { actor: anyCaller.keyId, action: 'connect-link.create', result: 'ok' },
      { actor: 'owner', action: 'mailbox.connect', mailboxId: id, result: 'ok' },
    ]);
    expect(JSON.stringify([audit, w.log.lines])).not.toMatch(/@|token|RefreshToken/);
  });

  it('loaded again shows the same, and redeems nothing again', async () => {
    const w = world();
    const first = await walk(w, await w.link(forAda), ada);
    expect(await w.back(first.browser, first.query)).toEqual(first.step);
    expect(await w.back(first.browser, first.query)).toEqual(first.step);
    expect(w.entra.redeemed).toHaveLength(1);

    const failed = await walk(w, await w.link(forAda), bob);
    expect(codeOf(failed.step)).toBe('wrong_account');
    expect(await w.back(failed.browser, failed.query)).toEqual(failed.step);
    expect(w.entra.redeemed).toHaveLength(2);
  });

  const fill = (cookies: Map<string, string>, value: string) => {
    for (const name of cookies.keys()) cookies.set(name, value);
  };
  const foreignWays: [string, (query: Record<string, string>, cookies: Map<string, string>) => void][] = [
    ['without a state', (query) => delete query.state],
    ['with a state of the wrong form', (query) => Object.assign(query, { state: 'x' })],
    ['with a state that nobody made', (query) => Object.assign(query, { state: 'A'.repeat(43) })],
    ['without the cookie', (_query, cookies) => cookies.clear()],
    ['with another value in the cookie', (_query, cookies) => fill(cookies, 'x'.repeat(43))],
    ['with an empty cookie', (_query, cookies) => fill(cookies, '')],
  ];
  it.each(foreignWays)('%s is refused, and spends nothing', async (_what, change) => {
    const w = world();
    const token = await w.link(forAda);
    const browser = newBrowser();
    const state = await w.press(browser, token);
    const query: Record<string, string> = { state, code: w.entra.codeFor(ada) };
    const good = { ...query };
    const cookies = new Map(browser.cookies);
    change(query, cookies);
    expect(await w.back({ cookies }, query)).toEqual({
      kind: 'page',
      content: { kind: 'failed', code: 'sign_in_foreign' },
    });
    expect(w.entra.redeemed).toEqual([]);
    // The browser that began it still gets there.
    expect(connected(await w.back(browser, good))).toBeDefined();
  });

  it('is refused if cookie and state belong to different sign-ins', async () => {
    const w = world();
    const [one, two] = [newBrowser(), newBrowser()];
    const token = await w.link(forAda);
    const state = await w.press(one, token);
    await w.press(two, token);
    expect(codeOf(await w.back(two, { state, code: w.entra.codeFor(ada) }))).toBe('sign_in_foreign');
    // The other's value under the right name does not help.
    const [name = ''] = one.cookies.keys();
    const [value = ''] = two.cookies.values();
    expect(codeOf(await w.back({ cookies: new Map([[name, value]]) }, { state, code: 'x' }))).toBe('sign_in_foreign');
  });

  it.each([
    ['ten minutes', 10],
    ['eleven minutes', 11],
    ['a night', 12 * 60],
  ])('offers to start again after %s, and starting again works', async (_how, minutes) => {
    const w = world();
    const token = await w.link(forAda);
    const browser = newBrowser();
    const state = await w.press(browser, token);
    w.pass(minutes * 60_000);
    const step = await w.back(browser, { state, code: w.entra.codeFor(ada) });
    expect(failure(step)).toMatchObject({ code: 'sign_in_restart', start: { token } });
    expect(w.entra.redeemed).toEqual([]);
    expect(connected((await walk(w, failure(step)?.start?.token ?? '', ada)).step)).toBeDefined();
  });

  it('says that the link has expired or was used on another device instead of offering a button', async () => {
    const w = world();
    const token = await w.link({ ...forAda, expiresInSeconds: 1200 });
    const browser = newBrowser();
    const state = await w.press(browser, token);
    w.pass(20 * 60_000);
    const late = await w.back(browser, { state, code: w.entra.codeFor(ada) });
    expect(failure(late)).toMatchObject({ code: 'link_expired', start: undefined });

    const other = await w.link(forAda);
    const slow = newBrowser();
    const slowState = await w.press(slow, other);
    await walk(w, other, ada);
    w.pass(11 * 60_000);
    expect(codeOf(await w.back(slow, { state: slowState, code: w.entra.codeFor(ada) }))).toBe('link_spent');
  });

  it.each([
    ['neither code nor error', {}],
    ['both', { code: 'x', error: 'access_denied' }],
    ['the answer to a question of consent', { code: 'x', admin_consent: 'True' }],
  ])('offers to start again with %s, and the sign-in is not used up', async (_what, query) => {
    const w = world();
    const browser = newBrowser();
    const state = await w.press(browser, await w.link(forAda));
    expect(codeOf(await w.back(browser, { state, ...query }))).toBe('sign_in_restart');
    expect(connected(await w.back(browser, { state, code: w.entra.codeFor(ada) }))).toBeDefined();
  });

  it.each([
    ['access_denied', '', 'sign_in_declined'],
    ['consent_required', 'AADSTS90094: admin consent is required', 'admin_consent_required'],
    [
      'access_denied',
      'AADSTS53003: Access has been blocked by Conditional Access policies.',
      'conditional_access_blocked',
    ],
    ['access_denied', 'AADSTS53000: Device is not in required device state.', 'device_not_managed'],
    ['access_denied', 'AADSTS99912345: ada@contoso.example must not', 'sign_in_blocked'],
  ])('ends, after the refusal %s %s, on the page for %s', async (error, description, code) => {
    const w = world();
    const token = await w.link(forAda);
    const browser = newBrowser();
    const state = await w.press(browser, token);
    const step = await w.back(browser, { state, error, error_description: description });
    const number = /AADSTS(\d+)/.exec(description)?.[1];
    const told = { code, number: number === undefined ? undefined : Number(number), start: { token } };
    expect(failure(step)).toMatchObject(told);
    // Loaded again, from what was stored.
    expect(failure(await w.back(browser, { state, error }))).toMatchObject(told);
    const words = number === undefined ? error : `AADSTS${number} ${error}`;
    const logged = w.log.lines.filter(({ event }) => event === 'connect.failed').map(({ fields }) => fields);
    expect(logged).toMatchObject([{ code, microsoft: words }]);
    expect(JSON.stringify(w.log.lines)).not.toContain('@');
    expect(await rowsOfTable(store, 'grants')).toEqual([]);
  });

  it.each([
    ['consent_required', 'AADSTS90094: admin consent is required'],
    ['access_denied', 'AADSTS65004: User declined to consent'],
    ['invalid_scope', 'AADSTS650053: a scope does not exist'],
  ])('starts again, with %s, %s, without the optional permissions', async (error, description) => {
    const w = world({ microsoft: microsoft({ hasOptionalScopes: true }) });
    const token = await w.link(forAda);
    const browser = newBrowser();
    const state = await w.press(browser, token);
    const refusal = { state, error, error_description: description };
    const again = await w.back(browser, refusal);
    if (again.kind !== 'redirect') throw new Error('no second sign-in');
    expect(w.entra.started.map(({ leastScopes }) => leastScopes)).toEqual([undefined, true]);
    // The same answer, loaded again, spends nothing.
    expect(failure(await w.back(browser, refusal))).toMatchObject({ code: 'sign_in_restart', start: { token } });

    const second = new URL(again.location).searchParams.get('state') ?? '';
    expect(second).not.toBe(state);
    expect(connected(await w.back(browser, { state: second, code: w.entra.codeFor(ada) }))).toBeDefined();
    await expectOneMailbox(w, ada.username);
  });

  it('asks for less only once, only where there is less to ask for, and not of a person whom a policy keeps out', async () => {
    const refused = { error: 'access_denied', error_description: 'AADSTS65004: declined' };
    const w = world({ microsoft: microsoft({ hasOptionalScopes: true }) });
    const browser = newBrowser();
    const again = await w.back(browser, { state: await w.press(browser, await w.link(forAda)), ...refused });
    const second = new URL(again.kind === 'redirect' ? again.location : '').searchParams.get('state') ?? '';
    expect(codeOf(await w.back(browser, { state: second, ...refused }))).toBe('sign_in_declined');

    const blocked = { error: 'access_denied', error_description: 'AADSTS53003: blocked' };
    const state = await w.press(browser, await w.link(forAda));
    expect(codeOf(await w.back(browser, { state, ...blocked }))).toBe('conditional_access_blocked');
  });

  it('asks in the next sign-in for what Microsoft missed when it refused the code, whichever device that is on', async () => {
    const w = world();
    const token = await w.link(forAda);
    const claims = '{"id_token":{"acrs":{"essential":true,"value":"c1"}}}';
    const refused = failureError({ error: 'interaction_required', number: 50076, claims }, 'sign-in');
    expect(codeOf((await walk(w, token, refused)).step)).toBe('mfa_required');
    expect(w.entra.started.at(-1)).not.toHaveProperty('claims');
    expect(connected((await walk(w, token, ada)).step)).toBeDefined();
    expect(w.entra.started.at(-1)).toMatchObject({ claims });
    expect(JSON.stringify(w.log.lines)).not.toContain('acrs');
  });

  it('tells of whatever Microsoft answers to the code, with the link still good', async () => {
    const w = world();
    const token = await w.link(forAda);
    for (const code of ['guest_refused', 'tenant_not_allowed', 'scope_missing_imap', 'entra_unavailable'] as const) {
      const { step } = await walk(w, token, new BrokerError(code));
      expect(failure(step)).toMatchObject({ code, start: { token } });
    }
    expect(await rowsOfTable(store, 'grants')).toEqual([]);
    expect(connected((await walk(w, token, ada)).step)).toBeDefined();
  });

  it('refuses another person, names both addresses, and stores nothing of hers', async () => {
    const w = world();
    const token = await w.link(forAda);
    const { step } = await walk(w, token, bob);
    expect(failure(step)).toEqual({
      kind: 'failed',
      code: 'wrong_account',
      addresses: { expected: ada.username, actual: bob.username },
      start: { action: `${publicUrl}/api/connect`, token },
    });
    expect(await rowsOfTable(store, 'grants')).toEqual([]);
    expect(JSON.stringify(w.log.lines)).not.toContain('@');
  });

  it('takes any person where the link says so', async () => {
    const w = world();
    expect(connected((await walk(w, await w.link({ anyAddress: true }), bob)).step)?.address).toBe(bob.username);
  });

  it('refuses a mailbox that another person holds, naming both', async () => {
    const sales = 'sales@contoso.example';
    const w = world({
      findAddresses: async (person) => ({ person, addresses: { primary: person.username, own: [sales], others: [] } }),
      // The mailbox opens by the name that each signs in with.
      probe: async (account, options) => {
        if (account.login === sales) throw new BrokerError('imap_refused');
        return onePage(account, options);
      },
    });
    await walk(w, await w.link({ expectedAddress: sales }), ada);
    const { step } = await walk(w, await w.link({ expectedAddress: sales }), bob);
    const addresses = { expected: ada.username, actual: bob.username };
    expect(failure(step)).toMatchObject({ code: 'mailbox_taken', addresses });
    await expectOneMailbox(w, sales);
  });

  it('tells of an account that was made anew under the address of one that is connected', async () => {
    const w = world();
    await walk(w, await w.link({ anyAddress: true }), ada);
    const id = await expectOneMailbox(w, ada.username);
    const anew = { tid, oid: randomUUID(), username: 'Ada@Contoso.example' };
    const token = await w.link({ expectedAddress: ada.username });
    expect(failure((await walk(w, token, anew)).step)).toMatchObject({
      code: 'account_recreated',
      addresses: undefined,
    });
    await expectOneMailbox(w, ada.username);
    // The log says which mailbox has to be removed.
    const fields = w.log.lines.filter(({ event }) => event === 'connect.failed').map((line) => line.fields);
    expect(fields).toMatchObject([{ code: 'account_recreated', heldAs: id }]);
    await w.registry.remove(id);
    expect(connected((await walk(w, token, anew)).step)?.address).toBe('Ada@Contoso.example');
  });

  it('keeps an app mailbox from a person who signs in under its address', async () => {
    const w = world();
    await walk(w, await w.link({ anyAddress: true }), ada);
    const address = 'support@contoso.example';
    await w.registry.upsert(w.inputOf({ ...ada, address }, { shared: true }));
    const { step } = await walk(w, await w.link({ anyAddress: true }), { tid, oid: randomUUID(), username: address });
    expect(codeOf(step)).toBe('mailbox_taken');
  });

  describe('of somebody whose sign-in name is no address', () => {
    const names = ['', '+15551234567', 'live.com#ada@outlook.example', 'ada_fabrikam.example#EXT#@contoso.example'];
    const told = {
      primary: 'ada.lovelace@contoso.example',
      own: ['ada@contoso.example'],
      others: ['ada@home.example'],
    };
    const knowing = (addresses: PersonAddresses | undefined) =>
      world({ findAddresses: async (person) => ({ person, addresses }) });

    it.each(names)('such as %j connects the address that the directory has', async (username) => {
      const w = knowing(told);
      const { step } = await walk(w, await w.link({ anyAddress: true }), { ...ada, username });
      expect(connected(step)?.address).toBe('ada.lovelace@contoso.example');
      const id = await expectOneMailbox(w, 'ada.lovelace@contoso.example');
      // And keeps it when she comes again, whichever link brings her.
      for (const again of [{ mailboxId: id }, { anyAddress: true as const }]) {
        expect(connected((await walk(w, await w.link(again), { ...ada, username })).step)?.address).toBe(
          'ada.lovelace@contoso.example',
        );
      }
      expect(await expectOneMailbox(w, 'ada.lovelace@contoso.example')).toBe(id);
    });

    it.each(names)('such as %j is refused where the directory has none, and nothing is stored', async (username) => {
      for (const addresses of [undefined, { primary: undefined, own: ['+15551234567', ''], others: [] }]) {
        const w = knowing(addresses);
        const token = await w.link({ anyAddress: true });
        const { step } = await walk(w, token, { ...ada, username });
        expect(failure(step)).toMatchObject({ code: 'address_unknown', start: { token } });
      }
      for (const table of ['grants', 'mail', 'index'] as const)
        expect(await rowsOfTable(store, table), table).toEqual([]);
    });

    it('connects what is only noted for her if a log-in under it works, and not otherwise', async () => {
      const noted = { primary: undefined, own: [], others: ['+15551234567', 'ada@home.example'] };
      const findAddresses: FindAddresses = async (person) => ({ person, addresses: noted });
      const closed = world({ findAddresses, probe: () => Promise.reject(new BrokerError('imap_unreachable')) });
      const person = { ...ada, username: '+15551234567' };
      expect(codeOf((await walk(closed, await closed.link({ anyAddress: true }), person)).step)).toBe(
        'imap_unreachable',
      );
      const open = world({ findAddresses });
      const { step } = await walk(open, await open.link({ anyAddress: true }), person);
      expect(connected(step)?.address).toBe('ada@home.example');
    });

    it('is shown by her name where she is not the one that a link is for', async () => {
      const w = world();
      const { step } = await walk(w, await w.link(forAda), { ...bob, username: '', displayName: 'Bob' });
      expect(failure(step)).toMatchObject({
        code: 'wrong_account',
        addresses: { expected: ada.username, actual: 'Bob' },
      });
    });
  });

  it.each([
    ['ada@münchen.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@xn--mnchen-3ya.example', 'ada@MÜNCHEN.example'],
  ])('takes a link for %s with the sign-in name %s: the domain is the same', async (expectedAddress, username) => {
    const w = world();
    const { step } = await walk(w, await w.link({ expectedAddress }), { ...ada, username });
    expect(connected(step)?.address).toBe(username);
    expect(w.entra.started[0]).toMatchObject({ loginHint: 'ada@xn--mnchen-3ya.example' });
    const again = await w.link({ expectedAddress });
    expect(connected((await walk(w, again, { ...ada, username: expectedAddress })).step)).toBeDefined();
    const { items } = await w.registry.list({ limit: 10, address: expectedAddress });
    expect(items).toHaveLength(1);
  });

  it('opens an alias beyond ASCII by the form that the mail server knows', async () => {
    const logins: string[] = [];
    const own = ['vertrieb@xn--mnchen-3ya.example'];
    const w = world({
      findAddresses: async (person) => ({ person, addresses: { primary: ada.username, own, others: [] } }),
      probe: async (account, options) => {
        logins.push(account.login);
        return onePage(account, options);
      },
    });
    const { step } = await walk(w, await w.link({ expectedAddress: 'vertrieb@münchen.example' }), ada);
    expect(connected(step)?.address).toBe(own[0]);
    expect(logins).toEqual(own);
  });
});

describe('the mail server', () => {
  it('does not stop the connection if it is unreachable: the mailbox begins by date', async () => {
    for (const code of ['imap_unreachable', 'imap_throttled', 'imap_not_connected'] as const) {
      await emptyTables(store);
      const w = world({
        probe: async () => {
          throw new BrokerError(code);
        },
      });
      const { step } = await walk(w, await w.link(forAda), ada);
      expect(connected(step)).toBeDefined();
      const id = await expectOneMailbox(w, ada.username);
      expect((await w.registry.get(id))?.state).toMatchObject({ state: 'connecting', code });
    }
  });

  it('fails the connection if it refuses: no mailbox, and the link stays valid', async () => {
    const entra = microsoft();
    const w = world({
      microsoft: entra,
      probe: async () => {
        throw new BrokerError('imap_refused');
      },
    });
    const token = await w.link(forAda);
    const { step } = await walk(w, token, ada);
    expect(failure(step)).toMatchObject({ code: 'imap_refused', start: { token } });
    expect((await w.registry.list({ limit: 10 })).items).toEqual([]);
    expect(connected((await walk(world({ microsoft: entra }), token, ada)).step)).toBeDefined();
  });

  it('is asked for the folders that the link names; one that is not there is watched for', async () => {
    const asked: unknown[] = [];
    const w = world({
      probe: async (account, options) => {
        asked.push(options?.choices);
        return { ...(await onePage(account)), missing: [{ role: 'archive' }, { path: 'Projekte' }] };
      },
    });
    const folders = [{ role: 'inbox' }, { role: 'archive' }, { path: 'Projekte' }] as const;
    await walk(w, await w.link({ ...forAda, folders }), ada);
    expect(asked).toEqual([folders]);
    const id = (await w.registry.list({ limit: 1 })).items[0]?.row.id ?? '';
    const found = await w.registry.get(id);
    expect(found?.row.folders.slice(-2)).toMatchObject([
      { path: '', role: 'archive' },
      { path: 'Projekte', role: undefined },
    ]);
    expect(found?.state).toMatchObject({ state: 'connecting', code: 'folder_missing' });
  });

  it('is asked later for the usual or the chosen folders if it is unreachable', async () => {
    const probe: Probe = async () => {
      throw new BrokerError('imap_unreachable');
    };
    for (const [folders, watched] of [
      [
        undefined,
        [
          { path: 'INBOX', role: 'inbox' },
          { path: '', role: 'sent' },
        ],
      ],
      [[{ path: 'Projekte' }], [{ path: 'Projekte', role: undefined }]],
    ] as const) {
      await emptyTables(store);
      const w = world({ probe });
      await walk(w, await w.link({ ...forAda, folders }), ada);
      expect((await w.registry.list({ limit: 1 })).items[0]?.row.folders).toMatchObject(watched);
    }
  });

  it('is asked with the token of this very sign-in', async () => {
    const asked: unknown[] = [];
    const w = world({
      probe: async (account) => {
        asked.push(account);
        return onePage(account);
      },
    });
    await walk(w, await w.link(forAda), { ...ada, username: 'Ada@Contoso.example' });
    expect(asked).toEqual([{ login: 'Ada@Contoso.example', accessToken: 'token of Ada@Contoso.example' }]);
  });
});

describe('a link to reconnect', () => {
  async function connectedWorld() {
    const w = world();
    await walk(w, await w.link({ ...forAda, label: 'Sales' }), ada);
    return { w, id: await expectOneMailbox(w, ada.username) };
  }

  it('keeps the mailbox, shows its address, and does not ask for another account', async () => {
    const { w, id } = await connectedWorld();
    const token = await w.link({ mailboxId: id });
    expect(await w.connect.show(token)).toMatchObject({ address: ada.username });
    expect(connected((await walk(w, token, ada)).step)).toBeDefined();
    expect(w.entra.started.at(-1)).toMatchObject({ selectAccount: false, loginHint: ada.username });
    expect(await expectOneMailbox(w, ada.username)).toBe(id);
  });

  it('a link to another destination changes no label of the mailbox', async () => {
    const { id } = await connectedWorld();
    const destinations = [
      { id: 'dst_abcdefghijkl', url: 'https://nocobase.example/api/x' },
      { id: 'dst_other0000000', url: 'https://other.example/api/x' },
    ];
    const w = world({ destinations });
    const before = (await w.registry.get(id))?.row;
    const names = { label: 'Not yours', ownerRef: 'not yours' };
    const other = await w.link({ ...forAda, ...names, destinationId: 'dst_other0000000' });
    expect(connected((await walk(w, other, ada)).step)).toBeDefined();
    expect((await w.registry.get(id))?.row).toEqual({ ...before, asked: (before?.asked ?? 0) + 1 });
    const own = await w.link({ ...forAda, ...names, destinationId: 'dst_abcdefghijkl' });
    await walk(w, own, ada);
    expect((await w.registry.get(id))?.row).toMatchObject(names);
  });

  it('passes on what Microsoft missed when it refused, once', async () => {
    const { w, id } = await connectedWorld();
    const grant = await w.grants.read(ada);
    if (grant === undefined) throw new Error('no grant');
    const claims = '{"access_token":{"polids":{"essential":true,"values":["policy"]}}}';
    await w.grants.note(grant, { status: 'reconnect_required', code: 'mfa_required', claims });
    await walk(w, await w.link({ mailboxId: id }), ada);
    expect(w.entra.started.at(-1)).toMatchObject({ claims });
    await walk(w, await w.link({ mailboxId: id }), ada);
    expect(w.entra.started.at(-1)).not.toHaveProperty('claims');
  });

  it('suggests the person behind a shared mailbox', async () => {
    const { w } = await connectedWorld();
    const { mailbox } = await w.registry.upsert(
      w.inputOf({ ...ada, address: 'support@contoso.example' }, { shared: true }),
    );
    await w.press(newBrowser(), await w.link({ mailboxId: mailbox.id }));
    expect(w.entra.started.at(-1)).toMatchObject({ loginHint: ada.username, selectAccount: false });
  });

  it('follows the person to a new address', async () => {
    const { w, id } = await connectedWorld();
    const renamed = { ...ada, username: 'ada.lovelace@contoso.example' };
    const { step } = await walk(w, await w.link({ mailboxId: id }), renamed);
    expect(connected(step)?.address).toBe(renamed.username);
    expect(await expectOneMailbox(w, renamed.username)).toBe(id);
    expect((await w.registry.get(id))?.row.login).toBe(renamed.username);
  });

  it('refuses everybody else, even under the same address', async () => {
    const { w, id } = await connectedWorld();
    const token = await w.link({ mailboxId: id });
    const impostor = { tid, oid: randomUUID(), username: ada.username };
    // Made anew, or under the same name in another organisation: to Microsoft that is someone else.
    expect(codeOf((await walk(w, token, impostor)).step)).toBe('account_recreated');
    const elsewhere = { ...ada, tid: randomUUID() };
    expect(codeOf((await walk(w, token, elsewhere)).step)).toBe('account_recreated');
    expect(codeOf((await walk(w, token, bob)).step)).toBe('wrong_account');
    expect((await w.grants.open(ada))?.generation).toBe(1);
  });

  it('is good for two weeks, and dead once the mailbox is removed', async () => {
    const { w, id } = await connectedWorld();
    const token = await w.link({ mailboxId: id });
    w.pass(13 * 86_400_000);
    await w.connect.show(token);
    await w.registry.remove(id);
    await expect(w.press(newBrowser(), token)).rejects.toMatchObject({ code: 'link_invalid' });
  });

  it('is not made by a key that does not know the mailbox, nor with what a reconnect keeps', async () => {
    const { w, id } = await connectedWorld();
    const blind = { ...anyCaller, mailboxes: ['mbx_0001_aaaaaaaaaaaaaaaa'] };
    await expect(w.link({ mailboxId: id }, blind)).rejects.toMatchObject({ code: 'not_found' });
    const seeing = { ...anyCaller, mailboxes: [id] };
    await w.link({ mailboxId: id }, seeing);
    const kept: Partial<NewLink>[] = [
      { destinationId: 'dst_abcdefghijkl' },
      { syncFrom: new Date() },
      { folders: [{ role: 'inbox' }] },
    ];
    for (const more of kept) {
      await expect(w.link({ mailboxId: id, ...more })).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });
});

describe('an address that is not the name she signs in with', () => {
  const sales = 'sales@contoso.example';
  const noted = 'ada@home.example';
  const asked: string[] = [];
  const findAddresses: FindAddresses = async (person) => {
    asked.push(person.username);
    const isAda = person.oid === ada.oid;
    const addresses = { primary: ada.username, own: isAda ? [ada.username, sales] : [], others: isAda ? [noted] : [] };
    return { person: { ...person, cache: '{"after":"graph"}' }, addresses };
  };
  /** A mail server at which certain names open. */
  const opens = (...names: string[]): { probe: Probe; tried: string[] } => {
    const tried: string[] = [];
    return {
      tried,
      probe: async (account, ...rest) => {
        tried.push(account.login);
        if (!names.includes(account.login)) throw new BrokerError('imap_not_connected');
        return onePage(account, ...rest);
      },
    };
  };
  const person = { ...ada, cache: '{"before":"graph"}' };

  it('is accepted where the directory knows it as hers, and becomes the mailbox’s', async () => {
    const { probe, tried } = opens(sales);
    const w = world({ findAddresses, probe });
    const { step } = await walk(w, await w.link({ expectedAddress: 'Sales@contoso.example' }), person);
    expect(connected(step)?.address).toBe('Sales@contoso.example');
    expect(tried).toEqual(['Sales@contoso.example', ada.username]);
  });

  it('is opened by the first name that the mail server takes, which is kept', async () => {
    const { probe, tried } = opens(ada.username);
    const w = world({ findAddresses, probe });
    await walk(w, await w.link({ expectedAddress: sales }), person);
    expect(tried).toEqual([sales, ada.username]);
    const id = await expectOneMailbox(w, sales);
    expect((await w.registry.get(id))?.row).toMatchObject({ login: ada.username });
    expect((await w.registry.get(id))?.state).toMatchObject({ state: 'active', code: '' });
    // What the question at Graph brought is part of the grant.
    expect((await w.grants.open(ada))?.cache).toBe('{"after":"graph"}');
  });

  it('is not asked for where the name fits already', async () => {
    asked.length = 0;
    const w = world({ findAddresses });
    await walk(w, await w.link(forAda), person);
    await walk(w, await w.link({ anyAddress: true }), person);
    expect(asked).toEqual([]);
  });

  it('counts only if the mail server opens it under that name when the directory merely lists it', async () => {
    const refused = opens(ada.username);
    const w = world({ findAddresses, probe: refused.probe });
    const token = await w.link({ expectedAddress: noted });
    expect(codeOf((await walk(w, token, person)).step)).toBe('imap_not_connected');
    expect(refused.tried).toEqual([noted]);
    expect((await w.registry.list({ limit: 9 })).items).toEqual([]);
    const unreachable: Probe = async () => {
      throw new BrokerError('imap_unreachable');
    };
    const down = world({ findAddresses, probe: unreachable, microsoft: w.entra });
    expect(codeOf((await walk(down, token, person)).step)).toBe('imap_unreachable');
    const up = world({ findAddresses, probe: opens(noted).probe, microsoft: w.entra });
    expect(connected((await walk(up, token, person)).step)?.address).toBe(noted);
  });

  it('is refused with both names if it is not the person’s, and nothing is stored', async () => {
    const w = world({ findAddresses });
    const { step } = await walk(w, await w.link({ expectedAddress: 'boss@contoso.example' }), person);
    expect(failure(step)?.addresses).toEqual({ expected: 'boss@contoso.example', actual: ada.username });
    expect(codeOf((await walk(w, await w.link({ expectedAddress: sales }), bob)).step)).toBe('wrong_account');
    expect(await rowsOfTable(store, 'grants')).toEqual([]);
  });

  it('cannot be judged while Graph is down: the link stays valid, and no account is called wrong', async () => {
    let isDown = true;
    const w = world({
      findAddresses: async (who) => {
        if (isDown) throw new BrokerError('graph_unavailable');
        return findAddresses(who);
      },
    });
    const token = await w.link({ expectedAddress: sales });
    expect(failure((await walk(w, token, person)).step)).toMatchObject({ code: 'graph_unavailable', start: { token } });
    expect(await rowsOfTable(store, 'grants')).toEqual([]);
    isDown = false;
    expect(connected((await walk(w, token, person)).step)?.address).toBe(sales);
  });

  it('stays the mailbox’s when she reconnects, or connects whatever she has', async () => {
    const account = { home_account_id: `${ada.oid}.${ada.tid}`, username: ada.username };
    const cache = JSON.stringify({ Account: { one: account } });
    const { probe } = opens(sales, ada.username);
    const w = world({ findAddresses: async (who) => ({ ...(await findAddresses(who)), person: who }), probe });
    await walk(w, await w.link({ expectedAddress: sales }), { ...person, cache });
    const id = await expectOneMailbox(w, sales);
    await walk(w, await w.link({ mailboxId: id }), { ...person, cache });
    await walk(w, await w.link({ anyAddress: true }), { ...person, cache });
    expect(await expectOneMailbox(w, sales)).toBe(id);
    // A link that names the other address moves it there.
    await walk(w, await w.link(forAda), { ...person, cache });
    expect(await expectOneMailbox(w, ada.username)).toBe(id);
  });

  it('is one mailbox with the name itself, even if both are connected at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      await emptyTables(store);
      store = unevenStore(store, round);
      const w = world({ findAddresses, probe: opens(sales, ada.username).probe });
      const tokens = [await w.link({ expectedAddress: sales }), await w.link(forAda)];
      const both = await Promise.all(tokens.map((token) => walk(w, token, person)));
      expect(both.map(({ step }) => connected(step) === undefined)).toEqual([false, false]);
      const { items } = await w.registry.list({ limit: 9 });
      await expectOneMailbox(w, items[0]?.row.address ?? '');
      expect(await halves(store)).toEqual([]);
    }
  });
});

describe('several mailboxes of one grant', () => {
  it('all resume when their person signs in again', async () => {
    const w = world();
    await walk(w, await w.link(forAda), ada);
    const own = await expectOneMailbox(w, ada.username);
    const { mailbox } = await w.registry.upsert(
      w.inputOf({ ...ada, address: 'support@contoso.example' }, { shared: true }),
    );
    const askedOf = async (id: string) => (await w.registry.get(id))?.row.asked ?? 0;
    const before = [await askedOf(own), await askedOf(mailbox.id)];
    await walk(w, await w.link({ mailboxId: own }), ada);
    expect([await askedOf(own), await askedOf(mailbox.id)]).toEqual(before.map((count) => count + 1));
    // A link for the shared one asks for the same person, and keeps what is shared.
    await walk(w, await w.link({ mailboxId: mailbox.id }), ada);
    expect((await w.registry.get(mailbox.id))?.row).toMatchObject({ shared: true, address: 'support@contoso.example' });
    expect([await askedOf(own), await askedOf(mailbox.id)]).toEqual(before.map((count) => count + 2));
    expect(codeOf((await walk(w, await w.link({ mailboxId: mailbox.id }), bob)).step)).toBe('wrong_account');
  });
});

describe('a returnUrl', () => {
  const returnOrigins = ['https://nocobase.example'];
  const link: NewLink = { ...forAda, returnUrl: 'https://nocobase.example/admin?tab=mail' };

  it('is where success and failure lead', async () => {
    const w = world({ returnOrigins });
    const token = await w.link(link);
    const failed = await walk(w, token, bob);
    expect(failed.step).toEqual({
      kind: 'redirect',
      location: 'https://nocobase.example/admin?tab=mail&status=failed&code=wrong_account',
    });
    const done = await walk(w, token, ada);
    const id = await expectOneMailbox(w, ada.username);
    expect(done.step).toEqual({
      kind: 'redirect',
      location: `https://nocobase.example/admin?tab=mail&status=connected&mailboxId=${id}`,
    });
    expect(await w.back(done.browser, done.query)).toEqual(done.step);
  });

  it('is checked again when it is used', async () => {
    const token = await world({ returnOrigins }).link(link);
    const narrowed = world({ returnOrigins: [] });
    expect(connected((await walk(narrowed, token, ada)).step)).toBeDefined();
  });

  it('is used only for the browser that began', async () => {
    const w = world({ returnOrigins });
    const browser = newBrowser();
    const state = await w.press(browser, await w.link(link));
    const step = await w.back(newBrowser(), { state, code: 'x' });
    expect(step).toMatchObject({ kind: 'page' });
  });
});

describe.each([0, 1, 2, 3])('several at once, whose requests overtake each other (seed %i)', (seed) => {
  beforeEach(() => {
    store = unevenStore(store, seed);
  });

  it('two callbacks of one sign-in: the code is redeemed once, both say connected', async () => {
    const w = world();
    const browser = newBrowser();
    const query = { state: await w.press(browser, await w.link(forAda)), code: w.entra.codeFor(ada) };
    const steps = await Promise.all([w.back(browser, query), w.back(browser, query)]);
    expect(w.entra.redeemed).toHaveLength(1);
    expect(steps.map((step) => connected(step)?.address)).toEqual([ada.username, ada.username]);
    await expectOneMailbox(w, ada.username);
  });

  it('two sign-ins of one link: one mailbox, and neither is told that it failed', async () => {
    const w = world();
    const token = await w.link(forAda);
    const both = await Promise.all([walk(w, token, ada), walk(w, token, ada)]);
    expect(both.filter(({ step }) => connected(step) !== undefined).length).toBeGreaterThanOrEqual(1);
    expect(both.every(({ step }) => connected(step) ?? codeOf(step) === 'link_spent')).toBe(true);
    await expectOneMailbox(w, ada.username);
  });

  it('two links for one address: one mailbox', async () => {
    const w = world();
    const tokens = [await w.link(forAda), await w.link(forAda)];
    const both = await Promise.all(tokens.map((token) => walk(w, token, ada)));
    expect(both.map(({ step }) => connected(step)?.address)).toEqual([ada.username, ada.username]);
    await expectOneMailbox(w, ada.username);
  });

  it('one open link, two people: one mailbox, and the other is told that the link is used', async () => {
    const w = world();
    const token = await w.link({ anyAddress: true });
    const both = await Promise.all([walk(w, token, ada), walk(w, token, bob)]);
    expect(
      both.map(({ step }) => connected(step)?.address ?? codeOf(step)).filter((end) => end === 'link_spent'),
    ).toHaveLength(1);
    expect((await w.registry.list({ limit: 10 })).items).toHaveLength(1);
  });
});

describe('killed at any write of the way back, and tried again', () => {
  // A life for each write, one after the other and by itself.
  onMemoryTables((memory) => {
    store = memory;
  });

  /** How many writes the whole callback takes. */
  async function writesOf(): Promise<number> {
    const counting = mortalStore(store);
    const w = connectWorld(counting);
    const browser = newBrowser();
    const query = { state: await w.press(browser, await w.link(forAda)), code: w.entra.codeFor(ada) };
    const before = counting.writes;
    expect(connected(await w.back(browser, query))).toBeDefined();
    return counting.writes - before;
  }

  it.each([true, false])('one mailbox comes of it (the last write applied: %s)', async (applied) => {
    const total = await writesOf();
    expect(total).toBeGreaterThan(6);
    for (let dying = 1; dying <= total; dying += 1) {
      await emptyTables(store);
      const entra = microsoft();
      const clockOffset = { ms: 0 };
      const whole = world({ microsoft: entra, clockOffset });
      const token = await whole.link(forAda);
      const browser = newBrowser();
      const query = { state: await whole.press(browser, token), code: entra.codeFor(ada) };

      const mortal = connectWorld(mortalStore(store, { atWrite: dying, applied }), { microsoft: entra, clockOffset });
      await expect(mortal.back(browser, query)).rejects.toBeInstanceOf(Killed);

      // A little later the person loads the page again, and presses the button that it offers.
      whole.pass(10_000);
      const again = await whole.back(browser, query);
      const start = failure(again)?.start;
      if (start !== undefined) {
        expect(codeOf(again)).toBe('sign_in_restart');
        expect(connected((await walk(whole, start.token, ada)).step)).toBeDefined();
      } else {
        expect(connected(again)?.address).toBe(ada.username);
      }
      const id = await expectOneMailbox(whole, ada.username);
      expect((await whole.slots()).map(({ mailboxId }) => mailboxId)).toContain(id);
      await expect(whole.connect.show(token)).rejects.toMatchObject({ code: 'link_spent' });
    }
  });

  it('never shows the code that was redeemed before the death to Microsoft again', async () => {
    const entra = microsoft();
    const w = world({ microsoft: entra });
    const browser = newBrowser();
    const query = { state: await w.press(browser, await w.link(forAda)), code: entra.codeFor(ada) };
    // Writes: the state is used, the deed is noted, the grant is stored.
    const mortal = connectWorld(mortalStore(store, { atWrite: 3, applied: true }), { microsoft: entra });
    await expect(mortal.back(browser, query)).rejects.toBeInstanceOf(Killed);
    w.pass(10_000);
    await w.back(browser, query);
    await w.back(browser, query);
    expect(entra.redeemed).toEqual([query.code]);
  });
});

describe('met by a DELETE at any write of the way back', () => {
  // A life for each write, one after the other and by itself.
  onMemoryTables((memory) => {
    store = memory;
  });

  /** What the worker does for a tombstone. */
  async function erase(w: ConnectWorld, id: string): Promise<void> {
    const mail = store.table('mail');
    for (const row of await rowsOfTable(store, 'mail')) {
      const [kind, mailboxId] = row.rowKey.split('!');
      if (mailboxId !== id || kind === 'a' || row.values.type === 'mailbox.removed') continue;
      await mail.delete(row.partitionKey, row.rowKey, row.etag);
    }
    const tombstone = await readMailbox(mail, id);
    if (tombstone !== undefined) await w.registry.forget(tombstone.row);
  }

  it.each([
    ['and the worker is quick', 0],
    ['and the worker comes at the next write', 1],
    ['and the worker comes later', 3],
  ])('leaves one whole mailbox or none, %s', async (_when, workerWaits) => {
    for (let at = 1; ; at += 1) {
      await emptyTables(store);
      const calm = world();
      await walk(calm, await calm.link(forAda), ada);
      const id = await expectOneMailbox(calm, ada.username);

      const between = interruptedStore(store, async (write) => {
        if (write === begun + at) await calm.registry.remove(id);
        if (write === begun + at + workerWaits) await erase(calm, id);
      });
      let begun = Number.POSITIVE_INFINITY;
      const w = connectWorld(between);
      const browser = newBrowser();
      const state = await w.press(browser, await w.link(forAda));
      begun = between.writes;
      const step = await w.back(browser, { state, code: w.entra.codeFor(ada) });
      const writes = between.writes - begun;
      if ((await calm.registry.get(id)) !== undefined) await calm.registry.remove(id);
      await erase(calm, id);
      expect(connected(step)?.address, `DELETE before write ${at}: ${codeOf(step)}`).toBe(ada.username);
      expect(await halves(store), `DELETE before write ${at}`).toEqual([]);
      if (at > writes) break;
    }
  });
});
