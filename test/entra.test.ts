import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VaultRefusal, VaultStandIn } from '../local/azure/stand-ins.ts';
import { startVault } from '../local/azure/vault.ts';
import { makeCertificates } from '../local/certificates.ts';
import type { DemoUser, EntraStandIn } from '../local/entra/stand-in.ts';
import { listen } from '../local/listen.ts';
import { appGrantKey } from '../src/lib/domain/grant.ts';
import { authorizeFailure, grantStatusFor } from '../src/lib/entra/classify.ts';
import { failureTable } from '../src/lib/entra/failure-table.ts';
import type { ErrorCode } from '../src/lib/error-codes.ts';
import { azureCredential } from '../src/lib/vault/azure-credential.ts';
import { createVault } from '../src/lib/vault/reader.ts';
import {
  home,
  type InstanceOptions,
  redirectUri,
  startTokenStandIns,
  type TokenStandIns,
  tokenInstance,
} from './support/token-stand-ins.ts';

// The parts that hold secrets, on the real libraries: MSAL against an OpenID provider in Entra's shape, Key Vault's SDK
// with a managed identity, rows in Azurite.
const elsewhere = '99999999-2222-4333-8444-555555555555';
const oid = (number: number) => `aaaaaaaa-0000-4000-8000-${String(number).padStart(12, '0')}`;
const ada: DemoUser = { address: 'ada@contoso.example', name: 'Ada', oid: oid(1) };
const guest: DemoUser = {
  address: 'guest@contoso.example',
  name: 'Guest',
  oid: oid(2),
  home: { uid: oid(3), utid: elsewhere },
};
const crowd: DemoUser[] = Array.from({ length: 20 }, (_, index) => ({
  address: `user${index}@contoso.example`,
  name: `User ${index}`,
  oid: oid(100 + index),
}));
const personalTenant = '9188040d-6c67-4c5b-b112-36a304b66dad';
const lea: DemoUser = {
  address: 'lea@outlook.example',
  name: 'Lea',
  oid: '00000000-0000-0000-0003-bffd00000001',
  tid: personalTenant,
};

let standIns: TokenStandIns;
let vault: VaultStandIn;
let entra: EntraStandIn;

beforeAll(async () => {
  standIns = await startTokenStandIns([ada, guest, lea, ...crowd]);
  ({ vault, entra } = standIns);
});
afterEach(() => standIns.heal());
afterAll(() => standIns.stop());

const instance = (options: InstanceOptions = {}) => tokenInstance(standIns, options);
const minute = 60_000;

describe('signing in', () => {
  it('ends with a token that opens the mailbox and a grant that renews it on another instance', async () => {
    const { connect, signInAs } = instance();
    const signedIn = await signInAs(ada.address);
    expect(signedIn).toMatchObject({ tid: home, oid: ada.oid, username: ada.address, displayName: 'Ada' });
    expect(await entra.introspect(signedIn.accessToken)).toMatchObject({ audience: 'https://outlook.office.com' });
    const key = await connect(ada.address);
    const other = instance();
    const renewed = await other.tokens.get(key, 'outlook', { force: true });
    expect(renewed.accessToken).not.toBe(signedIn.accessToken);
    expect(renewed.username).toBe(ada.address);
    expect((await entra.introspect(renewed.accessToken))?.oid).toBe(ada.oid);
    const graph = await other.tokens.get(key, 'graph');
    expect((await entra.introspect(graph.accessToken))?.audience).toBe('https://graph.microsoft.com');
  });

  it('works without any secret, by the managed identity, and renews so too', async () => {
    const reads = vault.requests();
    const { connect, tokens, reader } = instance({ entra: { credential: 'federated' } });
    const key = await connect(ada.address);
    await tokens.get(key, 'outlook', { force: true });
    expect(vault.requests()).toBeGreaterThan(reads);
    // The vault was asked for the root key alone.
    vault.remove('client-secret');
    try {
      await tokens.get(key, 'outlook', { force: true });
      await expect(reader.secret('client-secret')).rejects.toMatchObject({ code: 'secret_missing' });
    } finally {
      vault.recover('client-secret');
    }
  });

  it('refuses a guest, a code that was used before, and another verifier', async () => {
    const { signIn, signInAs } = instance();
    await expect(signInAs(guest.address)).rejects.toMatchObject({ code: 'guest_refused' });
    const { url, verifier, nonce } = await signIn.start({ state: 's', redirectUri });
    const code = new URL(await entra.signInAs(ada.address, url)).searchParams.get('code') ?? '';
    const answer = { code, state: 's', redirectUri, verifier, nonce };
    await expect(signIn.finish({ ...answer, verifier: 'x'.repeat(43) })).rejects.toMatchObject({
      code: 'sign_in_restart',
    });
    const second = await signIn.start({ state: 's', redirectUri });
    const again = new URL(await entra.signInAs(ada.address, second.url)).searchParams.get('code') ?? '';
    const whole = { ...second, code: again, state: 's', redirectUri };
    await expect(signIn.finish({ ...whole, nonce: 'another' })).rejects.toMatchObject({ code: 'sign_in_restart' });
    await expect(signIn.finish(whole)).rejects.toMatchObject({ code: 'code_already_used' });
  });

  it('reports a declined sign-in as such', async () => {
    const { signIn } = instance();
    const { url } = await signIn.start({ state: 's', redirectUri });
    const { searchParams } = new URL(await entra.signInAs(ada.address, url, { decline: true }));
    const error = authorizeFailure({
      error: searchParams.get('error') ?? '',
      errorDescription: searchParams.get('error_description') ?? '',
    });
    expect(error.code).toBe('sign_in_declined');
  });
});

