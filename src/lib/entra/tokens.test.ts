import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { entraError } from '../../../test/support/entra-fetch.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { redirectUri, tokenWorld } from '../../../test/support/token-world.ts';
import type { GraphMailPermission } from '../domain/graph-permissions.ts';
import type { Store } from '../store/table/table.ts';
import { createGraphMailToken } from './graph-mail-token.ts';

let store: Store;
onMemoryTables((memory) => {
  store = memory;
});

const minute = 60_000;
const world = (...permissions: GraphMailPermission[]) => tokenWorld(store, { graphPermissions: permissions });

const refreshes = (entra: { posts: readonly { form: URLSearchParams }[] }) =>
  entra.posts.filter((post) => post.form.get('grant_type') === 'refresh_token');

describe('a token', () => {
  it('comes from the cache that the sign-in left, without a request and without a write', async () => {
    const { tokens, grants, entra, connect } = world();
    const person = await connect();
    const token = await tokens.get(person, 'outlook');
    expect(token.accessToken).toMatch(/^access-/);
    expect(token.username).toBe(person.username);
    expect(token.expiresAt.getTime()).toBeGreaterThan(Date.now() + 50 * minute);
    expect(await tokens.get(person, 'outlook')).toBe(token);
    expect(entra.posts).toEqual([]);
    expect((await grants.read(person))?.generation).toBe(1);
  });

  it('is renewed at the tenant of its account when less than ten minutes are left', async () => {
    const { tokens, entra, connect, pass, lines } = world();
    const person = await connect();
    const before = await tokens.get(person, 'outlook');
    expect(lines).toEqual([]);
    pass(51 * minute);
    const after = await tokens.get(person, 'outlook');
    expect(after.accessToken).not.toBe(before.accessToken);
    expect(entra.posts).toHaveLength(1);
    expect(entra.posts[0]?.url).toMatch(`https://login.microsoftonline.com/${person.tid}/oauth2/v2.0/token`);
    const scope = entra.posts[0]?.form.get('scope') ?? '';
    expect(scope).toContain('https://outlook.office.com/IMAP.AccessAsUser.All');
    expect(scope).not.toContain('graph');
    const line = JSON.stringify({ level: 'info', event: 'token.renewed', kind: 'user', resource: 'outlook' });
    expect(lines).toEqual([line]);
  });

  it('the token of a personal account is renewed at the consumers endpoint', async () => {
    const { tokens, entra, connect } = world();
    const person = await connect('9188040d-6c67-4c5b-b112-36a304b66dad');
    await tokens.get(person, 'outlook', { force: true });
    expect(entra.posts[0]?.url).toMatch('https://login.microsoftonline.com/consumers/');
  });

  it('the token for Graph comes from the same sign-in, and both are kept in memory', async () => {
    const { tokens, grants, entra, connect } = world();
    const person = await connect();
    const [mail, graph] = await Promise.all([tokens.get(person, 'outlook'), tokens.get(person, 'graph')]);
    expect(graph.scopes).toContain('https://graph.microsoft.com/User.Read');
    expect(graph.accessToken).not.toBe(mail.accessToken);
    expect(entra.posts).toHaveLength(1);
    const cache = JSON.parse((await grants.open(person))?.cache ?? '{}');
    expect(Object.keys(cache.AccessToken)).toHaveLength(2);
  });

  it('is renewed by force although the old one would do', async () => {
    const { tokens, entra, connect } = world();
    const person = await connect();
    const before = await tokens.get(person, 'outlook');
    const after = await tokens.get(person, 'outlook', { force: true });
    expect(after.accessToken).not.toBe(before.accessToken);
    expect(await tokens.get(person, 'outlook')).toBe(after);
    expect(entra.posts).toHaveLength(1);
  });

  it('is handed out as it is if it lasts less than ten minutes from the start', async () => {
    const { tokens, entra, connect } = world();
    entra.lifetimeSeconds = 120;
    const person = await connect();
    const token = await tokens.get(person, 'outlook');
    expect(token.expiresAt.getTime()).toBeLessThan(Date.now() + 3 * minute);
    expect(entra.posts).toHaveLength(1);
  });

  it('is asked for by key in any case of letters, and refused where there is no grant', async () => {
    const { tokens, connect } = world();
    const { tid, oid } = await connect();
    await tokens.get({ tid: tid.toUpperCase(), oid: oid.toUpperCase() }, 'outlook');
    await expect(tokens.get({ tid, oid: randomUUID() }, 'outlook')).rejects.toMatchObject({ code: 'grant_missing' });
  });

  it('is refused once the last token in memory has expired after its grant was erased', async () => {
    const { tokens, grants, connect, pass } = world();
    const person = await connect();
    await tokens.get(person, 'outlook');
    pass(60 * minute);
    await grants.eraseIfUnused(person);
    await expect(tokens.get(person, 'outlook')).rejects.toMatchObject({ code: 'grant_missing' });
  });
});

