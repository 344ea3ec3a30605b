import type { HttpHandler } from '@azure/functions';
import { describe, expect, it, vi } from 'vitest';
import { composed } from '../../test/support/composed.ts';
import { anyCaller, connectWorld, newBrowser } from '../../test/support/connect-world.ts';
import { faultyStore } from '../../test/support/faulty-store.ts';
import { type Answered, memoryVault, type Sent, send, testRoot } from '../../test/support/http.ts';
import { entry } from '../../test/support/rows.ts';
import { sendingParts } from '../../test/support/sending-parts.ts';
import { onMemoryTables } from '../../test/support/suite-tables.ts';
import { rowsOfTable } from '../../test/support/tables.ts';
import { bootstrapKeyId, formatApiKey } from '../lib/access/api-key.ts';
import { createApiKeys } from '../lib/access/api-keys.ts';
import type { Scope } from '../lib/access/caller.ts';
import { deliveryId } from '../lib/domain/ids.ts';
import { systemRandom } from '../lib/domain/system.ts';
import { errorTable } from '../lib/error-codes.ts';
import { BrokerError } from '../lib/errors.ts';
import { createGiveToken } from '../lib/mailboxes/give-token.ts';
import { createApiKeyRows } from '../lib/store/deployment/api-keys.ts';
import { createAudit } from '../lib/store/deployment/audit.ts';
import { createDeliveries } from '../lib/store/mailboxes/deliveries.ts';
import { encodeDead } from '../lib/store/rows/retry-row.ts';
import type { MailboxRow } from '../lib/store/rows/rows.ts';
import type { Store } from '../lib/store/table/table.ts';
import { createRootKeys } from '../lib/vault/root-keys.ts';

vi.mock('../lib/broker.ts', () => import('../../test/support/composed.ts'));
vi.mock('@azure/functions', async (original) =>
  (await import('../../test/support/without-host.ts')).withoutHost(original),
);

const { adminConsent } = await import('./sign-in/tenant-consent.ts');
const { adminConsentLinks } = await import('./sign-in/tenant-consent-links.ts');
const { connect } = await import('./sign-in/connect.ts');
const { connectLinks } = await import('./sign-in/connect-links.ts');
const { deliveries } = await import('./deliveries/deliveries.ts');
const { deliveryReplay } = await import('./deliveries/delivery-replay.ts');
const { destinationReplay } = await import('./deliveries/destination-replay.ts');
const { health } = await import('./operations/health.ts');
const { key } = await import('./operations/key.ts');
const { keys } = await import('./operations/keys.ts');
const { mailbox } = await import('./mailboxes/mailbox.ts');
const { mailboxReplay } = await import('./mailboxes/mailbox-replay.ts');
const { mailboxSync } = await import('./mailboxes/mailbox-sync.ts');
const { mailboxToken } = await import('./mailboxes/mailbox-token.ts');
const { mailboxes } = await import('./mailboxes/mailboxes.ts');
const { notFound } = await import('./operations/not-found.ts');
const { oauthCallback } = await import('./sign-in/oauth-callback.ts');

const bootstrapKey = formatApiKey({ id: bootstrapKeyId, secret: 'B'.repeat(43) });
const destinations = [
  { id: 'dst_abcdefghijkl', url: 'https://nocobase.example/api/x' },
  { id: 'dst_other0000000', url: 'https://other.example/api/x' },
];

/** The broker's parts, real but for Microsoft, the mail server and the settings. */
function compose(store: Store, tokenEndpoint = true) {
  const world = connectWorld(store, { destinations });
  const { clock, log, registry, grants } = world;
  const vault = memoryVault({
    'broker-root': [testRoot],
    'bootstrap-admin-key': [{ version: 'v', value: bootstrapKey }],
  });
  const audit = createAudit({ table: store.table('audit'), clock, random: systemRandom, log });
  const apiKeys = createApiKeys({
    rows: createApiKeyRows(store.table('keys')),
    rootKeys: createRootKeys(vault),
    clock,
    random: systemRandom,
    log,
    bootstrap: vault,
  });
  const given: { oid: string; resource: string }[] = [];
  const giveToken = createGiveToken({
    config: { tokenEndpoint },
    clock,
    registry,
    grants,
    audit,
    tokens: {
      get: async ({ oid }, resource) => {
        given.push({ oid, resource });
        return {
          accessToken: `access token ${given.length}`,
          expiresAt: new Date(clock.now() + 3_000_000),
          scopes: ['IMAP.AccessAsUser.All'],
          username: 'ada@contoso.example',
        };
      },
    },
  });
  const lookup = {
    get: async (id: string) => destinations.find((each) => each.id === id),
    list: async () => destinations,
  };
  const trouble = () => undefined;
  const others = { giveToken, given, destinations: lookup, deliveries: createDeliveries(world), trouble };
  const sending = sendingParts(world, {
    maySendTo: () => false,
    send: async () => Promise.reject(new Error('none')),
    close: async () => {},
  });
  return { ...world, log, audit, apiKeys, sending, ...others };
}

let store: Store;
let parts: ReturnType<typeof compose>;
onMemoryTables((memory) => {
  store = memory;
  parts = compose(store);
  composed.broker = async () => parts;
});

const mintKey = async (scopes: readonly Scope[], limits: { mailboxes?: string[]; destinations?: string[] } = {}) =>
  (await parts.apiKeys.mint({ scopes, ...limits }, { createdBy: '', unrestricted: true })).key;

const asKey = (text: string, sent: Sent = {}): Sent => ({
  ...sent,
  headers: { ...sent.headers, authorization: `Bearer ${text}` },
});

/** A connected mailbox, through the registry. */
async function connectedMailbox(address = 'ada@contoso.example', more: Parameters<typeof parts.inputOf>[1] = {}) {
  const person = parts.person(address);
  await parts.grants.connected({ ...person, cache: '{}' });
  const { mailbox: row } = await parts.registry.upsert(parts.inputOf(person, more));
  return { row, person };
}