describe('the whole failure table, as Microsoft answers a renewal', () => {
  const cases = failureTable
    .filter((rule) => (rule.phase ?? 'renew') === 'renew')
    .flatMap((rule) => [
      ...(rule.numbers ?? []).map((number) => ({ rule, name: `AADSTS${number}`, number })),
      ...(rule.suberrors ?? []).map((suberror) => ({ rule, name: suberror, suberror })),
    ]);
  // One number stands for two things; as a renewal it is an unused grant.
  const asRenewed = cases.filter(({ rule, name }) => !(name === 'AADSTS70008' && rule.phase !== 'renew'));

  it.each(asRenewed)('$name is $rule.code', async ({ rule, ...answer }) => {
    const { connect, tokens, grants } = instance();
    const key = await connect(ada.address);
    entra.failTokens({
      grantType: 'refresh_token',
      times: Number.POSITIVE_INFINITY,
      error: 'invalid_grant',
      errorCodes: 'number' in answer ? [answer.number] : [],
      ...('suberror' in answer ? { suberror: answer.suberror } : {}),
    });
    await expect(tokens.get(key, 'outlook', { force: true })).rejects.toMatchObject({ code: rule.code });
    const grant = await grants.open(key);
    expect(grant?.status).toBe(grantStatusFor(rule.code) ?? 'ok');
    // In every case the stored grant is still there.
    expect(JSON.parse(grant?.cache ?? '{}').RefreshToken).not.toEqual({});
  });

  it('has cases', () => expect(asRenewed.length).toBeGreaterThan(45));
});

describe('renewing', () => {
  it('60 requests over 20 accounts make one renewal each and leave 20 clean caches', async () => {
    const { connect, tokens, grants } = instance();
    const keys = await Promise.all(crowd.map((person) => connect(person.address)));
    const before = entra.requests().token.refresh_token;
    const answers = await Promise.all(
      [...keys, ...keys, ...keys].map(async (key) => ({
        key,
        token: await tokens.get(key, 'outlook', { force: true }),
      })),
    );
    expect(entra.requests().token.refresh_token - before).toBe(20);
    for (const { key, token } of answers) expect((await entra.introspect(token.accessToken))?.oid).toBe(key.oid);
    for (const key of keys) {
      const text = (await grants.open(key))?.cache ?? '';
      expect(Object.keys(JSON.parse(text).Account)).toHaveLength(1);
      for (const other of keys) if (other !== key) expect(text).not.toContain(other.oid);
    }
  });

  it('leaves a valid grant after five instances renew at once', async () => {
    const key = await instance().connect(ada.address);
    const tokens = await Promise.all(
      Array.from({ length: 5 }, () => instance().tokens.get(key, 'outlook', { force: true })),
    );
    for (const { accessToken } of tokens) expect(await entra.introspect(accessToken)).toBeDefined();
    expect(
      await entra.introspect((await instance().tokens.get(key, 'outlook', { force: true })).accessToken),
    ).toBeDefined();
  });

  it('ends the grant after sign-ins were revoked, until the person signs in again', async () => {
    const { connect, tokens, grants } = instance();
    const key = await connect(ada.address);
    entra.revoke(ada.address);
    await expect(tokens.get(key, 'outlook', { force: true })).rejects.toMatchObject({ code: 'grant_revoked' });
    expect((await grants.read(key))?.status).toBe('reconnect_required');
    await connect(ada.address);
    await tokens.get(key, 'outlook', { force: true });
    expect((await grants.read(key))?.status).toBe('ok');
  });
});