describe('many at once', () => {
  it('60 requests over 20 accounts make one renewal each and leave 20 clean caches', async () => {
    const { tokens, grants, entra, connect } = world();
    const people = await Promise.all(Array.from({ length: 20 }, () => connect()));
    entra.posts.length = 0;
    const asked = Array.from({ length: 60 }, (_, index) => people[index % 20] ?? people[0]).filter(
      (p) => p !== undefined,
    );
    const got = await Promise.all(asked.map((person) => tokens.get(person, 'outlook', { force: true })));
    expect(refreshes(entra)).toHaveLength(20);
    for (const [index, person] of asked.entries()) expect(got[index]?.username).toBe(person.username);
    for (const person of people) {
      const text = (await grants.open(person))?.cache ?? '';
      const cache = JSON.parse(text);
      expect(Object.keys(cache.Account)).toHaveLength(1);
      expect(Object.keys(cache.RefreshToken)).toHaveLength(1);
      expect(Object.keys(cache.AccessToken)).toHaveLength(1);
      for (const other of people) if (other !== person) expect(text).not.toContain(other.oid);
    }
  });

  it('a token for mail and one for Graph are renewed one after the other, with one request each', async () => {
    const { tokens, grants, entra, connect } = world();
    const person = await connect();
    await Promise.all([
      tokens.get(person, 'outlook', { force: true }),
      tokens.get(person, 'graph', { force: true }),
      tokens.get(person, 'graph'),
    ]);
    expect(refreshes(entra)).toHaveLength(2);
    expect((await grants.read(person))?.generation).toBe(3);
  });

  it('two instances that renew the same grant at the same moment lose nothing', async () => {
    const { tokens, grants, entra, connect, instance } = world();
    const person = await connect();
    const second = instance();
    const [one, other] = await Promise.all([
      tokens.get(person, 'outlook', { force: true }),
      second.tokens.get(person, 'outlook', { force: true }),
    ]);
    const cache = JSON.parse((await grants.open(person))?.cache ?? '{}');
    const stored = Object.values<{ secret: string }>(cache.AccessToken).map((token) => token.secret);
    expect([one.accessToken, other.accessToken]).toContain(stored[0]);
    const [refresh] = Object.values<{ secret: string }>(cache.RefreshToken);
    entra.posts.length = 0;
    await instance().tokens.get(person, 'outlook', { force: true });
    expect(refreshes(entra)[0]?.form.get('refresh_token')).toBe(refresh?.secret);
  });

  it('the instance that comes second takes over the newer token when its own was not forced', async () => {
    const { tokens, entra, connect, instance, pass } = world();
    const person = await connect();
    pass(55 * minute);
    const second = instance();
    // The second instance has read the row and is under way at Microsoft while the first one stores its answer.
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let first = true;
    entra.instead = async () => {
      if (!first) return undefined;
      first = false;
      await held;
      return undefined;
    };
    const slow = second.tokens.get(person, 'outlook');
    await expect.poll(() => entra.posts.length).toBe(1);
    entra.lifetimeSeconds = 3 * 3600;
    const fast = await tokens.get(person, 'outlook');
    release();
    expect((await slow).accessToken).toBe(fast.accessToken);
    expect(refreshes(entra)).toHaveLength(2);
  });

  it('a mailbox that is added during a renewal is not lost', async () => {
    const { tokens, grants, entra, connect } = world();
    const person = await connect();
    entra.instead = async () => {
      await grants.addMailbox(person, 'mbx_1');
      return undefined;
    };
    await tokens.get(person, 'outlook', { force: true });
    expect(await grants.mailboxesOf(person)).toEqual(['mbx_1']);
    expect(entra.posts).toHaveLength(1);
  });
});