const expectProblem = (answer: Answered, code: string, status: number) => {
  expect(answer.body).toMatchObject({ code, status, requestId: 'req-1' });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.body.detail).not.toBe('');
  expect(answer.body.remedy).not.toBe('');
  expect(answer.text.length).toBeLessThan(2048);
};

const noMailbox = 'mbx_0001_aaaaaaaaaaaaaaaa';

interface Door {
  readonly name: string;
  readonly handler: HttpHandler;
  readonly method: string;
  readonly scope: Scope;
  readonly params?: Record<string, string>;
  /** A body that is right, where an empty one is not. */
  readonly right?: object;
  /** Bodies of the right JSON and the wrong form. */
  readonly wrong?: readonly object[];
}

const doors: readonly Door[] = [
  {
    name: 'POST connect-links',
    handler: connectLinks,
    method: 'POST',
    scope: 'connect',
    wrong: [
      { expectedAddress: 7 },
      { expectedAddress: 'hunter2' },
      { anyAddress: false },
      { anyAddress: true, label: 'a\nb' },
      { anyAddress: true, label: 'x'.repeat(101) },
      { anyAddress: true, ownerRef: { hunter2: 1 } },
      { anyAddress: true, ownerRef: 1.5 },
      { anyAddress: true, syncFrom: 'yesterday' },
      { anyAddress: true, syncFrom: '2026-11-22T08:00:00' },
      { anyAddress: true, expiresIn: -1 },
      { anyAddress: true, expiresIn: '60' },
      { anyAddress: true, destinationId: 'hunter2' },
      { anyAddress: true, returnUrl: 'https://evil.example/hunter2' },
      { mailboxId: '../hunter2' },
      { anyAddress: true, hunter: 2 },
    ],
  },
  {
    name: 'POST tenant-consent-links',
    handler: adminConsentLinks,
    method: 'POST',
    scope: 'admin',
    wrong: [
      { tenantId: 'hunter2' },
      { tenantId: 'contoso.onmicrosoft.com' },
      { permissions: 'hunter2' },
      { label: 'a\nb' },
      { expiresIn: 1 },
      { expiresIn: 15 * 86_400 },
      { returnUrl: 'https://evil.example/hunter2' },
      { scope: 'hunter2' },
    ],
  },
  { name: 'GET mailboxes', handler: mailboxes, method: 'GET', scope: 'read' },
  {
    name: 'POST mailboxes',
    handler: mailboxes,
    method: 'POST',
    scope: 'admin',
    wrong: [
      {},
      { address: 'hunter2' },
      { address: 'support@contoso.example' },
      { address: 'support@contoso.example', auth: 'hunter2' },
      { address: 'support@contoso.example', auth: 'delegated' },
      { address: 'support@contoso.example', viaMailboxId: 'hunter2' },
      { address: 'support@contoso.example', tenantId: 'hunter2' },
      { address: 'support@contoso.example', login: 'hunter2' },
      { address: 'support@contoso.example', folders: ['hunter2'] },
    ],
  },
  { name: 'GET mailboxes/{id}', handler: mailbox, method: 'GET', scope: 'read', params: { id: noMailbox } },
  {
    name: 'PATCH mailboxes/{id}',
    handler: mailbox,
    method: 'PATCH',
    scope: 'admin',
    params: { id: noMailbox },
    wrong: [
      { paused: 'yes' },
      { login: 'hunter2' },
      { login: null },
      { label: 7 },
      { destinationId: null },
      { address: 'hunter2@x' },
      { state: 'active' },
    ],
  },
  { name: 'DELETE mailboxes/{id}', handler: mailbox, method: 'DELETE', scope: 'admin', params: { id: noMailbox } },
  {
    name: 'POST mailboxes/{id}/token',
    handler: mailboxToken,
    method: 'POST',
    scope: 'token',
    params: { id: noMailbox },
    wrong: [{ resource: 'hunter2' }, { resource: 1 }, { scope: 'x' }],
  },
  {
    name: 'POST mailboxes/{id}/sync',
    handler: mailboxSync,
    method: 'POST',
    scope: 'read',
    params: { id: noMailbox },
    wrong: [{ force: true }],
  },
  {
    name: 'POST mailboxes/{id}/replay',
    handler: mailboxReplay,
    method: 'POST',
    scope: 'admin',
    params: { id: noMailbox },
    right: { dead: true },
    wrong: [{}, { dead: 'hunter2' }, { since: 'hunter2' }, { force: true }, { dead: true, hunter: 2 }],
  },
  {
    name: 'DELETE mailboxes/{id}/replay',
    handler: mailboxReplay,
    method: 'DELETE',
    scope: 'admin',
    params: { id: noMailbox },
  },
  {
    name: 'DELETE destinations/{id}/replay',
    handler: destinationReplay,
    method: 'DELETE',
    scope: 'admin',
    params: { id: 'dst_nosuch000000' },
  },
  { name: 'GET deliveries', handler: deliveries, method: 'GET', scope: 'admin' },
  {
    name: 'POST deliveries/{id}/replay',
    handler: deliveryReplay,
    method: 'POST',
    scope: 'admin',
    params: { id: deliveryId(noMailbox, new Uint8Array(16)) },
    wrong: [{ force: true }],
  },
  {
    name: 'POST destinations/{id}/replay',
    handler: destinationReplay,
    method: 'POST',
    scope: 'admin',
    params: { id: 'dst_nosuch000000' },
    right: { dead: true },
    wrong: [{}, { dead: 'hunter2' }, { since: 'hunter2' }, { dead: true, since: '2026-11-22T08:00:00Z' }],
  },
  { name: 'GET keys', handler: keys, method: 'GET', scope: 'admin' },
  {
    name: 'POST keys',
    handler: keys,
    method: 'POST',
    scope: 'admin',
    wrong: [
      {},
      { scopes: [] },
      { scopes: ['hunter2'] },
      { scopes: 'admin' },
      { scopes: ['token'] },
      { scopes: ['read'], mailboxes: [] },
      { scopes: ['read'], mailboxes: ['hunter2'] },
      { scopes: ['read'], expiresAt: 1 },
      { scopes: ['read'], id: 'hunter2' },
    ],
  },
  { name: 'DELETE keys/{id}', handler: key, method: 'DELETE', scope: 'admin', params: { id: 'nosuchkey000' } },
];
const everyDoor = doors.map((door): [string, Door] => [door.name, door]);
const withParams = (door: Door, sent: Sent): Sent => ({
  method: door.method,
  ...(door.params === undefined ? {} : { params: door.params }),
  ...sent,
});

