import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedImap } from '../local/mail/stand-ins.ts';
import type { Value } from '../src/lib/store/table/table.ts';
import { tableNames } from '../src/lib/store/table/table.ts';
import { BrowserClient, hiddenField } from './support/browser-client.ts';
import { composeMail } from './support/mail.ts';
import { findings, type Secret } from './support/secret-search.ts';
import { rowsOfTable } from './support/tables.ts';
import { accepted, eventsOf, eventually, startWorld, type World } from './support/world.ts';

// A whole life of the broker: connecting, mail, tokens, keys, and failures of every kind. Then everything that came out
// of it (log lines before the local host blackens any, HTTP answers, what NocoBase got, table rows) is searched for
// everything secret that went in or was made.
const ada = 'ada@contoso.example';
const grace = 'grace@contoso.example';

/** An answer of the broker, as it went over the wire. */
interface Answer {
  readonly line: string;
  readonly text: string;
}

/** Marks something that is no secret and must be found: then the search works and the material is really there. */
const plantedInLog = `planted-${randomBytes(8).toString('hex')}`;
const plantedInAnswer = `planted-${randomBytes(8).toString('hex')}`;
const plantedInMail = `planted-${randomBytes(8).toString('hex')}`;

let world: World;
const answers: Answer[] = [];
const secrets: Secret[] = [];
const realFetch = globalThis.fetch;

/** Something secret; `where` tells by an answer's line (method, path, status) where it may stand. */
const secret = (what: string, value: string | undefined | null, where?: (line: string) => boolean): void => {
  if (value !== undefined && value !== null && value.length >= 8)
    secrets.push({ what, value, ...(where && { where }) });
};

beforeAll(async () => {
  world = await startWorld({ accessTokenSeconds: 120 });
  globalThis.fetch = async (input, init) => {
    const answer = await realFetch(input, init);
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.href.startsWith(world.url)) {
      const line = `${init?.method ?? 'GET'} ${url.pathname.slice('/api/'.length)} ${answer.status}`;
      const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
      answers.push({ line, text: `${headers}\n\n${await answer.clone().text()}` });
    }
    return answer;
  };
  await live();
}, 180_000);
afterAll(async () => {
  globalThis.fetch = realFetch;
  await world?.stop();
});

const imap = () => world.standIns.imap as EmbeddedImap;