describe('the row of a grant', () => {
  it('holds no token that can be read, and no access token that has run out', async () => {
    const { tokens, grants, entra, connect } = world();
    entra.lifetimeSeconds = 1;
    const person = await connect();
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    entra.lifetimeSeconds = 3600;
    const graph = await tokens.get(person, 'graph');
    const cache = JSON.parse((await grants.open(person))?.cache ?? '{}');
    expect(Object.values<{ secret: string }>(cache.AccessToken).map((token) => token.secret)).toEqual([
      graph.accessToken,
    ]);
    const row = await store.table('grants').get(person.tid, person.oid);
    const raw = Object.values(row?.values ?? {})
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
      .join('\n');
    expect(raw).not.toContain(graph.accessToken);
    expect(raw).not.toMatch(/refresh-|access-|secret/);
  });

  it('has the renewed refresh token before the access token is handed out', async () => {
    const { tokens, grants, connect } = world();
    const person = await connect();
    const { accessToken } = await tokens.get(person, 'outlook', { force: true });
    expect((await grants.open(person))?.cache).toContain(accessToken);
  });
});

describe('a dead grant', () => {
  it('is noted once, refused from then on without a request, and alive again after a new sign-in', async () => {
    const { tokens, grants, entra, connect } = world();
    const person = await connect();
    const cache = (await grants.open(person))?.cache ?? '';
    entra.instead = () => entraError('invalid_grant', { number: 50173 });
    await expect(tokens.get(person, 'outlook', { force: true })).rejects.toMatchObject({ code: 'grant_revoked' });
    await expect(tokens.get(person, 'outlook')).rejects.toMatchObject({ code: 'grant_revoked' });
    expect(entra.posts).toHaveLength(1);
    expect(await grants.open(person)).toMatchObject({ status: 'reconnect_required', code: 'grant_revoked', cache });
    entra.instead = undefined;
    await grants.connected({ ...person, cache });
    await tokens.get(person, 'outlook', { force: true });
    expect(await grants.read(person)).toMatchObject({ status: 'ok', code: '' });
  });

  it.each([
    ["as MSAL's server error", 'invalid_grant', {}],
    ["as MSAL's interaction error", 'invalid_grant', { suberror: 'basic_action' }],
    ['under its own name', 'interaction_required', {}],
  ])('keeps the claims that came %s, and the next sign-in passes them on', async (_name, error, more) => {
    const { tokens, grants, signIn, entra, connect, lines } = world();
    const person = await connect();
    const claims = '{"access_token":{"polids":{"essential":true,"values":["policy-1"]}}}';
    entra.instead = () => entraError(error, { number: 50076, claims, ...more });
    await expect(tokens.get(person, 'outlook', { force: true })).rejects.toMatchObject({ code: 'mfa_required' });
    const kept = (await grants.read(person))?.claims;
    expect(kept).toBe(claims);
    const { url } = await signIn.start({ state: 's', redirectUri, ...(kept === undefined ? {} : { claims: kept }) });
    expect(JSON.parse(new URL(url).searchParams.get('claims') ?? '')).toMatchObject(JSON.parse(claims));
    expect(lines.join()).not.toContain('policy-1');
    entra.instead = undefined;
    await grants.connected({ ...person, cache: '{}' });
    expect((await grants.read(person))?.claims).toBeUndefined();
  });

  it('is tried again after a day if it waits for an administrator', async () => {
    const { tokens, grants, entra, connect, pass } = world();
    const person = await connect();
    entra.instead = () => entraError('invalid_grant', { number: 53003, suberror: 'message_only' });
    const ask = () => tokens.get(person, 'outlook', { force: true });
    await expect(ask()).rejects.toMatchObject({ code: 'conditional_access_blocked' });
    expect((await grants.read(person))?.status).toBe('consent_required');
    pass(23 * 60 * minute);
    await expect(ask()).rejects.toMatchObject({ code: 'conditional_access_blocked' });
    expect(entra.posts).toHaveLength(1);
    pass(61 * minute);
    entra.instead = undefined;
    await ask();
    expect((await grants.read(person))?.status).toBe('ok');
  });

  it('is believed only after a second refusal a minute later, when Microsoft gives no reason', async () => {
    const { tokens, grants, entra, connect, pass } = world();
    const person = await connect();
    entra.instead = () => entraError('invalid_grant');
    const ask = () => tokens.get(person, 'outlook', { force: true });
    await expect(ask()).rejects.toMatchObject({ code: 'grant_doubtful' });
    pass(30_000);
    await expect(ask()).rejects.toMatchObject({ code: 'grant_doubtful', retry: { afterMs: expect.any(Number) } });
    expect(entra.posts).toHaveLength(1);
    expect((await grants.read(person))?.status).toBe('ok');
    pass(31_000);
    await expect(ask()).rejects.toMatchObject({ code: 'reconnect_required' });
    expect(entra.posts).toHaveLength(2);
    expect((await grants.read(person))?.status).toBe('reconnect_required');
  });

  it('is not one when the second try succeeds', async () => {
    const { tokens, grants, entra, connect, pass } = world();
    const person = await connect();
    entra.instead = () => entraError('invalid_grant');
    await expect(tokens.get(person, 'outlook', { force: true })).rejects.toMatchObject({ code: 'grant_doubtful' });
    entra.instead = undefined;
    pass(61_000);
    await tokens.get(person, 'outlook', { force: true });
    expect(await grants.read(person)).toMatchObject({ status: 'ok', code: '', doubtSince: undefined });
  });

  it('is left alone after a reconnect while Microsoft was refusing the old sign-in', async () => {
    const { tokens, grants, entra, connect } = world();
    const person = await connect();
    const cache = (await grants.open(person))?.cache ?? '';
    let refusals = 0;
    entra.instead = async () => {
      if (refusals++ > 0) return undefined;
      await grants.connected({ ...person, cache });
      return entraError('invalid_grant', { number: 50173 });
    };
    await tokens.get(person, 'outlook', { force: true });
    expect((await grants.read(person))?.status).toBe('ok');
  });

  it('is one whose answer lacks the right to read mail, but not one that lacks Graph', async () => {
    const { tokens, grants, entra, connect } = world();
    const person = await connect();
    entra.grantedScopes = 'https://outlook.office.com/SMTP.Send';
    await expect(tokens.get(person, 'graph')).rejects.toMatchObject({ code: 'grant_scope_missing' });
    expect((await grants.read(person))?.status).toBe('ok');
    await expect(tokens.get(person, 'outlook', { force: true })).rejects.toMatchObject({ code: 'grant_scope_missing' });
    expect(await grants.read(person)).toMatchObject({ status: 'reconnect_required', code: 'grant_scope_missing' });
  });
});