describe.each(everyDoor)('%s', (_name, door) => {
  it('refuses requests without a key, with a wrong one, or with the token of a NocoBase session', async () => {
    expectProblem(await send(door.handler, withParams(door, {})), 'key_missing', 401);
    const forged = formatApiKey({ id: 'nosuchkey000', secret: 'x'.repeat(43) });
    for (const wrong of ['hunter2', forged]) {
      const answer = await send(door.handler, asKey(wrong, withParams(door, {})));
      expectProblem(answer, 'key_invalid', 401);
      expect(answer.text).not.toContain(wrong);
    }
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOjF9.c2ln';
    expectProblem(await send(door.handler, asKey(jwt, withParams(door, {}))), 'nocobase_session_token', 401);
    expect(JSON.stringify(parts.log.lines)).not.toMatch(/eyJ|hunter2|nmb_/);
  });

  it('refuses a key with every scope but its own', async () => {
    const others = anyCaller.scopes.filter((scope) => scope !== door.scope);
    const text = await mintKey(others);
    expectProblem(await send(door.handler, asKey(text, withParams(door, {}))), 'scope_missing', 403);
  });

  it('takes the first key of the deployment only where keys are made', async () => {
    const answer = await send(door.handler, asKey(bootstrapKey, withParams(door, {})));
    if (door.name.includes('keys')) expect(answer.body.code ?? '').not.toBe('scope_missing');
    else expectProblem(answer, 'scope_missing', 403);
  });

  it('names its methods to any other', async () => {
    const text = await mintKey(anyCaller.scopes);
    const answer = await send(door.handler, asKey(text, { ...withParams(door, {}), method: 'PUT' }));
    expectProblem(answer, 'method_not_allowed', 405);
    expect(answer.headers.get('allow')).toContain(door.method);
  });

  // Only the doors that read a body.
  if (door.wrong !== undefined)
    it('refuses what is no JSON, too much of it, or of the wrong form', async () => {
      const text = await mintKey(anyCaller.scopes);
      const post = (body: Sent['body']) =>
        send(door.handler, asKey(text, withParams(door, body === undefined ? {} : { body })));
      expectProblem(await post('{"hunter2'), 'malformed_json', 400);
      expectProblem(await post(new Uint8Array([0xff])), 'malformed_json', 400);
      expectProblem(await post(`{"x":"${'hunter2'.repeat(10_000)}"}`), 'body_too_large', 413);
      for (const wrong of [[], 'text', 7, null, ...(door.wrong ?? [])]) {
        const answer = await post(JSON.stringify(wrong));
        expectProblem(answer, 'invalid_request', 400);
        expect(answer.body.fields.length).toBeGreaterThan(0);
        expect(answer.text).not.toContain('hunter2');
      }
      for (const table of ['mail', 'tickets', 'audit'] as const) expect(await rowsOfTable(store, table)).toEqual([]);
      expect(await rowsOfTable(store, 'keys')).toHaveLength(1);
    });

  if (door.params !== undefined)
    it('knows no id but its own', async () => {
      const text = await mintKey(anyCaller.scopes);
      for (const id of [
        door.params?.id ?? '',
        'hunter2',
        '',
        '../x',
        'a#b?c',
        '%00',
        "x' or 1 eq 1",
        'x'.repeat(5000),
      ]) {
        const sent = { method: door.method, params: { id }, ...(door.right === undefined ? {} : { body: door.right }) };
        const answer = await send(door.handler, asKey(text, sent));
        expectProblem(answer, 'not_found', 404);
        expect(answer.text).not.toContain('hunter2');
      }
    });

  it('says which part is down', async () => {
    const text = await mintKey(anyCaller.scopes);
    composed.broker = async () => {
      throw new BrokerError('settings_broken');
    };
    expectProblem(await send(door.handler, asKey(text, withParams(door, {}))), 'settings_broken', 503);
  });
});