describe('a personal account', () => {
  const wide = { tenant: 'common', allowedTenants: [home, personalTenant] } as const;

  it('signs in beside those of an organisation, and is renewed at consumers', async () => {
    const { connect, tokens, grants } = instance({ entra: wide });
    const key = await connect(lea.address);
    expect(key).toEqual({ tid: personalTenant, oid: lea.oid });
    const token = await instance({ entra: wide }).tokens.get(key, 'outlook', { force: true });
    // No JWT: nothing of it can be read, and nothing needs to be.
    expect(token.accessToken).not.toContain('.');
    expect(await entra.introspect(token.accessToken)).toMatchObject({ username: lea.address });
    const graph = await tokens.get(key, 'graph', { force: true });
    expect((await entra.introspect(graph.accessToken))?.audience).toBe('https://graph.microsoft.com');
    expect((await grants.read(key))?.status).toBe('ok');
  });

  it('is refused where only the own organisation may connect', async () => {
    const { signInAs } = instance({ entra: { ...wide, allowedTenants: [home] } });
    await expect(signInAs(lea.address)).rejects.toMatchObject({ code: 'tenant_not_allowed' });
  });

  it('has a dead grant like any other after its access was revoked', async () => {
    const { connect, tokens, grants } = instance({ entra: wide });
    const key = await connect(lea.address);
    entra.revoke(lea.address);
    await expect(tokens.get(key, 'outlook', { force: true })).rejects.toMatchObject({ code: 'grant_revoked' });
    expect((await grants.read(key))?.status).toBe('reconnect_required');
  });
});

describe('the app itself', () => {
  const app = { kind: 'app', tid: home } as const;

  it.each(['secret', 'federated'] as const)('gets a token with its permissions by %s', async (credential) => {
    const { tokens, grants } = instance({ entra: { credential } });
    await grants.openApp(home);
    const { accessToken } = await tokens.of(app, 'outlook');
    expect(await entra.introspect(accessToken)).toMatchObject({
      username: '',
      tid: home,
      audience: 'https://outlook.office365.com',
      roles: ['IMAP.AccessAsApp', 'SMTP.SendAsApp'],
    });
  });

  it('waits for an administrator in an unknown tenant, and works once one has consented', async () => {
    const { tokens, grants, pass } = instance();
    await grants.openApp(elsewhere);
    const there = { kind: 'app', tid: elsewhere } as const;
    await expect(tokens.of(there, 'outlook')).rejects.toMatchObject({ code: 'app_not_in_tenant' });
    const waiting = await grants.read(appGrantKey(elsewhere));
    expect(waiting).toMatchObject({ status: 'consent_required' });
    entra.giveApp(['IMAP.AccessAsApp'], elsewhere);
    if (waiting !== undefined) await grants.note(waiting, { retryAt: null });
    pass(1_000);
    await tokens.of(there, 'outlook');
    expect(await grants.read(appGrantKey(elsewhere))).toMatchObject({ status: 'ok', code: '' });
  });

  it('the app itself and a person of the same tenant do not share tokens', async () => {
    const { connect, tokens, grants } = instance();
    const key = await connect(ada.address);
    await grants.openApp(home);
    const [mine, its] = await Promise.all([tokens.get(key, 'outlook', { force: true }), tokens.of(app, 'outlook')]);
    expect((await entra.introspect(mine.accessToken))?.username).toBe(ada.address);
    expect((await entra.introspect(its.accessToken))?.username).toBe('');
    expect(mine.scopes).not.toContain('https://outlook.office365.com/.default');
  });
});