describe('a token for mail by Graph', () => {
  /** Entra, where only these permissions of Graph were consented to. */
  const consentedTo = (entra: ReturnType<typeof world>['entra'], ...names: readonly string[]) => {
    const asked: string[][] = [];
    entra.instead = ({ form }) => {
      const wanted = (form.get('scope') ?? '').split(' ').flatMap((scope) => /Mail[.\w]+$/.exec(scope) ?? []);
      if (wanted.length > 0) asked.push(wanted);
      return wanted.every((name) => names.includes(name)) ? undefined : entraError('invalid_grant', { number: 65001 });
    };
    return asked;
  };

  it.each([
    ['Mail.ReadBasic', 'Mail.Send'],
    ['Mail.Send', 'Mail.ReadBasic'],
    ['Mail.ReadWrite', 'Mail.Send'],
  ] as const)('a token with %s is given where that alone was granted, and not %s', async (granted, other) => {
    const { tokens, entra, connect } = world('Mail.Send', 'Mail.Send.Shared', 'Mail.ReadWrite', 'Mail.ReadBasic');
    const person = await connect();
    const asked = consentedTo(entra, granted);
    const { scopes } = await tokens.get(person, 'graph_mail', { permissions: [granted] });
    expect(scopes).toEqual([`https://graph.microsoft.com/${granted}`]);
    const refused = tokens.get(person, 'graph_mail', { permissions: [other] });
    await expect(refused).rejects.toMatchObject({ code: 'consent_missing' });
    // The refusal of one does not touch the other.
    expect((await tokens.get(person, 'graph_mail', { permissions: [granted], force: true })).scopes).toEqual(scopes);
    expect(asked).toEqual([[granted], [other], [granted]]);
  });

  it('comes without a request if one that the grant holds already carries the permission', async () => {
    const { tokens, entra, connect } = world('Mail.Send', 'Mail.ReadBasic');
    const person = await connect();
    // A token of Microsoft carries all that was granted at the resource.
    entra.grantedScopes = 'https://graph.microsoft.com/Mail.Send https://graph.microsoft.com/Mail.ReadBasic';
    const one = await tokens.get(person, 'graph_mail', { permissions: ['Mail.Send'] });
    const other = await tokens.get(person, 'graph_mail', { permissions: ['Mail.ReadBasic'] });
    expect(other.accessToken).toBe(one.accessToken);
    expect(entra.posts).toHaveLength(1);
  });

  it('is none where nothing was granted, and reading continues', async () => {
    const { tokens, grants, entra, connect } = world('Mail.Send');
    const person = await connect();
    consentedTo(entra);
    const asked = tokens.get(person, 'graph_mail', { permissions: ['Mail.Send'] });
    await expect(asked).rejects.toMatchObject({ code: 'consent_missing' });
    expect((await grants.read(person))?.status).toBe('ok');
    await tokens.get(person, 'outlook', { force: true });
  });

  it.each([[[]], [['Mail.ReadBasic']]] as const)('is not requested where the setting names %j', async (named) => {
    const { tokens, entra, connect } = world(...named);
    const person = await connect();
    const asked = tokens.get(person, 'graph_mail', { permissions: ['Mail.Send'] });
    await expect(asked).rejects.toMatchObject({ code: 'consent_missing' });
    expect(entra.posts).toEqual([]);
  });

  it('opens nothing for a caller who wants another permission than was granted', async () => {
    const { tokens, entra, connect } = world('Mail.Send', 'Mail.Send.Shared');
    const person = await connect();
    consentedTo(entra, 'Mail.Send');
    const token = createGraphMailToken(tokens);
    const mailbox = { grant: { kind: 'user', ...person } } as const;
    expect(await token(mailbox, ['Mail.Send'], { force: false })).toMatch(/^access-/);
    expect(await token(mailbox, ['Mail.Send.Shared'], { force: false })).toBeUndefined();
    entra.instead = () => entraError('invalid_grant', { number: 50173 });
    await expect(token(mailbox, ['Mail.Send'], { force: true })).rejects.toMatchObject({ code: 'grant_revoked' });
  });
});

