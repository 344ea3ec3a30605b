import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { entraError, fakeEntra, type Person } from '../../../test/support/entra-fetch.ts';
import type { Config } from '../config.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import { consoleLog } from '../log.ts';
import { createEntraClient } from './client.ts';
import type { CredentialSource } from './credential.ts';
import { createSignIn, hints } from './sign-in.ts';

const home = '11111111-0000-4000-8000-000000000001';
const redirectUri = 'https://broker.example/api/oauth/callback';

function world(settings: Partial<Pick<Config['entra'], 'tenant' | 'allowedTenants' | 'graphPermissions'>> = {}) {
  const config = {
    clientId: 'cccccccc-0000-4000-8000-000000000001',
    tenant: home,
    allowedTenants: [home] as readonly string[] | '*',
    authorityHost: 'https://login.microsoftonline.com',
    credential: 'secret',
    clientSecretName: 'client-secret',
    outlookResource: 'https://outlook.office.com',
    outlookAppResource: 'https://outlook.office365.com',
    graphResource: 'https://graph.microsoft.com',
    graphPermissions: [],
    ...settings,
  } as const;
  const entra = fakeEntra(config.clientId);
  const lines: string[] = [];
  const log = consoleLog((_level, line) => lines.push(line));
  const credential: CredentialSource = {
    current: async () => ({ version: 'v', auth: { clientSecret: 'the-secret' } }),
    fresh: async () => ({ version: 'v', auth: { clientSecret: 'the-secret' } }),
  };
  const notices = { claim: async () => true, touch: async () => {}, clear: async () => {} };
  const client = createEntraClient(config, { fetch: entra.fetch, clock: systemClock, log, credential, notices });
  const signIn = createSignIn(config, { client, random: systemRandom, log });
  const finish = async (person: Person, options: { nonce?: string; claims?: Record<string, unknown> } = {}) => {
    const { verifier, nonce } = await signIn.start({ state: 'st', redirectUri });
    const code = entra.code(person, options.nonce ?? nonce, options.claims);
    return signIn.finish({ code, state: 'st', redirectUri, verifier, nonce });
  };
  return { entra, signIn, finish, lines };
}

const somebody = (tid: string = home): Person => ({ tid, oid: randomUUID(), username: 'ada@contoso.example' });

describe('the address that a browser is sent to', () => {
  it('asks for both mail scopes, for Graph to be consented beside them, with PKCE, state and nonce, by query', async () => {
    const { signIn, entra } = world();
    const { url, verifier, nonce } = await signIn.start({ state: 'the-state', redirectUri, selectAccount: true });
    const { origin, pathname, searchParams } = new URL(url);
    expect(origin + pathname).toBe(`https://login.microsoftonline.com/${home}/oauth2/v2.0/authorize`);
    expect(searchParams.get('scope')?.split(' ').sort()).toEqual(
      [
        'https://graph.microsoft.com/User.Read',
        'https://outlook.office.com/IMAP.AccessAsUser.All',
        'https://outlook.office.com/SMTP.Send',
        'email',
        'offline_access',
        'openid',
        'profile',
      ].sort(),
    );
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      response_mode: 'query',
      state: 'the-state',
      nonce,
      redirect_uri: redirectUri,
      prompt: 'select_account',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(verifier.length).toBeGreaterThanOrEqual(43);
    expect(url).not.toContain('the-secret');
    expect(entra.posts).toEqual([]);
  });

  it('asks for the mail permissions of Graph that the setting names, unless told to ask for the least', async () => {
    const { signIn } = world({ graphPermissions: ['Mail.Send', 'Mail.ReadWrite'] });
    const scopesOf = async (leastScopes: boolean) => {
      const { url } = await signIn.start({ state: 's', redirectUri, leastScopes });
      return new URL(url).searchParams.get('scope') ?? '';
    };
    expect(await scopesOf(false)).toContain(
      'https://graph.microsoft.com/Mail.Send https://graph.microsoft.com/Mail.ReadWrite',
    );
    expect(await scopesOf(true)).not.toContain('graph.microsoft.com/Mail');
    expect(await scopesOf(true)).toContain('SMTP.Send');
  });

  it('is another one each time', async () => {
    const { signIn } = world();
    const [one, other] = [
      await signIn.start({ state: 's', redirectUri }),
      await signIn.start({ state: 's', redirectUri }),
    ];
    expect(one.verifier).not.toBe(other.verifier);
    expect(one.nonce).not.toBe(other.nonce);
  });

  it('carries the hint really, since MSAL drops it beside select_account', async () => {
    const { signIn } = world();
    const { url } = await signIn.start({
      state: 's',
      redirectUri,
      loginHint: 'ada@contoso.example',
      selectAccount: true,
    });
    expect(new URL(url).searchParams.get('login_hint')).toBe('ada@contoso.example');
    expect(new URL(url).searchParams.has('prompt')).toBe(false);
  });

  it.each([
    [{}, {}],
    [{ selectAccount: true }, { prompt: 'select_account' }],
    [{ loginHint: 'a@b' }, { loginHint: 'a@b' }],
    [{ loginHint: 'a@b', selectAccount: true }, { loginHint: 'a@b' }],
    [
      { loginHint: 'a@b', forceConsent: true },
      { loginHint: 'a@b', prompt: 'consent' },
    ],
    [{ selectAccount: true, forceConsent: true }, { prompt: 'consent' }],
  ] as const)('the address for %o says %o', (options, said) => {
    expect(hints(options)).toEqual(said);
  });
});

