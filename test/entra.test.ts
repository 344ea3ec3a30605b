import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Azurite, startAzurite } from '../local/azurite.ts';
import { type Certificates, makeCertificates } from '../local/certificates.ts';
import { startEntra } from '../local/entra/entra.ts';
import { startManagedIdentity } from '../local/managed-identity.ts';
import { startVault } from '../local/vault.ts';
import type { DemoUser, EntraStandIn, IdentityStandIn, VaultStandIn } from '../local/world.ts';
import { systemClock, systemRandom } from '../src/lib/domain/system.ts';
import { authorizeFailure, grantStatusFor } from '../src/lib/entra/classify.ts';
import { createEntraClient } from '../src/lib/entra/client.ts';
import { createCredential } from '../src/lib/entra/credential.ts';
import { failureTable } from '../src/lib/entra/failure-table.ts';
import { createSignIn } from '../src/lib/entra/sign-in.ts';
import { createTokens } from '../src/lib/entra/tokens.ts';
import { consoleLog } from '../src/lib/log.ts';
import { createAzureStore } from '../src/lib/store/azure-table.ts';
import { createGrants } from '../src/lib/store/grants.ts';
import { createNotices } from '../src/lib/store/notices.ts';
import type { Store } from '../src/lib/store/table.ts';
import { azureCredential } from '../src/lib/vault/azure-credential.ts';
import { createVault } from '../src/lib/vault/reader.ts';
import { createRootKeys } from '../src/lib/vault/root-keys.ts';
import { createSealer } from '../src/lib/vault/seal.ts';

// The parts that hold secrets, on the real libraries: MSAL against an OpenID provider in Entra's shape, Key Vault's SDK
// with a managed identity, rows in Azurite.
const tenant = '11111111-2222-4333-8444-555555555555';
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
const redirectUri = 'http://localhost:7071/api/oauth/callback';

let folder: string;
let certificates: Certificates;
let azurite: Azurite;
let store: Store;
let identity: IdentityStandIn;
let vault: VaultStandIn;
let entra: EntraStandIn;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'token-broker-'));
  azurite = await startAzurite();
  store = createAzureStore(
    { tables: { connectionString: azurite.connectionString }, identityClientId: undefined },
    { clock: systemClock, chance: Math.random },
  );
  certificates = await makeCertificates(folder);
  identity = await startManagedIdentity({ tenant });
  vault = await startVault({
    certificates,
    authority: `https://localhost:1/${tenant}`,
    isAllowed: (token) => identity.verify(token, 'https://vault.azure.net'),
  });
  entra = await startEntra({
    certificates,
    tenant,
    users: [ada, guest, ...crowd],
    redirectUris: [redirectUri],
    secrets: () => vault.live('client-secret'),
    isTrustedAssertion: (assertion) => identity.verify(assertion, 'api://AzureADTokenExchange'),
  });
  vault.set('client-secret', 'the-first-secret');
  vault.set('broker-root', randomBytes(32).toString('base64url'));
  vi.stubEnv('IDENTITY_ENDPOINT', identity.endpoint);
  vi.stubEnv('IDENTITY_HEADER', identity.header);
});

afterEach(() => {
  entra.heal();
  vault.down(false);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([entra.stop(), vault.stop(), identity.stop(), azurite.stop()]);
  await rm(folder, { recursive: true });
});

