import { describe, expect, it } from 'vitest';
import type { SecretVersion, Vault } from '../vault/types.ts';
import { createCredential } from './credential.ts';

const minute = 60_000;

describe('the credential of the app', () => {
  it('is the secret in Key Vault, read past the cache when asked to', async () => {
    const asked: boolean[] = [];
    const secrets: SecretVersion[] = [{ value: 'one', version: '1' }];
    const vault: Vault = {
      async secret(name, { fresh = false } = {}) {
        expect(name).toBe('client-secret');
        asked.push(fresh);
        return secrets[0] ?? { value: '', version: '' };
      },
      secretVersion: async () => undefined,
      versions: async () => [],
    };
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {}, caughtUp: async () => {} };
    const identity = { getToken: async () => null };
    const source = createCredential(
      { credential: 'secret', clientSecretName: 'client-secret' },
      { vault, identity, clock },
    );
    expect(await source.current()).toEqual({ version: '1', auth: { clientSecret: 'one' } });
    await source.fresh();
    expect(asked).toEqual([false, true]);
    secrets[0] = { value: '', version: '2' };
    await expect(source.current()).rejects.toMatchObject({ code: 'client_secret_invalid' });
  });

  const holding = (value: string) => {
    const vault: Vault = {
      secret: async () => ({ value, version: '1' }),
      secretVersion: async () => undefined,
      versions: async () => [],
    };
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {}, caughtUp: async () => {} };
    const deps = { vault, identity: { getToken: async () => null }, clock };
    return createCredential({ credential: 'secret', clientSecretName: 'client-secret' }, deps);
  };

  it.each(['abc8Q~x.y_z\n', 'abc8Q~x.y_z\r\n', ' abc8Q~x.y_z\t', '\uFEFFabc8Q~x.y_z'])(
    'is the secret without the blanks and line ends around it: %j',
    async (value) => {
      expect((await holding(value).current()).auth).toEqual({ clientSecret: 'abc8Q~x.y_z' });
    },
  );

  it('names the secret and its setting where the id of a secret lies there in place of its value', async () => {
    await expect(holding('0f3a9c1e-1111-4222-8333-444455556666\n').current()).rejects.toMatchObject({
      code: 'client_secret_is_id',
      message: expect.stringMatching(/client-secret .*CLIENT_SECRET_NAME.*GUID/),
    });
  });

  it.each([
    ['no identity is assigned under that id', 400, 'identity_unknown'],
    ['the endpoint fails', 500, 'identity_unavailable'],
  ])('tells where %s', async (_how, status, code) => {
    const failed = Object.assign(new Error('of MSAL'), { status });
    const cause = Object.assign(new Error('no token', { cause: failed }), { name: 'CredentialUnavailableError' });
    const identity = { getToken: () => Promise.reject(cause) };
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {}, caughtUp: async () => {} };
    const vault: Vault = {
      secret: () => Promise.reject(new Error('no vault is read')),
      secretVersion: () => Promise.reject(new Error('no vault is read')),
      versions: () => Promise.reject(new Error('no vault is read')),
    };
    const source = createCredential({ credential: 'federated', clientSecretName: 'x' }, { vault, identity, clock });
    const { auth } = await source.current();
    if (!('clientAssertion' in auth)) throw new Error('not an assertion');
    await expect(auth.clientAssertion()).rejects.toMatchObject({ code });
  });

  it('is an assertion of the managed identity, asked for once while it lasts, and no secret', async () => {
    let now = 0;
    const asked: (string | string[])[] = [];
    let token: string | undefined = 'assertion';
    const vault: Vault = {
      secret: () => Promise.reject(new Error('no vault is read')),
      secretVersion: () => Promise.reject(new Error('no vault is read')),
      versions: () => Promise.reject(new Error('no vault is read')),
    };
    const identity = {
      async getToken(scopes: string | string[]) {
        asked.push(scopes);
        return token === undefined ? null : { token, expiresOnTimestamp: now + 60 * minute };
      },
    };
    const clock = { now: () => now, monotonic: () => now, sleep: async () => {}, caughtUp: async () => {} };
    const source = createCredential({ credential: 'federated', clientSecretName: 'x' }, { vault, identity, clock });
    const { auth } = await source.current();
    if (!('clientAssertion' in auth)) throw new Error('not an assertion');
    expect(await auth.clientAssertion()).toBe('assertion');
    now += 54 * minute;
    await auth.clientAssertion();
    expect(asked).toEqual(['api://AzureADTokenExchange/.default']);
    now += 2 * minute;
    await auth.clientAssertion();
    await source.fresh();
    await auth.clientAssertion();
    expect(asked).toHaveLength(3);
    token = undefined;
    await source.fresh();
    await expect(auth.clientAssertion()).rejects.toMatchObject({ code: 'identity_unavailable' });
  });
});