/** Everything that a broker goes through. */
async function live(): Promise<void> {
  const { api, standIns, services } = world;
  const { entra, vault, nocobase } = standIns;
  secret('the first key', services.stack.adminKey);
  secret('the signing secret', services.stack.webhookSecret);
  secret('the root key', vault.live('broker-root')[0]);
  secret('the client secret', vault.live('client-secret')[0]);
  secret('the header of the managed identity', standIns.identity.header);

  // Planted texts that a log could pick up, unrelated to people.
  await fetch(`${world.url}/${plantedInLog}`);

  // Keys and destinations, with credentials of every kind.
  const minted = await api('POST', 'keys', { body: { scopes: ['read', 'connect'], label: plantedInAnswer } });
  secret('a key', minted.body.key, (line) => line === 'POST keys 201');
  await api('GET', 'keys');
  const [password, bearer] = [randomBytes(18).toString('base64url'), randomBytes(18).toString('base64url')];
  secret('a password of a destination', password);
  secret('a token of a destination', bearer);
  const url = nocobase.webhookUrl;
  const made = await api('POST', 'destinations', {
    body: { type: 'webhook', name: 'second', url, auth: { type: 'basic', user: 'u', password } },
  });
  expect(made.status).toBe(201);
  const shown = (line: string) => /^(POST destinations 201|PATCH destinations\/\S+ 200)$/.test(line);
  secret('a signing secret', made.body.signingSecret, shown);
  const id = String(made.body.destination?.id ?? made.body.id);
  const patched = await api('PATCH', `destinations/${id}`, { body: { auth: { type: 'bearer', token: bearer } } });
  expect(patched.status).toBe(200);
  const rotated = await api('PATCH', `destinations/${id}`, { body: { rotateSigningSecret: true } });
  secret('a rotated signing secret', rotated.body.signingSecret, shown);
  await api('POST', `destinations/${id}/test`);
  await api('GET', 'destinations');
  await api('DELETE', `destinations/${id}`);

  // Connecting, and everything that goes wrong with it.
  const mailbox = await connectWatched(ada);
  await connectWatched(grace, { decline: true });
  await connectWatched(grace, { as: ada });
  await connectWatched(grace);
  entra.failTokens({
    grantType: 'authorization_code',
    error: 'invalid_grant',
    errorCodes: [50076],
    description: `Something about ${plantedInMail} that Microsoft says.`,
    claims: JSON.stringify({ access_token: { polids: { values: [plantedInMail] } } }),
  });
  await connectWatched(ada);
  for (const query of ['', '?code=x&state=y', `?error=access_denied&error_description=${plantedInMail}&state=z`]) {
    await new BrowserClient().get(`${world.url}/oauth/callback${query}`);
  }

  // Mail and tokens.
  await imap().deliver(
    ada,
    await composeMail({ to: ada, from: 'x@y.example', subject: plantedInMail, text: plantedInMail }),
  );
  await eventsOf(world, 1, accepted('message.received'));
  for (const resource of ['outlook', 'graph']) {
    const given = await api('POST', `mailboxes/${mailbox}/token`, { body: { resource } });
    expect(given.status).toBe(200);
  }
  await api('GET', 'mailboxes');

  // Callers who err.
  const stolen = `${services.stack.adminKey.slice(0, -3)}zzz`;
  secret('a mistyped key', stolen);
  const jwt = `eyJhbGciOiJIUzI1NiJ9.${randomBytes(40).toString('base64url')}.${randomBytes(32).toString('base64url')}`;
  secret('a session token of NocoBase', jwt);
  for (const key of [null, stolen, jwt, 'nmb_short']) await api('GET', 'mailboxes', { key });
  await fetch(`${world.url}/mailboxes`, { headers: { authorization: `Basic ${btoa(`u:${password}`)}` } });
  await fetch(`${world.url}/mailboxes?token=${bearer}`);
  await api('POST', 'connect-links', { body: { expectedAddress: 1, password } });
  await fetch(`${world.url}/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${services.stack.adminKey}` },
    body: `{"not json ${password}`,
  });

  // Failures of every kind, from the parts that the broker stands on.
  const failing = (code: string, begin: () => unknown) => failUntil(mailbox, code, begin);
  const always = { times: Number.POSITIVE_INFINITY, grantType: 'refresh_token' } as const;
  await failing('entra_unavailable', () => entra.failTokens({ ...always, answer: 'html', status: 502 }));
  await failing('entra_refused', () =>
    entra.failTokens({
      ...always,
      error: 'brand_new_error',
      errorCodes: [12345678],
      description: plantedInMail,
    }),
  );
  await failing('imap_refused', () => imap().behave('refuse'));
  await failing('imap_throttled', () => imap().behave('throttle', { backoffMs: 1_000 }));
  await failing('vault_unreachable', async () => {
    // An instance that knows its secrets would not notice.
    await world.stopHost();
    vault.down();
    await world.startHost();
    await api('GET', 'mailboxes');
  });
  await failing('delivery.deferred', () => nocobase.mode({ status: 500 }));
  await failing('delivery.deferred', () => nocobase.mode({ status: 401 }));
  await run('housekeeping');
  await failing('grant_revoked', () => entra.revoke(ada));
  await eventsOf(world, 1, accepted('mailbox.reconnect_required'));

  // A wrong client secret, and the app without one.
  const wrong = randomBytes(30).toString('base64url');
  secret('a wrong client secret', wrong);
  const version = vault.set('client-secret', wrong);
  entra.failTokens({ times: Number.POSITIVE_INFINITY, status: 401, error: 'invalid_client', errorCodes: [7000215] });
  imap().kill();
  await eventually('the alert', () => world.output().includes('circuit.opened') || undefined);
  await connectWatched(ada);
  vault.change('client-secret', { enabled: false }, version);
  await api('DELETE', `mailboxes/${mailbox}`);
  await run('housekeeping');
  await delay(2_000);
  await world.stopHost();

  const { codes, refreshTokens, accessTokens } = entra.issued();
  const asked = (line: string) => /^POST mailboxes\/\S+\/token 200$/.test(line);
  for (const code of codes) secret('a code', code);
  for (const token of refreshTokens) secret('a refresh token', token);
  for (const token of accessTokens) secret('an access token', token, asked);
}