describe('a refusal of Graph', () => {
  it.each([
    [65001, 'consent_missing'],
    [53003, 'conditional_access_blocked'],
    [undefined, 'grant_doubtful'],
    [70011, 'scope_refused'],
  ])('a refusal by AADSTS%s does not affect mail', async (number, code) => {
    const { tokens, grants, entra, connect, lines } = world();
    const person = await connect();
    entra.instead = ({ form }) =>
      form.get('scope')?.includes('graph')
        ? entraError('invalid_grant', number === undefined ? {} : { number })
        : undefined;
    await expect(tokens.get(person, 'graph')).rejects.toMatchObject({ code });
    expect(await grants.read(person)).toMatchObject({ status: 'ok', code: '', retryAt: undefined });
    await tokens.get(person, 'outlook', { force: true });
    expect(lines.filter((line) => line.includes('circuit.opened'))).toEqual([]);
  });
});

describe('a rest that Microsoft asked for', () => {
  it.each([
    [50196, 'entra_loop'],
    [50053, 'account_locked'],
  ])('lasts an hour on every instance after AADSTS%i, and is not prolonged by asking', async (number, code) => {
    const { tokens, grants, entra, connect, instance, pass } = world();
    const person = await connect();
    entra.instead = () => entraError('invalid_grant', { number });
    const ask = (from = tokens) => from.get(person, 'outlook', { force: true });
    await expect(ask()).rejects.toMatchObject({ code });
    pass(40 * minute);
    await expect(ask()).rejects.toMatchObject({ code });
    await expect(ask(instance().tokens)).rejects.toMatchObject({ code });
    expect(entra.posts).toHaveLength(1);
    expect((await grants.read(person))?.status).toBe('ok');
    entra.instead = undefined;
    pass(21 * minute);
    await ask();
    expect(await grants.read(person)).toMatchObject({ code: '', retryAt: undefined });
  });

  it('lasts as long as a 429 says, for this grant only', async () => {
    const { tokens, entra, connect, pass } = world();
    const [person, other] = [await connect(), await connect()];
    entra.instead = () => entraError('temporarily_unavailable', { status: 429, headers: { 'retry-after': '120' } });
    const ask = () => tokens.get(person, 'outlook', { force: true });
    await expect(ask()).rejects.toMatchObject({ code: 'entra_throttled', retry: { afterMs: 120_000 } });
    entra.instead = undefined;
    pass(100_000);
    await expect(ask()).rejects.toMatchObject({ code: 'entra_throttled' });
    await tokens.get(other, 'outlook', { force: true });
    expect(entra.posts).toHaveLength(2);
    pass(21_000);
    await ask();
  });

  it('grows from one minute to a quarter of an hour if no time is given', async () => {
    const { tokens, entra, connect, pass } = world();
    const person = await connect();
    entra.instead = () => entraError('temporarily_unavailable', { number: 90055 });
    const waits: number[] = [];
    for (let round = 0; round < 6; round++) {
      const error: unknown = await tokens.get(person, 'outlook', { force: true }).catch((caught: unknown) => caught);
      const afterMs = Number(Reflect.get(Object(Reflect.get(Object(error), 'retry')), 'afterMs'));
      waits.push(afterMs / minute);
      pass(afterMs + 1);
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15]);
    expect(entra.posts).toHaveLength(6);
  });
});