/** An instance of the broker, as far as it concerns sign-in and tokens, with nothing in its memory. */
function instance(
  options: { credential?: 'secret' | 'federated'; identityClientId?: string; keyVaultUrl?: string } = {},
) {
  const config = {
    clientId: entra.clientId,
    tenant,
    allowedTenants: [tenant],
    authorityHost: entra.url,
    credential: options.credential ?? 'secret',
    clientSecretName: 'client-secret',
    outlookResource: 'https://outlook.office.com',
    outlookAppResource: 'https://outlook.office365.com',
    graphResource: 'https://graph.microsoft.com',
  } as const;
  let offset = 0;
  const clock = {
    now: () => Date.now() + offset,
    monotonic: () => performance.now() + offset,
    sleep: async () => {},
  };
  const lines: string[] = [];
  const log = consoleLog((_level, line) => lines.push(line));
  const azure = azureCredential({ identityClientId: options.identityClientId ?? identity.clientId }, process.env);
  const reader = createVault(
    { keyVaultUrl: options.keyVaultUrl ?? vault.url, inAzure: false },
    { credential: azure, clock, log },
  );
  const keys = createRootKeys(reader);
  const sealer = createSealer({ keys, random: systemRandom });
  const grants = createGrants({ store, sealer, clock, random: systemRandom, log });
  const credential = createCredential(config, { vault: reader, identity: azure, clock });
  const notices = createNotices({ store, clock, random: systemRandom });
  const client = createEntraClient(config, { fetch, clock, log, credential, notices });
  const signIn = createSignIn(config, { client, random: systemRandom, log });
  const tokens = createTokens(config, { client, grants, clock, random: systemRandom, log });
  const signInAs = async (address: string) => {
    const { url, verifier, nonce } = await signIn.start({ state: 'the-state', redirectUri, selectAccount: true });
    const callback = new URL(await entra.signInAs(address, url));
    const code = callback.searchParams.get('code') ?? '';
    return signIn.finish({ code, state: 'the-state', redirectUri, verifier, nonce });
  };
  const connect = async (person: DemoUser = ada) => {
    const signedIn = await signInAs(person.address);
    await grants.connected(signedIn);
    return { tid: tenant, oid: person.oid };
  };
  return {
    ...{ reader, keys, sealer, grants, signIn, tokens, lines },
    signInAs,
    connect,
    pass: (ms: number) => (offset += ms),
  };
}

const minute = 60_000;