describe('a client secret', () => {
  it('is rotated under load with both versions live for a while, and no request fails', async () => {
    const instances = [instance(), instance(), instance()];
    const keys = await Promise.all(crowd.slice(0, 6).map((person) => instances[0]?.connect(person.address)));
    let rotating = true;
    let asked = 0;
    const load = instances.map(async ({ tokens, pass }, index) => {
      for (let round = index; rotating; round++) {
        const key = keys[round % keys.length];
        if (key !== undefined) await tokens.get(key, 'outlook', { force: true });
        asked++;
        // Some of them read the vault again meanwhile, the others still have the old secret.
        if (index === 0) pass(30_000);
      }
    });
    // By requests, not by time: each stage sees renewals of every instance, however slow the machine is.
    const more = async () => {
      for (const goal = asked + 9; asked < goal; ) await delay(5);
    };
    const [old] = vault.live('client-secret');
    const oldVersion = (await instance().reader.secret('client-secret')).version;
    await more();
    vault.set('client-secret', `the-secret-of-${Date.now()}`);
    expect(vault.live('client-secret')).toHaveLength(2);
    expect(vault.live('client-secret')).toContain(old);
    await more();
    vault.change('client-secret', { enabled: false }, oldVersion);
    await more();
    rotating = false;
    await Promise.all(load);
    for (const { lines } of instances) expect(lines.filter((line) => line.includes('circuit.'))).toEqual([]);
  });

  it('is rotated without a failure, and the old one removed', async () => {
    const { connect, tokens } = instance();
    const key = await connect(ada.address);
    const old = (await instance().reader.secret('client-secret')).version;
    vault.set('client-secret', 'the-second-secret');
    vault.change('client-secret', { enabled: false }, old);
    await tokens.get(key, 'outlook', { force: true });
  });

  it('stops all renewals if it is wrong, and a corrected one lets them resume', async () => {
    const { connect, tokens, grants, lines, pass } = instance();
    const key = await connect(ada.address);
    const other = await connect('user0@contoso.example');
    entra.failTokens({ times: Number.POSITIVE_INFINITY, status: 401, error: 'invalid_client', errorCodes: [7000222] });
    const before = entra.requests().token.refresh_token;
    for (const each of [key, other, key, other]) {
      await expect(tokens.get(each, 'outlook', { force: true })).rejects.toMatchObject({
        code: 'client_secret_expired',
      });
    }
    expect(entra.requests().token.refresh_token - before).toBe(2);
    expect(lines.filter((line) => line.includes('circuit.opened'))).toHaveLength(1);
    expect((await grants.read(other))?.status).toBe('ok');
    entra.heal();
    vault.set('client-secret', 'the-mended-secret');
    pass(minute + 1);
    await tokens.get(other, 'outlook', { force: true });
  });
});