describe('links and the way they lead', () => {
  it('are made, opened, pressed and finished over HTTP', async () => {
    const text = await mintKey(['connect']);
    const made = await send(
      connectLinks,
      asKey(text, {
        method: 'POST',
        body: { expectedAddress: 'ada@contoso.example', label: '<b>Sales', destinationId: destinations[0]?.id },
      }),
    );
    expect(made.status).toBe(201);
    expect(made.body.url).toMatch(/^http:\/\/localhost:7071\/api\/connect\?token=[\w-]{54}$/);
    expect(new Date(made.body.expiresAt).toISOString()).toBe(made.body.expiresAt);
    const token = new URL(made.body.url).searchParams.get('token') ?? '';

    const opened = await send(connect, { path: `connect?token=${token}`, headers: { accept: 'text/html' } });
    expect(opened.status).toBe(200);
    expect(opened.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(opened.text).toContain('&lt;b&gt;Sales');
    expect(opened.text).toContain('https://nocobase.example');
    expect(opened.text).toContain(`value="${token}"`);

    const pressed = await send(connect, {
      method: 'POST',
      path: 'connect',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      body: `token=${token}`,
    });
    expect(pressed.status).toBe(303);
    expect(pressed.headers.get('set-cookie')).toBeNull();
    expect(pressed.cookies).toHaveLength(1);
    const location = new URL(pressed.headers.get('location') ?? '');
    const state = location.searchParams.get('state') ?? '';

    const [cookie] = pressed.cookies;
    const code = parts.entra.codeFor({ username: 'ada@contoso.example' });
    const back = await send(oauthCallback, {
      path: `oauth/callback?state=${state}&code=${code}`,
      headers: { cookie: `${cookie?.name}=${cookie?.value}`, accept: 'text/html', 'accept-language': 'zh-CN' },
    });
    expect(back.status).toBe(200);
    expect(back.text).toContain('lang="zh-Hans"');
    expect(back.text).toContain('ada@contoso.example');
    expect(back.text).not.toContain(code);

    const again = await send(connect, { path: `connect?token=${token}`, headers: { accept: 'text/html' } });
    expect(again.status).toBe(410);
    expect(again.text).not.toContain(token);
  });

  it('show a page without echoing input if they are invalid', async () => {
    for (const token of ['', 'hunter2', '<script>alert(1)</script>', 'A'.repeat(54), 'x'.repeat(400)]) {
      const answer = await send(connect, { path: `connect?token=${encodeURIComponent(token)}` });
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toContain('text/html');
      if (token !== '') expect(answer.text).not.toContain(token);
    }
    expect((await send(connect, { path: 'connect' })).status).toBe(404);
  });

  it('pressed from elsewhere are refused: a page for a browser, a problem for a program', async () => {
    const token = await parts.link({ anyAddress: true, destinationId: 'dst_abcdefghijkl' });
    const sent = { method: 'POST', path: 'connect', body: `token=${token}` };
    const page = await send(connect, { ...sent, headers: { accept: 'text/html', 'sec-fetch-site': 'cross-site' } });
    expect(page.status).toBe(403);
    expect(page.text).toContain('<h1>');
    expectProblem(await send(connect, sent), 'cross_site_refused', 403);
  });

  it('answer a body over the limit and a wrong method as every door does', async () => {
    expectProblem(await send(connect, { method: 'POST', body: `token=${'x'.repeat(70_000)}` }), 'body_too_large', 413);
    expectProblem(await send(connect, { method: 'DELETE' }), 'method_not_allowed', 405);
    expectProblem(await send(oauthCallback, { method: 'POST' }), 'method_not_allowed', 405);
  });

  it('lead back to a page when the sign-in is not this browser’s', async () => {
    const token = await parts.link({ anyAddress: true, destinationId: 'dst_abcdefghijkl' });
    const state = await parts.press(newBrowser(), token);
    const answer = await send(oauthCallback, { path: `oauth/callback?state=${state}&code=x&hunter2=1` });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('<h1>');
    expect(answer.text).not.toContain('hunter2');
  });

  it('show a page of ours when the store fails in the middle, and log it', async () => {
    parts = { ...parts, connect: { ...parts.connect, show: () => Promise.reject(new Error('hunter2')) } };
    const answer = await send(connect, { path: 'connect?token=x', headers: { accept: 'text/html' } });
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('req-1');
    expect(answer.text).not.toContain('hunter2');
    expect(parts.log.lines.at(-1)).toMatchObject({ level: 'error', event: 'http.failed' });
  });
});

describe('links for an administrator', () => {
  it('are made, opened, pressed and finished over HTTP, and say everything in their own words', async () => {
    const text = await mintKey(['admin']);
    const made = await send(
      adminConsentLinks,
      asKey(text, { method: 'POST', body: { label: '<i>Sales', permissions: 'app' } }),
    );
    expect(made.status).toBe(201);
    expect(Object.keys(made.body).sort()).toEqual(['expiresAt', 'tenant', 'url']);
    expect(made.body.url).toMatch(/^http:\/\/localhost:7071\/api\/tenant-consent\?token=[\w-]{54}$/);
    expect(made.body.tenant).toBe('organizations');
    const token = new URL(made.body.url).searchParams.get('token') ?? '';

    const opened = await send(adminConsent, {
      path: `tenant-consent?token=${token}`,
      headers: { accept: 'text/html' },
    });
    expect(opened.status).toBe(200);
    expect(opened.text).toContain('&lt;i&gt;Sales');
    expect(opened.text).toContain('action="http://localhost:7071/api/tenant-consent"');
    expect(opened.headers.get('content-security-policy')).not.toContain('form-action');

    const pressed = await send(adminConsent, {
      method: 'POST',
      path: 'tenant-consent',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      body: `token=${token}`,
    });
    expect(pressed.status).toBe(303);
    const location = new URL(pressed.headers.get('location') ?? '');
    expect(location.pathname).toBe('/organizations/v2.0/adminconsent');
    expect(location.searchParams.get('scope')).toBe('https://outlook.office365.com/.default');

    const [cookie] = pressed.cookies;
    const back = await send(oauthCallback, {
      path: `oauth/callback?admin_consent=True&tenant=hunter2&state=${location.searchParams.get('state')}`,
      headers: { cookie: `${cookie?.name}=${cookie?.value}`, accept: 'text/html' },
    });
    expect(back.status).toBe(200);
    expect(back.text).toContain('Add-MailboxPermission');
    expect(back.text).not.toContain('hunter2');

    const again = await send(adminConsent, { path: `tenant-consent?token=${token}`, headers: { accept: 'text/html' } });
    expect(again.status).toBe(410);
    expect(again.text).toContain('This has already been done');
    // A link of the one kind opens nothing of the other.
    expect((await send(connect, { path: `connect?token=${token}` })).status).toBe(404);
  });

  it('show a page without echoing input if they are invalid, and do nothing if posted from elsewhere', async () => {
    for (const token of ['', 'hunter2', '<script>alert(1)</script>', 'A'.repeat(54)]) {
      const answer = await send(adminConsent, { path: `tenant-consent?token=${encodeURIComponent(token)}` });
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toContain('text/html');
      if (token !== '') expect(answer.text).not.toContain(token);
    }
    const { url } = await parts.connect.createAdminConsentLink({}, anyCaller.keyId);
    const body = `token=${new URL(url).searchParams.get('token')}`;
    expectProblem(await send(adminConsent, { method: 'POST', body }), 'cross_site_refused', 403);
    expect(await rowsOfTable(store, 'states')).toEqual([]);
  });
});

describe('mailboxes', () => {
  it('mailboxes without a sign-in of their own are added by administrators, with a warning if they depend on a person', async () => {
    const { row: own, person } = await connectedMailbox();
    const text = await mintKey(['admin', 'read']);
    const post = (body: object) => send(mailboxes, asKey(text, { method: 'POST', body }));
    const shared = await post({
      address: 'support@contoso.example',
      viaMailboxId: own.id,
      destinationId: 'dst_abcdefghijkl',
      ownerRef: 7,
    });
    expect(shared.status).toBe(201);
    expect(shared.body).toMatchObject({
      address: 'support@contoso.example',
      auth: 'delegated',
      shared: true,
      state: 'active',
      ownerRef: 7,
      warnings: [{ code: 'depends_on_person' }],
    });
    expect(shared.text).not.toMatch(/"(oid|tid|grant)"/);
    const free = await post({ address: 'support@contoso.example', auth: 'app', tenantId: person.tid });
    expect(free.status).toBe(200);
    expect(free.body).toMatchObject({ id: shared.body.id, auth: 'app', shared: false, warnings: [] });
    const shown = await send(mailbox, asKey(text, { params: { id: shared.body.id } }));
    expect(shown.body.auth).toBe('app');
  });

  it('get another log-in name only if it works', async () => {
    let fails: 'imap_refused' | undefined = 'imap_refused';
    parts = {
      ...parts,
      openMailbox: async (grant, login) => {
        if (fails !== undefined) throw new BrokerError('shared_access_missing');
        expect([grant.kind, login]).toEqual(['user', 'ada.box@contoso.example']);
        return [];
      },
    };
    const { row } = await connectedMailbox();
    const text = await mintKey(['admin']);
    const patch = (body: object) => send(mailbox, asKey(text, { method: 'PATCH', params: { id: row.id }, body }));
    const wanted = { login: 'ada.box@contoso.example', label: 'New' };
    expectProblem(await patch(wanted), 'shared_access_missing', 422);
    expect((await parts.registry.get(row.id))?.row).toEqual(row);
    fails = undefined;
    expect((await patch(wanted)).body).toMatchObject(wanted);
    // The worker shall look at once, in case the old name was what was wrong.
    expect((await parts.registry.get(row.id))?.row.asked).toBe(row.asked + 1);
  });

  it('are listed by state, address and ownerRef, page by page, and only within the reach of the key', async () => {
    const { row: one } = await connectedMailbox('ada@contoso.example', { ownerRef: 7, label: 'Sales' });
    const { row: two } = await connectedMailbox('bob@contoso.example', { destinationId: 'dst_other0000000' });
    const all = await mintKey(['read']);
    const list = async (text: string, query = '') =>
      (await send(mailboxes, asKey(text, { path: `mailboxes${query}`, headers: { 'x-anything': '1' } }))).body;
    const ids = (page: { items: { id: string }[] }) => page.items.map(({ id }) => id).sort();

    expect(ids(await list(all))).toEqual([one.id, two.id].sort());
    expect(ids(await list(all, '?address=ADA@contoso.example'))).toEqual([one.id]);
    expect(ids(await list(all, '?ownerRef=7'))).toEqual([one.id]);
    expect(ids(await list(all, '?state=active'))).toEqual([one.id, two.id].sort());
    expect(ids(await list(all, '?state=paused'))).toEqual([]);
    const first = await list(all, '?limit=1');
    const second = await list(all, `?limit=1&cursor=${first.cursor}`);
    expect([...ids(first), ...ids(second)].sort()).toEqual([one.id, two.id].sort());

    expect(ids(await list(await mintKey(['read'], { mailboxes: [two.id] })))).toEqual([two.id]);
    expect(ids(await list(await mintKey(['read'], { destinations: ['dst_abcdefghijkl'] })))).toEqual([one.id]);
    for (const wrong of ['?limit=0', '?limit=x', '?limit=1000', '?state=hunter2', '?address=x']) {
      expectProblem(await send(mailboxes, asKey(all, { path: `mailboxes${wrong}` })), 'invalid_request', 400);
    }
  });

  it('are shown with what is wrong and who can fix it', async () => {
    const { row } = await connectedMailbox('ada@contoso.example', {
      folders: [{ path: 'INBOX', role: 'inbox', status: undefined }],
      code: 'imap_unreachable',
      ownerRef: '7',
    });
    const answer = await send(mailbox, asKey(await mintKey(['read']), { params: { id: row.id } }));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id: row.id,
      address: 'ada@contoso.example',
      ownerRef: '7',
      state: 'connecting',
      code: 'imap_unreachable',
      who: 'nobody',
      paused: false,
      folders: [{ path: 'INBOX', role: 'inbox' }],
    });
    expect(answer.body.detail).toMatch(/\.$/);
    expect(answer.text).not.toMatch(/oid|tid|etag|slot/);
  });

  it('mailboxes outside the list of a key are unknown to every door', async () => {
    const { row } = await connectedMailbox();
    const limits = [{ mailboxes: [noMailbox] }, { destinations: ['dst_other0000000'] }];
    for (const limit of limits) {
      const text = await mintKey(anyCaller.scopes, limit);
      for (const door of doors.filter(({ params }) => params?.id === noMailbox)) {
        const sent = { method: door.method, params: { id: row.id }, body: door.right ?? {} };
        const answer = await send(door.handler, asKey(text, sent));
        expectProblem(answer, 'not_found', 404);
      }
    }
    expect((await parts.registry.get(row.id))?.row).toEqual(row);
  });

  it('are changed, paused and resumed, which the audit notes', async () => {
    const { row } = await connectedMailbox();
    const text = await mintKey(['admin']);
    const patch = (body: object) => send(mailbox, asKey(text, { method: 'PATCH', params: { id: row.id }, body }));
    expect((await patch({ label: 'Sales', ownerRef: 9, paused: true })).body).toMatchObject({
      label: 'Sales',
      ownerRef: 9,
      paused: true,
      state: 'paused',
    });
    expect((await patch({ paused: false, label: null })).body).toMatchObject({
      label: null,
      ownerRef: 9,
      paused: false,
    });
    expect((await patch({ destinationId: 'dst_other0000000' })).body.destinationId).toBe('dst_other0000000');
    expectProblem(await patch({ label: 'lost', destinationId: 'dst_nosuch000000' }), 'not_found', 404);
    expect((await parts.registry.get(row.id))?.row.label).toBeUndefined();
    expect((await patch({})).status).toBe(200);
    const audit = (await rowsOfTable(store, 'audit')).map(({ values }) => [
      values.action,
      values.mailboxId,
      values.result,
    ]);
    expect(audit).toEqual(Array.from({ length: 3 }, () => ['mailbox.change', row.id, 'ok']));
  });

  it.each(['lost', 'unheard'] as const)(
    'are changed as a whole or not at all, whichever table call is %s',
    async (how) => {
      const body = { label: 'Sales', ownerRef: 9, paused: true, destinationId: 'dst_other0000000' };
      const text = await mintKey(['admin']);
      const { row: before } = await connectedMailbox();
      for (let at = 1; ; at++) {
        const faulty = faultyStore(store, { at, how });
        composed.broker = async () => compose(faulty);
        const answer = await send(mailbox, asKey(text, { method: 'PATCH', params: { id: before.id }, body }));
        const found = await parts.registry.get(before.id);
        const isChanged = found?.row.label !== undefined;
        expect(found?.row).toMatchObject(isChanged ? body : { ...before, asked: expect.any(Number) });
        if (isChanged) await parts.registry.patch(before.id, { ...before, label: null, ownerRef: null });
        if (faulty.calls < at) {
          expect([answer.status, isChanged]).toEqual([200, true]);
          break;
        }
      }
    },
  );

  it('are removed once', async () => {
    const { row } = await connectedMailbox();
    const text = await mintKey(['admin', 'read']);
    const sent = asKey(text, { method: 'DELETE', params: { id: row.id } });
    const removed = await send(mailbox, sent);
    expect([removed.status, removed.text]).toEqual([204, '']);
    expectProblem(await send(mailbox, sent), 'not_found', 404);
    expectProblem(await send(mailbox, { ...sent, method: 'GET' }), 'not_found', 404);
    expect((await rowsOfTable(store, 'audit')).map(({ values }) => values.action)).toEqual(['mailbox.remove']);
  });

  it('are polled now on request', async () => {
    const { row } = await connectedMailbox();
    const text = await mintKey(['read']);
    const answer = await send(mailboxSync, asKey(text, { method: 'POST', params: { id: row.id }, body: '{}' }));
    expect(answer.status).toBe(202);
    expect((await parts.registry.get(row.id))?.row.asked).toBe(row.asked + 1);
  });
});