async function run(name: string): Promise<void> {
  await fetch(`${new URL(world.url).origin}/admin/functions/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
}

/** Lets something fail until it is logged, and repairs it. */
async function failUntil(mailboxId: string, code: string, begin: () => unknown): Promise<void> {
  const before = world.output().length;
  await begin();
  imap().kill();
  await imap().deliver(ada, await composeMail({ to: ada, from: 'x@y.example', subject: 'one more', text: 'one more' }));
  let lookAt = 0;
  await eventually(`${code} in the log`, async () => {
    // After an earlier failure there would be a wait.
    if (Date.now() > lookAt) {
      await world.api('POST', `mailboxes/${mailboxId}/sync`);
      lookAt = Date.now() + 1_000;
    }
    return world.output().slice(before).includes(code) || undefined;
  });
  imap().behave('normal');
  world.standIns.entra.heal();
  world.standIns.vault.down(false);
  world.standIns.nocobase.mode({ status: 200 });
}

/** The way of a person, with everything secret on it noted; answers the id of the mailbox at her address. */
async function connectWatched(address: string, how: { decline?: boolean; as?: string } = {}): Promise<string> {
  const created = await world.api('POST', 'connect-links', { body: { expectedAddress: address } });
  const link: string = created.body.url;
  const browser = new BrowserClient();
  const page = await browser.get(link);
  const token = hiddenField(page, 'token');
  // It stands in the link itself, and in the pages that the link opens.
  secret('a link', token, (line) =>
    /^(POST connect-links 201|(GET|POST) connect \d+|GET oauth\/callback \d+)$/.test(line),
  );
  const away = await browser.post(`${world.url}/connect`, { token });
  const sent = new URL(away.location ?? '');
  const toMicrosoft = (line: string) => line === 'POST connect 303';
  for (const name of ['state', 'nonce']) secret(`a ${name}`, sent.searchParams.get(name), toMicrosoft);
  for (const value of browser.cookies.values()) secret('a binding cookie', value, toMicrosoft);
  const options = how.decline === undefined ? {} : { decline: how.decline };
  const callback = await world.standIns.entra.signInAs(how.as ?? address, sent.href, options);
  await browser.get(callback);
  // Loaded again, and in someone else's browser.
  await browser.get(callback);
  await new BrowserClient().get(callback);
  const found = await world.api('GET', `mailboxes?address=${encodeURIComponent(address)}`);
  return found.body.items[0]?.id ?? '';
}

describe('everything that came out of a life of the broker', () => {
  it('holds nothing secret in the log, and no mail', () => {
    expect(findings(world.output(), secrets)).toEqual([]);
    // Nor what a mail says, nor what Microsoft says of a person.
    expect(findings(world.output(), [{ what: 'words of a mail', value: plantedInMail }])).toEqual([]);
  });

  it('holds nothing secret in an answer, but for what was asked for there', () => {
    const found = answers.flatMap(({ line, text }) =>
      findings(
        text,
        secrets.filter(({ where }) => where?.(line) !== true),
      ).map((what) => `${line}: ${what}`),
    );
    expect(found).toEqual([]);
    // A token was given out, and nothing beside it.
    const given = answers.filter(({ line }) => /\/token 200$/.test(line));
    expect(given).toHaveLength(2);
    for (const { text } of given) {
      // Whole: all of them begin alike.
      expect(findings(text, secrets).filter((what) => what === 'an access token (plain)')).toHaveLength(1);
    }
  });

  it('holds nothing secret at NocoBase', () => {
    const received = JSON.stringify(world.standIns.nocobase.events());
    expect(received.length).toBeGreaterThan(1_000);
    // What we show to a destination so that it lets us in.
    const others = secrets.filter(({ what }) => !/^a (password|token) of a destination$/.test(what));
    expect(findings(received, others)).toEqual([]);
  });

  it('holds nothing secret in a table', async () => {
    let rows = 0;
    const found: string[] = [];
    for (const name of tableNames) {
      for (const row of await rowsOfTable(world.store, name)) {
        rows++;
        const text = [row.partitionKey, row.rowKey, ...Object.values(row.values).map(legible)].join('\n');
        found.push(...findings(text, secrets).map((what) => `${name}: ${what}`));
      }
    }
    expect(rows).toBeGreaterThan(20);
    expect(found).toEqual([]);
  });
});

describe('the search itself', () => {
  it('had everything to look for', () => {
    const kinds = new Map<string, number>();
    for (const { what } of secrets) kinds.set(what, (kinds.get(what) ?? 0) + 1);
    for (const what of [
      'a code',
      'a refresh token',
      'an access token',
      'a state',
      'a nonce',
      'a binding cookie',
      'a link',
    ]) {
      expect(kinds.get(what), what).toBeGreaterThanOrEqual(3);
    }
    expect(kinds.size).toBeGreaterThan(15);
  });

  it('finds the markers that were planted, so that the material is what it seems', () => {
    expect(findings(world.output(), [{ what: 'marker', value: plantedInLog }])).toEqual(['marker (plain)']);
    const all = answers.map(({ text }) => text).join('\n');
    expect(findings(all, [{ what: 'marker', value: plantedInAnswer }])).toEqual(['marker (plain)']);
    const received = JSON.stringify(world.standIns.nocobase.events());
    expect(findings(received, [{ what: 'marker', value: plantedInMail }])).toEqual(['marker (plain)']);
    // Failures of every kind really happened; of the others `failUntil` waited for a word.
    const output = world.output();
    for (const trace of ['grant.failed', 'circuit.opened']) {
      expect(output).toContain(trace);
    }
    expect(output).toContain('auth.refused');
    expect(output).toContain('connect.failed');
    expect(answers.length).toBeGreaterThan(60);
  });

  it.each(['plain', 'base64', 'base64url', 'hex', 'percent-encoded', 'in part'])(
    'finds a secret that is %s in the middle of the log',
    (how) => {
      const { what, value } = secrets.find((each) => each.what === 'a refresh token') ?? { what: '', value: '' };
      const bytes = Buffer.from(value);
      const forms: Record<string, string> = {
        plain: value,
        base64: bytes.toString('base64'),
        base64url: bytes.toString('base64url'),
        hex: bytes.toString('hex'),
        'percent-encoded': encodeURIComponent(`${value}+/=`),
        'in part': value.slice(100, 160),
      };
      const half = Math.floor(world.output().length / 2);
      const text = `${world.output().slice(0, half)}${forms[how]}${world.output().slice(half)}`;
      expect(findings(text, secrets).some((found) => found.startsWith(what))).toBe(true);
    },
  );
});

/** A column as someone who reads the table would see it. */
function legible(value: Value | undefined): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return value instanceof Date ? value.toISOString() : String(value ?? '');
}