describe('when a part is down', () => {
  it('Key Vault: a new instance says so, one that knows the keys continues, and both recover', async () => {
    const warm = instance();
    const key = await warm.connect(ada.address);
    vault.down();
    warm.pass(11 * minute);
    await warm.tokens.get(key, 'outlook', { force: true });
    const cold = instance();
    await expect(cold.tokens.get(key, 'outlook')).rejects.toMatchObject({ code: 'vault_unreachable' });
    vault.down(false);
    cold.pass(6_000);
    await cold.tokens.get(key, 'outlook');
  });

  it('the managed identity, its right to the vault, or the way there: each is told as what it is', async () => {
    const { identity } = standIns;
    const { log } = instance();
    const clock = {
      now: Date.now,
      monotonic: () => performance.now(),
      sleep: async () => {},
      caughtUp: async () => {},
    };
    const reader = (keyVaultUrl: string, identityClientId: string) =>
      createVault(
        { keyVaultUrl, inAzure: false },
        { credential: azureCredential({ identityClientId }, process.env), clock, log },
      );
    // Another client id: tokens of the right one are kept by MSAL for as long as the process lives.
    const stranger = reader(vault.url, '00000000-0000-4000-8000-00000000dead');
    await expect(stranger.secret('client-secret')).rejects.toMatchObject({ code: 'identity_unknown' });
    const folder = await mkdtemp(join(tmpdir(), 'vault-'));
    const closed = await startVault({
      certificates: await makeCertificates(folder),
      authority: `https://localhost:1/${home}`,
      isAllowed: () => false,
    });
    // It speaks no TLS.
    const plain = await listen(createServer(), 'a plain server');
    try {
      const refused = reader(closed.url, identity.clientId);
      await expect(refused.secret('client-secret')).rejects.toMatchObject({ code: 'vault_forbidden' });
      await expect(refused.versions('client-secret')).rejects.toMatchObject({ code: 'vault_forbidden' });
      const answers: readonly [VaultRefusal, ErrorCode][] = [
        ['firewall', 'vault_firewall'],
        ['no public access', 'vault_firewall'],
        ['role', 'vault_forbidden'],
        ['another tenant', 'vault_forbidden'],
        ['throttled', 'vault_throttled'],
      ];
      for (const [how, code] of answers) {
        closed.refuse(how);
        await expect(reader(closed.url, identity.clientId).secret('x'), how).rejects.toMatchObject({ code });
      }
      const ways: readonly [string, ErrorCode][] = [
        ['https://no-such-vault.invalid', 'vault_name_unknown'],
        [`https://localhost:${plain.port}`, 'vault_tls_failed'],
      ];
      for (const [url, code] of ways) {
        await expect(reader(url, identity.clientId).secret('x'), url).rejects.toMatchObject({ code });
      }
    } finally {
      await Promise.all([closed.stop(), plain.stop()]);
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ['cuts the line', { answer: 'close' } as const, 'entra_unavailable'],
    ['answers a page of its gateway', { answer: 'html', status: 502 } as const, 'entra_unavailable'],
    [
      'is throttling',
      { status: 429, retryAfterSeconds: 30, error: 'temporarily_unavailable' } as const,
      'entra_throttled',
    ],
  ])('Microsoft %s: no account is blamed, and it ends with its cause', async (_name, failure, code) => {
    const { connect, tokens, grants, pass } = instance();
    const key = await connect(ada.address);
    entra.failTokens({ ...failure, times: Number.POSITIVE_INFINITY });
    await expect(tokens.get(key, 'outlook', { force: true })).rejects.toMatchObject({ code });
    expect((await grants.read(key))?.status).toBe('ok');
    entra.heal();
    pass(31_000);
    await tokens.get(key, 'outlook', { force: true });
  });
});

describe('the root key', () => {
  it('rotates: old rows open, and a renewal seals them under the new one', async () => {
    const before = instance();
    const key = await before.connect(ada.address);
    const version = vault.set('broker-root', randomBytes(32).toString('base64url'));
    const after = instance();
    const kid = async () => {
      const sealed = (await standIns.store.table('grants').get(key.tid, key.oid))?.values.cache0;
      return sealed instanceof Uint8Array ? Buffer.from(sealed.subarray(1, 17)).toString('hex') : '';
    };
    expect(await kid()).not.toBe(version);
    await after.tokens.get(key, 'outlook', { force: true });
    expect(await kid()).toBe(version);
    // The instance that has not heard of the rotation yet reads the new version by its id.
    await before.tokens.get(key, 'outlook', { force: true });
    expect((await after.keys.current('ticket')).kid).toBe(version);
    const prefix = Uint8Array.from(Buffer.from(version.slice(0, 8), 'hex'));
    expect((await after.keys.byPrefix('ticket', prefix))?.kid).toBe(version);
  });

  it('says what is wrong with a vault that has none, and with one that holds something else', async () => {
    const { keys } = instance();
    vault.remove('broker-root');
    try {
      await expect(keys.current('ticket')).rejects.toMatchObject({ code: 'secret_missing' });
    } finally {
      vault.recover('broker-root');
    }
    const wrong = vault.set('broker-root', 'hello');
    try {
      await expect(instance().keys.current('ticket')).rejects.toMatchObject({ code: 'root_key_broken' });
      vault.change('broker-root', { enabled: false }, wrong);
      // The newest enabled version counts.
      expect((await instance().keys.current('ticket')).kid).not.toBe(wrong);
    } finally {
      vault.change('broker-root', { enabled: false }, wrong);
    }
  });
});