describe('what did not arrive', () => {
  const entryOf = ({ id, folders }: MailboxRow, uid: number) => ({
    ...entry(uid, 20_000),
    mailboxId: id,
    folderId: folders[0]?.id ?? '',
    uidValidity: 7n,
  });
  async function given(row: MailboxRow, uid: number): Promise<string> {
    const { key, hash, day, ...place } = entryOf(row, uid);
    const at = new Date(parts.clock.now());
    const reason = 'destination_refused_message';
    await store.table('mail').insert(encodeDead({ ...place, key, hash, day, reason, status: 422, attempts: 5, at }));
    return deliveryId(row.id, key);
  }
  const list = async (text: string, query = '') =>
    (await send(deliveries, asKey(text, { path: `deliveries${query}` }))).body;
  const post = (handler: HttpHandler, text: string, id: string, body: object = {}) =>
    send(handler, asKey(text, { method: 'POST', params: { id }, body }));

  it('is listed with its reason and who can fix it, and only within the limits of the key', async () => {
    const { row: one } = await connectedMailbox('ada@contoso.example');
    const { row: two } = await connectedMailbox('bea@contoso.example', { destinationId: 'dst_other0000000' });
    const [first, second] = [await given(one, 1), await given(two, 2)];
    const all = await mintKey(['admin']);
    const ids = (page: { items: { id: string }[] }) => page.items.map(({ id }) => id);
    const page = await list(all);
    expect(ids(page).toSorted()).toEqual([first, second].toSorted());
    const { status, ...trouble } = page.items.find(({ id }: { id: string }) => id === first);
    expect(status).toBe(422);
    expect(trouble).toMatchObject({
      state: 'dead',
      mailboxId: one.id,
      address: 'ada@contoso.example',
      destinationId: 'dst_abcdefghijkl',
      folder: { path: 'INBOX', role: 'inbox' },
      receivedOn: '2024-10-04',
      code: 'destination_refused_message',
      detail: errorTable.destination_refused_message.sentence,
      remedy: errorTable.destination_refused_message.remedy,
      who: 'deployment owner',
      attempts: 5,
      nextAt: null,
      replay: null,
    });
    expect(trouble.messageKey).toMatch(/^m_[\w-]{22}$/);
    expect(trouble.messageRef).toMatch(/^[\w-]{42}$/);
    expect(Date.parse(trouble.keptUntil) - Date.parse(trouble.failedAt)).toBe(30 * 86_400_000);
    expect(ids(await list(all, '?destinationId=dst_other0000000'))).toEqual([second]);
    expect(ids(await list(all, `?mailboxId=${one.id}&state=dead`))).toEqual([first]);
    expect(ids(await list(all, '?state=retrying'))).toEqual([]);
    const rest = await list(all, `?limit=1&cursor=${(await list(all, '?limit=1')).cursor}`);
    expect(ids(rest)).toHaveLength(1);
    for (const limit of [{ mailboxes: [two.id] }, { destinations: ['dst_other0000000'] }]) {
      const limited = await mintKey(['admin'], limit);
      expect(ids(await list(limited))).toEqual([second]);
      expectProblem(await post(deliveryReplay, limited, first), 'not_found', 404);
      expectProblem(await post(mailboxReplay, limited, one.id, { dead: true }), 'not_found', 404);
    }
    expect(await rowsOfTable(store, 'audit')).toEqual([]);
  });

  it('is replayed one by one, by mailbox and since a time, which the mailbox shows and the audit notes', async () => {
    const { row } = await connectedMailbox();
    const id = await given(row, 1);
    const text = await mintKey(['admin', 'read']);
    const one = await post(deliveryReplay, text, id);
    expect(one.status).toBe(202);
    expect(one.body).toMatchObject({ mailboxId: row.id, dead: true, messageKey: expect.stringMatching(/^m_/) });
    expect((await post(deliveryReplay, text, id)).body).toEqual(one.body);
    expect((await list(text)).items[0].replay).toBe('waiting');
    const all = await post(mailboxReplay, text, row.id, { dead: true });
    expect(all.body).toMatchObject({ dead: true, messageKey: null });
    const since = new Date(parts.clock.now() - 86_400_000).toISOString();
    const forced = await post(mailboxReplay, text, row.id, { since, force: true });
    expect(forced.body).toMatchObject({ since, force: true, delivered: 0, failed: 0, upTo: since });
    const shown = await send(mailbox, asKey(text, { params: { id: row.id } }));
    expect(shown.body.replays).toEqual([one.body, all.body, forced.body]);
    const audit = (await rowsOfTable(store, 'audit')).map(({ values }) => [
      values.action,
      values.mailboxId,
      values.subject,
      values.result,
    ]);
    expect(audit).toEqual([
      ['delivery.replay', row.id, id, 'ok'],
      ['delivery.replay', row.id, id, 'ok'],
      ['mailbox.replay', row.id, all.body.id, 'ok'],
      ['mailbox.replay', row.id, forced.body.id, 'ok'],
    ]);
    for (const ms of [60_000, -400 * 86_400_000]) {
      const answer = await post(mailboxReplay, text, row.id, {
        since: new Date(parts.clock.now() + ms).toISOString(),
      });
      expectProblem(answer, 'invalid_request', 400);
      expect(answer.body.fields).toEqual([
        { field: 'since', message: expect.stringMatching(/^Is (in the future|more than a year ago)/) },
      ]);
    }
  });

  it('is not replayed after all, where the replays of a mailbox or a destination are given up', async () => {
    const { row: one } = await connectedMailbox('ada@contoso.example');
    const { row: two } = await connectedMailbox('bea@contoso.example');
    const text = await mintKey(['admin', 'read']);
    const stop = (handler: typeof mailboxReplay, id: string) =>
      send(handler, asKey(text, { method: 'DELETE', params: { id } }));
    const since = new Date(parts.clock.now() - 86_400_000).toISOString();
    const asked = await post(mailboxReplay, text, one.id, { since, force: true });
    const stopped = await stop(mailboxReplay, one.id);
    expect([stopped.status, stopped.body]).toEqual([202, { replays: [asked.body] }]);
    expect((await send(mailbox, asKey(text, { params: { id: one.id } }))).body.replays).toEqual([]);
    expect((await stop(mailboxReplay, one.id)).body).toEqual({ replays: [] });
    // Nobody has taken into account that yet; the same replay has no place beside it, others have.
    expectProblem(await post(mailboxReplay, text, one.id, { since, force: true }), 'conflict', 409);
    expect((await post(mailboxReplay, text, one.id, { since })).status).toBe(202);
    expect((await post(destinationReplay, text, 'dst_abcdefghijkl', { dead: true })).status).toBe(202);
    expect((await post(mailboxReplay, text, two.id, { since })).status).toBe(202);
    expect((await stop(destinationReplay, 'dst_abcdefghijkl')).body).toEqual({ mailboxes: 2 });
    expect((await stop(destinationReplay, 'dst_abcdefghijkl')).body).toEqual({ mailboxes: 0 });
    const audit = (await rowsOfTable(store, 'audit')).map(({ values }) => values.action);
    expect(audit).toEqual(expect.arrayContaining(['mailbox.stop-replays', 'destination.stop-replays']));
  });

  it('is replayed for a whole destination, in the mailboxes within the reach of the key', async () => {
    const { row: one } = await connectedMailbox('ada@contoso.example');
    const { row: two } = await connectedMailbox('bea@contoso.example');
    const { row: three } = await connectedMailbox('cid@contoso.example', { destinationId: 'dst_other0000000' });
    await given(one, 1);
    await given(one, 2);
    await given(three, 3);
    const text = await mintKey(['admin']);
    const dead = await post(destinationReplay, text, 'dst_abcdefghijkl', { dead: true });
    expect([dead.status, dead.body]).toEqual([202, { mailboxes: 1 }]);
    const since = new Date(parts.clock.now() - 60_000).toISOString();
    const limited = await mintKey(['admin'], { mailboxes: [two.id], destinations: ['dst_abcdefghijkl'] });
    expect((await post(destinationReplay, limited, 'dst_abcdefghijkl', { since })).body).toEqual({ mailboxes: 1 });
    expect((await post(destinationReplay, text, 'dst_abcdefghijkl', { since })).body).toEqual({ mailboxes: 2 });
    const jobs = await Promise.all([one, two, three].map(({ id }) => parts.registry.jobs(id)));
    expect(jobs.map((own) => own.map(({ kind }) => kind))).toEqual([['dead', 'since'], ['since'], []]);
    const elsewhere = await mintKey(['admin'], { destinations: ['dst_other0000000'] });
    expectProblem(await post(destinationReplay, elsewhere, 'dst_abcdefghijkl', { dead: true }), 'not_found', 404);
  });
});