describe('an outage of Microsoft', () => {
  it.each([
    ['a broken connection', () => new TypeError('fetch failed')],
    ['a 503 page', () => new Response('<html>', { status: 503 })],
    ['a 500 without an error in it', () => Response.json({}, { status: 500 })],
    ['a success without a token', () => Response.json({ token_type: 'Bearer', expires_in: 3600 })],
    [
      'a success with an empty token',
      () => Response.json({ token_type: 'Bearer', expires_in: 3600, scope: 'x', access_token: '', refresh_token: 'r' }),
    ],
    ['an error that passes', () => entraError('server_error', { number: 90012 })],
  ])('is tried three times as %s, blames no account, and ends with its cause', async (_name, answer) => {
    const { tokens, grants, entra, connect } = world();
    const person = await connect();
    entra.instead = answer;
    await expect(tokens.get(person, 'outlook', { force: true })).rejects.toMatchObject({ code: 'entra_unavailable' });
    expect(entra.posts).toHaveLength(3);
    expect(await grants.read(person)).toMatchObject({ status: 'ok', code: '' });
    entra.instead = undefined;
    await tokens.get(person, 'outlook', { force: true });
  });

  it('goes unnoticed if it ends within the call', async () => {
    const { tokens, entra, connect } = world();
    const person = await connect();
    entra.instead = () => (entra.posts.length < 3 ? new TypeError('fetch failed') : undefined);
    expect((await tokens.get(person, 'outlook', { force: true })).accessToken).toMatch(/^access-/);
  });

  it('leaves the token in memory in use', async () => {
    const { tokens, entra, connect } = world();
    const person = await connect();
    const token = await tokens.get(person, 'outlook');
    entra.instead = () => new TypeError('fetch failed');
    expect(await tokens.get(person, 'outlook')).toBe(token);
  });
});