describe('who comes back', () => {
  it('is known by tenant and object id, with a token for mail and the cache that holds the refresh token', async () => {
    const { finish, entra } = world();
    const person = somebody();
    const signedIn = await finish(person);
    expect(signedIn).toMatchObject({
      tid: home,
      oid: person.oid,
      homeAccountId: `${person.oid}.${home}`,
      username: 'ada@contoso.example',
      displayName: 'A Person',
    });
    expect(signedIn.accessToken).toMatch(/^access-/);
    expect(signedIn.expiresAt.getTime()).toBeGreaterThan(Date.now() + 50 * 60_000);
    expect(Object.values(JSON.parse(signedIn.cache).RefreshToken)).toHaveLength(1);
    const form = entra.posts[0]?.form;
    expect(form?.get('code_verifier')).toMatch(/^[\w-]{43}$/);
    expect(form?.get('scope')).toContain('https://outlook.office.com/SMTP.Send');
    expect(form?.get('scope')).not.toContain('graph');
  });

  it('is refused as a guest: at home elsewhere, though of an allowed tenant', async () => {
    const { finish } = world();
    const guest = { ...somebody(), home: { uid: randomUUID(), utid: randomUUID() } };
    await expect(finish(guest)).rejects.toMatchObject({ code: 'guest_refused' });
  });

  it('is refused from a tenant that is not on the list, and let in from one that is', async () => {
    const other = randomUUID();
    await expect(world().finish(somebody(other))).rejects.toMatchObject({ code: 'tenant_not_allowed' });
    await world({ tenant: 'organizations', allowedTenants: [home, other] }).finish(somebody(other));
    await world({ tenant: 'organizations', allowedTenants: '*' }).finish(somebody(other));
  });

  it('is refused without the right to read mail, and let in when it comes under another prefix', async () => {
    const { finish, entra } = world();
    entra.grantedScopes = 'https://outlook.office.com/SMTP.Send openid';
    await expect(finish(somebody())).rejects.toMatchObject({ code: 'scope_missing_imap' });
    entra.grantedScopes = 'https://outlook.office365.com/imap.accessasuser.all SMTP.Send';
    await finish(somebody());
  });

  it.each([
    ['of another nonce', { nonce: 'another' }],
    ['for another application', { claims: { aud: randomUUID() } }],
    ['without an object id', { claims: { oid: undefined } }],
  ])('is refused with an id token %s', async (_name, options) => {
    const { finish } = world();
    await expect(finish(somebody(), options)).rejects.toMatchObject({ code: 'sign_in_restart' });
  });

  it.each([
    [54005, 'code_already_used'],
    [70008, 'sign_in_restart'],
    [501481, 'sign_in_restart'],
    [65001, 'consent_missing'],
    [90094, 'admin_consent_required'],
    [53003, 'conditional_access_blocked'],
    [7000215, 'client_secret_invalid'],
  ])('is told AADSTS%i as %s', async (number, code) => {
    const { finish, entra } = world();
    entra.instead = () => entraError('invalid_grant', { number });
    await expect(finish(somebody())).rejects.toMatchObject({ code });
  });

  it.each([
    ['an empty token', () => Response.json({ token_type: 'Bearer', expires_in: 3600 })],
    ['a gateway page', () => new Response('<html>', { status: 200 })],
    ['no answer', () => new TypeError('fetch failed')],
  ])('gets no further with %s', async (_name, answer) => {
    const { finish, entra } = world();
    entra.instead = answer;
    await expect(finish(somebody())).rejects.toMatchObject({
      code: expect.stringMatching(/entra_unavailable|restart/),
    });
  });

  it('leaves no token and no address in the log when refused', async () => {
    const { finish, entra, lines } = world();
    await finish({ ...somebody(), home: { uid: 'u', utid: 't' } }).catch(() => {});
    entra.instead = () => entraError('invalid_client', { number: 7000222 });
    await finish(somebody()).catch(() => {});
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toMatch(/access-|refresh-|the-secret|contoso/);
  });
});