describe('signing in', () => {
  it('ends with a token that opens the mailbox and a grant that renews it on another instance', async () => {
    const { connect, signInAs } = instance();
    const signedIn = await signInAs(ada.address);
    expect(signedIn).toMatchObject({ tid: tenant, oid: ada.oid, username: ada.address, displayName: 'Ada' });
    expect(await entra.introspect(signedIn.accessToken)).toMatchObject({ audience: 'https://outlook.office.com' });
    const key = await connect();
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
    const { connect, tokens, reader } = instance({ credential: 'federated' });
    const key = await connect();
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

  it('that is declined comes back as such', async () => {
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
  // One number stands for two things; as a renewal it is a grant that nobody used.
  const asRenewed = cases.filter(({ rule, name }) => !(name === 'AADSTS70008' && rule.phase !== 'renew'));

  it.each(asRenewed)('$name is $rule.code', async ({ rule, ...answer }) => {
    const { connect, tokens, grants } = instance();
    const key = await connect();
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
    // Whatever happened, what the person once gave us is still there.
    expect(JSON.parse(grant?.cache ?? '{}').RefreshToken).not.toEqual({});
  });

  it('has cases', () => expect(asRenewed.length).toBeGreaterThan(45));
});

describe('renewing', () => {
  it('60 requests over 20 accounts make one renewal each and leave 20 clean caches', async () => {
    const { connect, tokens, grants } = instance();
    const keys = await Promise.all(crowd.map((person) => connect(person)));
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

  it('on five instances at once leaves a grant that still renews', async () => {
    const key = await instance().connect();
    const tokens = await Promise.all(
      Array.from({ length: 5 }, () => instance().tokens.get(key, 'outlook', { force: true })),
    );
    for (const { accessToken } of tokens) expect(await entra.introspect(accessToken)).toBeDefined();
    expect(
      await entra.introspect((await instance().tokens.get(key, 'outlook', { force: true })).accessToken),
    ).toBeDefined();
  });

  it('after the person was revoked ends the grant, until she signs in again', async () => {
    const { connect, tokens, grants } = instance();
    const key = await connect();
    entra.revoke(ada.address);
    await expect(tokens.get(key, 'outlook', { force: true })).rejects.toMatchObject({ code: 'grant_revoked' });
    expect((await grants.read(key))?.status).toBe('reconnect_required');
    await connect();
    await tokens.get(key, 'outlook', { force: true });
    expect((await grants.read(key))?.status).toBe('ok');
  });
});

describe('a client secret', () => {
  it('is rotated without anybody noticing, the old one taken away', async () => {
    const { connect, tokens } = instance();
    const key = await connect();
    const old = (await instance().reader.secret('client-secret')).version;
    vault.set('client-secret', 'the-second-secret');
    vault.change('client-secret', { enabled: false }, old);
    await tokens.get(key, 'outlook', { force: true });
  });

  it('that is wrong stops all renewals, and a mended one lets them go on', async () => {
    const { connect, tokens, grants, lines, pass } = instance();
    const key = await connect();
    const other = await connect(crowd[0]);
    entra.failTokens({ times: Number.POSITIVE_INFINITY, status: 401, error: 'invalid_client', errorCodes: [7000222] });
    const before = entra.requests().token.refresh_token;
    for (const each of [key, other, key, other]) {
      await expect(tokens.get(each, 'outlook', { force: true })).rejects.toMatchObject({
        code: 'client_secret_expired',
      });
    }
    expect(entra.requests().token.refresh_token - before).toBe(2);
    expect(lines.filter((line) => line.includes('entra_circuit_open'))).toHaveLength(1);
    expect((await grants.read(other))?.status).toBe('ok');
    entra.heal();
    vault.set('client-secret', 'the-mended-secret');
    pass(minute + 1);
    await tokens.get(other, 'outlook', { force: true });
  });
});

describe('when a part is down', () => {
  it('Key Vault: a new instance says so, one that knows the keys goes on, and both are well afterwards', async () => {
    const warm = instance();
    const key = await warm.connect();
    vault.down();
    warm.pass(11 * minute);
    await warm.tokens.get(key, 'outlook', { force: true });
    const cold = instance();
    await expect(cold.tokens.get(key, 'outlook')).rejects.toMatchObject({ code: 'vault_unreachable' });
    vault.down(false);
    cold.pass(6_000);
    await cold.tokens.get(key, 'outlook');
  });

  it('the managed identity, or its right to the vault: Key Vault is said to refuse the app', async () => {
    // Another client id: tokens of the right one are kept by MSAL for as long as the process lives.
    const stranger = instance({ identityClientId: '00000000-0000-4000-8000-00000000dead' });
    await expect(stranger.reader.secret('client-secret')).rejects.toMatchObject({ code: 'vault_forbidden' });
    const closed = await startVault({
      certificates,
      authority: `https://localhost:1/${tenant}`,
      isAllowed: () => false,
    });
    try {
      const refused = instance({ keyVaultUrl: closed.url });
      await expect(refused.reader.secret('client-secret')).rejects.toMatchObject({ code: 'vault_forbidden' });
      await expect(refused.reader.versions('client-secret')).rejects.toMatchObject({ code: 'vault_forbidden' });
    } finally {
      await closed.stop();
    }
  });

  it('Table Storage: the renewal fails with its own code, and nothing is lost', async () => {
    const { connect, tokens } = instance();
    const key = await connect();
    await azurite.kill();
    try {
      await expect(tokens.get(key, 'outlook')).rejects.toMatchObject({ code: 'storage_unreachable' });
    } finally {
      await azurite.restart();
    }
  });

  it.each([
    ['cuts the line', { answer: 'close' } as const, 'entra_unavailable'],
    ['answers a page of its gateway', { answer: 'html', status: 502 } as const, 'entra_unavailable'],
    [
      'asks to slow down',
      { status: 429, retryAfterSeconds: 30, error: 'temporarily_unavailable' } as const,
      'entra_throttled',
    ],
  ])('Microsoft %s: nobody is blamed, and it is over when it is over', async (_name, failure, code) => {
    const { connect, tokens, grants, pass } = instance();
    const key = await connect();
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
    const key = await before.connect();
    const version = vault.set('broker-root', randomBytes(32).toString('base64url'));
    const after = instance();
    const kid = async () => {
      const sealed = (await store.table('grants').get(key.tid, key.oid))?.values.cache0;
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