describe('a client secret that Microsoft refuses', () => {
  it('is read once more past the cache, and the rotated one is used without a failure', async () => {
    const { tokens, entra, connect, kept, vaultReads, lines } = world();
    const person = await connect();
    entra.secrets.clear();
    entra.secrets.add('rotated');
    Object.assign(kept, { value: 'rotated', version: 'b'.repeat(32) });
    const before = vaultReads.count;
    await tokens.get(person, 'outlook', { force: true });
    expect(vaultReads.count).toBe(before + 1);
    expect(lines.filter((line) => line.includes('circuit.'))).toEqual([]);
  });

  it.each([
    [7000215, 'client_secret_invalid'],
    [7000222, 'client_secret_expired'],
  ])('stops all renewals with one alert for AADSTS%i, and blames no account', async (number, code) => {
    const { tokens, grants, entra, connect, lines } = world();
    const people = [await connect(), await connect(), await connect()];
    entra.instead = () => entraError('invalid_client', { number, status: 401 });
    entra.posts.length = 0;
    for (const person of people) {
      await expect(tokens.get(person, 'outlook', { force: true })).rejects.toMatchObject({ code });
    }
    expect(entra.posts).toHaveLength(2);
    for (const person of people) expect((await grants.read(person))?.status).toBe('ok');
    expect(lines.filter((line) => line.includes('circuit.opened'))).toHaveLength(1);
    expect(lines.join()).not.toContain('the-secret');
  });

  it('lets renewals resume within a minute of a new version in the vault', async () => {
    const { tokens, entra, connect, kept, lines, pass } = world();
    const person = await connect();
    entra.secrets.clear();
    const ask = () => tokens.get(person, 'outlook', { force: true });
    await expect(ask()).rejects.toMatchObject({ code: 'client_secret_invalid' });
    entra.secrets.add('mended');
    Object.assign(kept, { value: 'mended', version: 'c'.repeat(32) });
    await expect(ask()).rejects.toMatchObject({
      code: 'client_secret_invalid',
      retry: { afterMs: expect.any(Number) },
    });
    expect(entra.posts).toHaveLength(2);
    pass(61_000);
    await ask();
    expect(lines.filter((line) => line.includes('circuit.closed'))).toHaveLength(1);
  });

  it('lets all resume together when one of them finds that it was fixed', async () => {
    const { tokens, entra, connect, kept, pass } = world();
    const people = await Promise.all(Array.from({ length: 8 }, () => connect()));
    entra.secrets.clear();
    const askAll = () => Promise.allSettled(people.map((person) => tokens.get(person, 'outlook', { force: true })));
    expect((await askAll()).every(({ status }) => status === 'rejected')).toBe(true);
    entra.secrets.add('mended');
    Object.assign(kept, { value: 'mended', version: randomUUID().replaceAll('-', '') });
    pass(61_000);
    expect((await askAll()).map(({ status }) => status)).toEqual(people.map(() => 'fulfilled'));
  });

  it('is reported by one of several instances, again when it breaks anew, and never goes unreported', async () => {
    const { tokens, instance, entra, connect, lines, pass } = world();
    const people = [await connect(), await connect(), await connect()];
    const [second, third] = [instance(), instance()];
    const alerts = () => lines.filter((line) => line.includes('circuit.opened')).length;
    const askAll = async () => {
      for (const [index, each] of [{ tokens }, second, third].entries()) {
        const person = people[index] ?? people[0];
        if (person !== undefined) await each.tokens.get(person, 'outlook', { force: true }).catch(() => {});
      }
    };
    entra.secrets.clear();
    await askAll();
    expect(alerts()).toBe(1);
    expect(lines.filter((line) => line.includes('circuit.joined'))).toHaveLength(2);
    // An outage of hours is one outage: with every probe it is known to last.
    for (let probe = 0; probe < 12; probe++) {
      pass(10 * minute);
      await askAll();
    }
    expect(alerts()).toBe(1);
    entra.secrets.add('the-secret');
    pass(10 * minute);
    await askAll();
    expect(lines.filter((line) => line.includes('circuit.closed'))).toHaveLength(3);
    entra.secrets.clear();
    await askAll();
    expect(alerts()).toBe(2);
  });

  it('is told of even if the instance that told of it died and everything slept since', async () => {
    const { tokens, instance, entra, connect, lines, pass } = world();
    const person = await connect();
    entra.secrets.clear();
    await tokens.get(person, 'outlook', { force: true }).catch(() => {});
    pass(31 * minute);
    await instance()
      .tokens.get(person, 'outlook', { force: true })
      .catch(() => {});
    expect(lines.filter((line) => line.includes('circuit.opened'))).toHaveLength(2);
  });

  it('is probed every five minutes, and accepted as soon as Microsoft does', async () => {
    const { tokens, entra, connect, pass } = world();
    const person = await connect();
    entra.secrets.clear();
    const ask = () => tokens.get(person, 'outlook', { force: true });
    await expect(ask()).rejects.toMatchObject({ code: 'client_secret_invalid' });
    pass(2 * minute);
    await expect(ask()).rejects.toMatchObject({ code: 'client_secret_invalid' });
    expect(entra.posts).toHaveLength(2);
    pass(4 * minute);
    await expect(ask()).rejects.toMatchObject({ code: 'client_secret_invalid' });
    expect(entra.posts).toHaveLength(3);
    entra.secrets.add('the-secret');
    pass(5 * minute);
    await ask();
    await ask();
  });

  it('does not stop tokens that are still good from being handed out', async () => {
    const { tokens, entra, connect } = world();
    const [person, other] = [await connect(), await connect()];
    entra.secrets.clear();
    await expect(tokens.get(person, 'outlook', { force: true })).rejects.toMatchObject({
      code: 'client_secret_invalid',
    });
    expect((await tokens.get(other, 'outlook')).accessToken).toMatch(/^access-/);
  });
});

it('logs no token, no secret, and nothing that Microsoft said about the person', async () => {
  const { tokens, entra, connect, lines } = world();
  for (const number of [50173, 53003, 50196, 7000215, undefined]) {
    const person = await connect();
    entra.instead = () => entraError('invalid_grant', number === undefined ? {} : { number });
    await tokens.get(person, 'outlook', { force: true }).catch(() => {});
    entra.instead = undefined;
  }
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.join('\n')).not.toMatch(/access-|refresh-|the-secret|secret-person|contoso/);
});