describe('tokens', () => {
  const ask = (text: string, id: string, body?: object) =>
    send(mailboxToken, asKey(text, { method: 'POST', params: { id }, ...(body === undefined ? {} : { body }) }));

  it('are given in the agreed shape, with no word of a refresh token, and noted once each', async () => {
    const { row, person } = await connectedMailbox();
    const text = await mintKey(['token'], { mailboxes: [row.id] });
    const answer = await ask(text, row.id);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(Object.keys(answer.body).sort()).toEqual([
      'accessToken',
      'expiresAt',
      'expiresIn',
      'scopes',
      'tokenType',
      'username',
    ]);
    expect(answer.body).toMatchObject({ accessToken: 'access token 1', tokenType: 'Bearer' });
    expect(answer.body.expiresIn).toBeGreaterThan(2990);
    expect(answer.body.expiresIn).toBeLessThanOrEqual(3000);
    expect((await ask(text, row.id, { resource: 'graph' })).status).toBe(200);
    expect(parts.given).toEqual([
      { oid: person.oid, resource: 'outlook' },
      { oid: person.oid, resource: 'graph' },
    ]);
    const audit = await rowsOfTable(store, 'audit');
    expect(audit.map(({ values }) => [values.action, values.mailboxId, values.result])).toEqual([
      ['mailbox.token', row.id, 'ok'],
      ['mailbox.token', row.id, 'ok'],
    ]);
    expect(JSON.stringify(audit)).not.toMatch(/@|access token/);
  });

  it('are not given where the deployment does not want it, whatever the mailbox', async () => {
    const { row } = await connectedMailbox();
    parts = { ...compose(store, false) };
    const text = await mintKey(['token']);
    expectProblem(await ask(text, row.id), 'token_endpoint_off', 404);
    expectProblem(await ask(text, noMailbox), 'token_endpoint_off', 404);
  });

  it('tokens for a shared mailbox are given only to a key that also lists the person’s own', async () => {
    const { row: own, person } = await connectedMailbox();
    const shared = (
      await parts.registry.upsert(
        parts.inputOf(
          { ...person, address: 'sales@contoso.example' },
          { shared: true, login: 'sales@contoso.example' },
        ),
      )
    ).mailbox;
    expect(shared.id).not.toBe(own.id);
    expectProblem(await ask(await mintKey(['token'], { mailboxes: [shared.id] }), shared.id), 'token_shared', 403);
    expect((await ask(await mintKey(['token'], { mailboxes: [shared.id, own.id] }), shared.id)).status).toBe(200);
    expect((await ask(await mintKey(['token']), shared.id)).status).toBe(200);
    const refusals = (await rowsOfTable(store, 'audit')).filter(({ values }) => values.result === 'token_shared');
    expect(refusals).toHaveLength(1);
  });
});

describe('keys', () => {
  it('are made, shown once, listed without their secret, and removed', async () => {
    const admin = await mintKey(['admin']);
    const made = await send(
      keys,
      asKey(admin, { method: 'POST', body: { scopes: ['read'], label: 'NocoBase', mailboxes: [noMailbox] } }),
    );
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ scopes: ['read'], label: 'NocoBase', mailboxes: [noMailbox], status: 'active' });
    expect((await send(mailboxes, asKey(made.body.key))).status).toBe(200);

    const listed = await send(keys, asKey(admin, { method: 'GET' }));
    expect(listed.body.items).toHaveLength(2);
    expect(listed.text).not.toMatch(/nmb_|secretHash|"mac"/);
    const first = (await send(keys, asKey(admin, { path: 'keys?limit=1' }))).body;
    const second = (await send(keys, asKey(admin, { path: `keys?limit=1&cursor=${first.cursor}` }))).body;
    expect(second.cursor).toBeUndefined();
    expect([first, second].flatMap(({ items }) => items.map(({ id }: { id: string }) => id))).toEqual(
      listed.body.items.map(({ id }: { id: string }) => id),
    );

    const sent = asKey(admin, { method: 'DELETE', params: { id: made.body.id } });
    expect((await send(key, sent)).status).toBe(204);
    expectProblem(await send(key, sent), 'not_found', 404);
    expectProblem(await send(mailboxes, asKey(made.body.key)), 'key_invalid', 401);
    const audit = (await rowsOfTable(store, 'audit')).map(({ values }) => [values.action, values.subject]);
    expect(audit).toEqual([
      ['key.create', made.body.id],
      ['key.remove', made.body.id],
    ]);
  });

  it('cannot make, see or remove what reaches further than they do', async () => {
    const wide = await parts.apiKeys.mint({ scopes: ['read'] }, { createdBy: '' });
    const limited = await mintKey(['admin'], { mailboxes: [noMailbox] });
    const post = (body: object) => send(keys, asKey(limited, { method: 'POST', body }));
    expectProblem(await post({ scopes: ['read'] }), 'key_limited', 403);
    expectProblem(
      await post({ scopes: ['read'], mailboxes: [noMailbox, 'mbx_0001_bbbbbbbbbbbbbbbb'] }),
      'key_limited',
      403,
    );
    expect((await post({ scopes: ['read'], mailboxes: [noMailbox] })).status).toBe(201);
    expect((await send(keys, asKey(limited))).body.items).toHaveLength(2);
    const gone = await send(key, asKey(limited, { method: 'DELETE', params: { id: wide.info.id } }));
    expectProblem(gone, 'not_found', 404);
  });

  it('are first made with the key from Key Vault', async () => {
    const made = await send(keys, asKey(bootstrapKey, { method: 'POST', body: { scopes: ['admin'] } }));
    expect(made.status).toBe(201);
    expect(made.body.createdBy).toBe(bootstrapKeyId);
    expect((await send(keys, asKey(made.body.key))).status).toBe(200);
  });
});

describe('any other address', () => {
  it('answers like every door, to every method, without a look at the settings', async () => {
    composed.broker = async () => {
      throw new Error('hunter2');
    };
    for (const method of ['GET', 'POST', 'DELETE']) {
      expectProblem(await send(notFound, { method, path: 'no/such/<thing>?hunter2' }), 'not_found', 404);
    }
  });
});

describe('health', () => {
  it('is 200 while the settings hold, and 503 otherwise, naming none', async () => {
    expect((await send(health)).body).toEqual({ status: 'ok' });
    composed.broker = async () => {
      throw new BrokerError('settings_broken', { cause: new Error('TENANT is missing') });
    };
    const answer = await send(health);
    expectProblem(answer, 'settings_broken', 503);
    expect(answer.text).not.toContain('TENANT');
  });

  it('tells of what the broker lacked at its last look into Key Vault, names no secret, and fills no log', async () => {
    composed.broker = async () => ({
      ...parts,
      trouble: () => new BrokerError('secret_missing', { detail: 'The secret broker-root is not in Key Vault.' }),
    });
    const answer = await send(health);
    expectProblem(answer, 'secret_missing', 503);
    expect(answer.text).not.toContain('The secret broker-root is not');
    expect(parts.log.lines).toEqual([]);
  });
});
