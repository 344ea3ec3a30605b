import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuthenticationResult, ConfidentialClientApplication, CryptoProvider } from '@azure/msal-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startManagedIdentity } from '../azure/managed-identity.ts';
import type { IdentityStandIn } from '../azure/stand-ins.ts';
import { makeCertificates } from '../certificates.ts';
import { startEntra } from './entra.ts';
import type { EntraStandIn } from './stand-in.ts';

const tenant = '11111111-2222-4333-8444-555555555555';
const otherTenant = '99999999-2222-4333-8444-555555555555';
const users = [
  { address: 'ada@contoso.example', name: 'Ada', oid: 'aaaaaaaa-0000-4000-8000-000000000001' },
  {
    address: 'lea@outlook.example',
    name: 'Lea',
    oid: '00000000-0000-0000-0003-bffd00000001',
    tid: '9188040d-6c67-4c5b-b112-36a304b66dad',
  },
  { address: 'grace@fabrikam.example', name: 'Grace', oid: 'aaaaaaaa-0000-4000-8000-000000000002', tid: otherTenant },
];
const redirectUri = 'http://localhost:7071/api/oauth/callback';
const mail = ['https://outlook.office.com/IMAP.AccessAsUser.All', 'https://outlook.office.com/SMTP.Send'];
const graph = ['https://graph.microsoft.com/User.Read'];

let folder: string;
let identity: IdentityStandIn;
let entra: EntraStandIn;
let automatic: EntraStandIn;
let secrets = ['secret-one'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entra-'));
  const certificates = await makeCertificates(folder);
  identity = await startManagedIdentity({ tenant });
  const common = {
    certificates,
    users,
    tenant,
    redirectUris: [redirectUri],
    secrets: () => secrets,
    isTrustedAssertion: (token: string) => identity.verify(token, 'api://AzureADTokenExchange'),
  };
  entra = await startEntra(common);
  automatic = await startEntra({ ...common, autoSignIn: true, accessTokenSeconds: 2 });
});

afterEach(() => {
  entra.heal();
  entra.giveApp(['IMAP.AccessAsApp', 'SMTP.SendAsApp']);
  secrets = ['secret-one'];
});

afterAll(async () => {
  await entra.stop();
  await automatic.stop();
  await identity.stop();
  await rm(folder, { recursive: true });
});

interface AppOptions {
  readonly at?: EntraStandIn;
  readonly secret?: string;
  readonly assertion?: string;
  readonly authorityTenant?: string;
}

const app = ({ at = entra, secret = 'secret-one', assertion, authorityTenant = tenant }: AppOptions = {}) =>
  new ConfidentialClientApplication({
    auth: {
      clientId: at.clientId,
      authority: `${at.url}/${authorityTenant}`,
      knownAuthorities: [new URL(at.url).host],
      ...(assertion === undefined ? { clientSecret: secret } : { clientAssertion: assertion }),
    },
  });

async function authorizeUrl(
  client: ConfidentialClientApplication,
  request: { loginHint?: string; prompt?: string } = {},
) {
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  const url = await client.getAuthCodeUrl({
    scopes: ['email', ...mail],
    extraScopesToConsent: graph,
    redirectUri,
    state: 'the-state',
    nonce: 'the-nonce',
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
    ...request,
  });
  return { url, verifier };
}

async function redeem(
  client: ConfidentialClientApplication,
  callback: string,
  verifier: string,
  redirect = redirectUri,
) {
  const code = new URL(callback).searchParams.get('code') ?? '';
  return client.acquireTokenByCode(
    {
      code,
      scopes: ['email', ...mail],
      redirectUri: redirect,
      codeVerifier: verifier,
      nonce: 'the-nonce',
      state: 'the-state',
    },
    { code, state: 'the-state', nonce: 'the-nonce' },
  );
}

async function connect(client = app(), at = entra): Promise<AuthenticationResult> {
  const { url, verifier } = await authorizeUrl(client, { prompt: 'select_account' });
  return redeem(client, await at.signInAs('ada@contoso.example', url), verifier);
}

const account = async (client: ConfidentialClientApplication) => {
  const [found] = await client.getTokenCache().getAllAccounts();
  if (found === undefined) throw new Error('MSAL has no account in its cache.');
  return found;
};

describe('the Entra stand-in, asked by MSAL in its normal mode', () => {
  it('sends the browser to plain http and back with the state, and redeems the code over https', async () => {
    const client = app();
    const { url, verifier } = await authorizeUrl(client, { prompt: 'select_account' });
    expect(new URL(url).origin).toBe(entra.pageUrl);
    const callback = new URL(await entra.signInAs('ada@contoso.example', url));
    expect(callback.origin + callback.pathname).toBe(redirectUri);
    expect(callback.searchParams.get('state')).toBe('the-state');
    const result = await redeem(client, callback.href, verifier);
    expect(result.account).toMatchObject({
      homeAccountId: `${users[0]?.oid}.${tenant}`,
      username: 'ada@contoso.example',
      tenantId: tenant,
      name: 'Ada',
    });
    expect(result.idTokenClaims).toMatchObject({ oid: users[0]?.oid, tid: tenant, email: 'ada@contoso.example' });
    const minutes = ((result.expiresOn?.getTime() ?? 0) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(58);
    expect(minutes).toBeLessThan(91);
  });

  it('gives a token for one resource, with all that was consented there', async () => {
    const result = await connect();
    expect(await entra.introspect(result.accessToken)).toMatchObject({
      username: 'ada@contoso.example',
      audience: 'https://outlook.office.com',
      scopes: mail,
    });
    expect(result.scopes).toEqual(expect.arrayContaining(mail));
    expect(result.scopes).not.toContain(graph[0]);
  });

  it('gives a token for another resource from the same refresh token', async () => {
    const client = app();
    await connect(client);
    const result = await client.acquireTokenSilent({ account: await account(client), scopes: graph });
    expect(result.scopes).toEqual(expect.arrayContaining(graph));
    expect((await entra.introspect(result.accessToken))?.audience).toBe('https://graph.microsoft.com');
  });

  it('hands out a new refresh token at each use and leaves the old one valid', async () => {
    const client = app();
    await connect(client);
    const before = client.getTokenCache().serialize();
    await client.acquireTokenSilent({ account: await account(client), scopes: mail, forceRefresh: true });
    expect(client.getTokenCache().serialize()).not.toBe(before);
    const older = app();
    older.getTokenCache().deserialize(before);
    const result = await older.acquireTokenSilent({ account: await account(older), scopes: mail, forceRefresh: true });
    expect(result.accessToken).not.toBe('');
    expect(result.fromCache).toBe(false);
  });

  it('refuses a scope that was not consented', async () => {
    const client = app();
    await connect(client);
    const scopes = ['https://graph.microsoft.com/Mail.Send'];
    await expect(client.acquireTokenSilent({ account: await account(client), scopes })).rejects.toMatchObject({
      errorCode: 'invalid_grant',
      errorNo: 65001,
      subError: 'consent_required',
    });
  });

  it('refuses two resources in one token request', async () => {
    const client = app();
    await connect(client);
    const request = { account: await account(client), scopes: [...mail, ...graph] };
    await expect(client.acquireTokenSilent(request)).rejects.toMatchObject({ errorNo: 28000 });
  });

  it('refuses a code that was redeemed before, and leaves the first tokens alone', async () => {
    const client = app();
    const { url, verifier } = await authorizeUrl(client);
    const callback = await entra.signInAs('ada@contoso.example', url);
    const first = await redeem(client, callback, verifier);
    await expect(redeem(app(), callback, verifier)).rejects.toMatchObject({ errorNo: 54005 });
    expect(await entra.introspect(first.accessToken)).toBeDefined();
  });

  it('refuses a wrong verifier and a redirect address that was not asked for', async () => {
    const { url, verifier } = await authorizeUrl(app());
    const callback = await entra.signInAs('ada@contoso.example', url);
    await expect(redeem(app(), callback, 'x'.repeat(43))).rejects.toMatchObject({ errorNo: 501481 });
    const elsewhere = redirectUri.replace('7071', '7072');
    await expect(redeem(app(), callback, verifier, elsewhere)).rejects.toMatchObject({ errorNo: 500112 });
  });

  it('takes each live client secret, and no other', async () => {
    secrets = ['secret-two', 'secret-one'];
    await connect(app({ secret: 'secret-two' }));
    await connect(app({ secret: 'secret-one' }));
    secrets = ['secret-two'];
    await expect(connect(app({ secret: 'secret-one' }))).rejects.toMatchObject({
      errorCode: 'invalid_client',
      errorNo: 7000215,
    });
  });

  it('takes an assertion of the managed identity in place of a secret, and no forged one', async () => {
    const query = 'api-version=2019-08-01&resource=api://AzureADTokenExchange';
    const response = await fetch(`${identity.endpoint}?${query}`, {
      headers: { 'x-identity-header': identity.header },
    });
    const body: unknown = await response.json();
    const assertion = String(Reflect.get(Object(body), 'access_token'));
    expect((await connect(app({ assertion }))).account?.username).toBe('ada@contoso.example');
    await expect(connect(app({ assertion: `${assertion}x` }))).rejects.toMatchObject({ errorNo: 700213 });
  });

  it('answers access_denied when she declines', async () => {
    const { url } = await authorizeUrl(app());
    const callback = new URL(await entra.signInAs('ada@contoso.example', url, { decline: true }));
    expect(callback.searchParams.get('error')).toBe('access_denied');
    expect(callback.searchParams.get('error_description')).toContain('AADSTS65004');
    expect(callback.searchParams.get('state')).toBe('the-state');
  });

  it('does not know people of another tenant, unless the authority is for all', async () => {
    const { url } = await authorizeUrl(app());
    await expect(entra.signInAs('grace@fabrikam.example', url)).rejects.toThrow('AADSTS50034');
    const client = app({ authorityTenant: 'organizations' });
    const wide = await authorizeUrl(client);
    const result = await redeem(client, await entra.signInAs('grace@fabrikam.example', wide.url), wide.verifier);
    expect(result.account?.tenantId).toBe(otherTenant);
  });

  it('shows a page, and redirects nowhere, for a redirect address that is not registered', async () => {
    const { url } = await authorizeUrl(app());
    const forged = new URL(url);
    forged.searchParams.set('redirect_uri', 'https://evil.example/callback');
    await expect(entra.signInAs('ada@contoso.example', forged.href)).rejects.toThrow('trouble signing you in');
  });

  it('shows a page for a sign-in that another browser began', async () => {
    const response = await fetch(`${entra.pageUrl}/sign-in/unknown`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('belongs to another browser');
  });

  it('fails as it is told, by grant type, and then tells the truth again', async () => {
    const client = app();
    await connect(client);
    const request = { account: await account(client), scopes: mail, forceRefresh: true };
    entra.failTokens({
      error: 'invalid_grant',
      errorCodes: [700082],
      description: 'The refresh token has expired.',
      grantType: 'refresh_token',
    });
    await expect(client.acquireTokenSilent(request)).rejects.toMatchObject({
      errorCode: 'invalid_grant',
      errorNo: 700082,
    });
    await client.acquireTokenSilent(request);
    entra.failTokens({ answer: 'close' });
    await expect(client.acquireTokenSilent(request)).rejects.toMatchObject({ errorCode: 'network_error' });
    entra.failTokens({ status: 503, answer: 'html', retryAfterSeconds: 7 });
    await expect(client.acquireTokenSilent(request)).rejects.toThrow();
  });

  it('refuses refresh tokens and access tokens of a person whose sessions were revoked', async () => {
    const client = app();
    const { accessToken } = await connect(client);
    entra.revoke('ada@contoso.example');
    expect(await entra.introspect(accessToken)).toBeUndefined();
    const request = { account: await account(client), scopes: mail, forceRefresh: true };
    await expect(client.acquireTokenSilent(request)).rejects.toMatchObject({ errorNo: 50173 });
    await connect();
  });

  it('is steered over http as well, and counts what is asked of it', async () => {
    const before = entra.requests().token.authorization_code;
    const failure = { errorCodes: [90033], error: 'temporarily_unavailable', status: 503 };
    const ordered = await fetch(`${entra.pageUrl}/control/failures`, { method: 'POST', body: JSON.stringify(failure) });
    expect(ordered.status).toBe(204);
    await expect(connect()).rejects.toMatchObject({ errorCode: 'temporarily_unavailable' });
    await connect();
    expect(entra.requests().token.authorization_code).toBe(before + 2);
    const wrong = await fetch(`${entra.pageUrl}/control/failures`, { method: 'POST', body: '{"status":"x"}' });
    expect(wrong.status).toBe(400);
  });
});

describe('a token of the app itself', () => {
  const mailOfAll = 'https://outlook.office365.com/.default';
  const ask = (scope = mailOfAll, options: AppOptions = {}) =>
    app(options).acquireTokenByClientCredential({ scopes: [scope] });

  it('names no user, is for one resource, and carries the roles that the app was given there', async () => {
    const before = entra.requests().token.client_credentials;
    const result = await ask();
    expect(await entra.introspect(result?.accessToken ?? '')).toMatchObject({
      username: '',
      tid: tenant,
      audience: 'https://outlook.office365.com',
      scopes: [],
      roles: ['IMAP.AccessAsApp', 'SMTP.SendAsApp'],
    });
    expect(entra.requests().token.client_credentials).toBe(before + 1);
    entra.giveApp([]);
    const bare = await ask();
    expect(await entra.introspect(bare?.accessToken ?? '')).toMatchObject({ roles: [] });
  });

  it.each([
    ['in a tenant that does not know the app', 700016, mailOfAll, { authorityTenant: otherTenant }],
    ['without .default', 1002012, 'https://outlook.office365.com/IMAP.AccessAsApp', {}],
    ['for a resource that is not there', 500011, 'https://elsewhere.example/.default', {}],
    ['at no tenant in particular', 900023, mailOfAll, { authorityTenant: 'organizations' }],
    ['with a wrong secret', 7000215, mailOfAll, { secret: 'wrong' }],
  ])('%s is refused with AADSTS%i', async (_name, errorNo, scope, options) => {
    // MSAL itself refuses an authority without a tenant, so the endpoint is asked directly.
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: entra.clientId,
      client_secret: 'secret' in options ? options.secret : 'secret-one',
      scope,
    });
    const named = 'authorityTenant' in options ? options.authorityTenant : tenant;
    const response = await fetch(`${entra.pageUrl}/${named}/oauth2/v2.0/token`, { method: 'POST', body });
    expect(Reflect.get(Object(await response.json()), 'error_codes')).toEqual([errorNo]);
  });
});

describe('personal accounts', () => {
  const wide = () => app({ authorityTenant: 'common' });
  const signIn = async (client = wide()) => {
    const { url, verifier } = await authorizeUrl(client);
    return redeem(client, await entra.signInAs('lea@outlook.example', url), verifier);
  };

  it('live in a tenant of their own, and their tokens are no JWTs', async () => {
    const result = await signIn();
    expect(result.account?.tenantId).toBe('9188040d-6c67-4c5b-b112-36a304b66dad');
    expect(result.accessToken).toMatch(/^EwB[^.]+$/);
    expect(await entra.introspect(result.accessToken)).toMatchObject({ username: 'lea@outlook.example' });
  });

  it('are renewed at consumers, and at no tenant of an organisation', async () => {
    const client = wide();
    await signIn(client);
    const renew = async (named: string) =>
      client.acquireTokenSilent({
        account: await account(client),
        scopes: mail,
        forceRefresh: true,
        authority: `${entra.url}/${named}`,
      });
    expect((await renew('consumers')).accessToken).not.toBe('');
    await expect(renew(tenant)).rejects.toMatchObject({ errorNo: 50020 });
    await expect(renew('organizations')).rejects.toMatchObject({ errorNo: 50020 });
  });
});

describe('the consent of an administrator', () => {
  const consentUrl = (change: Record<string, string> = {}, named = otherTenant) => {
    const query = new URLSearchParams({
      client_id: entra.clientId,
      redirect_uri: redirectUri,
      state: 'the-state',
      scope: 'https://outlook.office.com/.default',
      ...change,
    });
    return `${entra.url}/${named}/v2.0/adminconsent?${query}`;
  };
  const grace = 'grace@fabrikam.example';

  it('lets people in who could not consent themselves, and the app with them', async () => {
    entra.requireAdminConsent(otherTenant);
    const client = app({ authorityTenant: 'organizations' });
    const before = await authorizeUrl(client);
    const refused = new URL(await entra.signInAs(grace, before.url));
    expect(refused.searchParams.get('error_description')).toContain('AADSTS90094');
    const callback = new URL(await entra.signInAs(grace, consentUrl()));
    expect(callback.origin + callback.pathname).toBe(redirectUri);
    expect(Object.fromEntries(callback.searchParams)).toMatchObject({
      admin_consent: 'True',
      tenant: otherTenant,
      state: 'the-state',
    });
    const after = await authorizeUrl(client);
    expect((await redeem(client, await entra.signInAs(grace, after.url), after.verifier)).account?.username).toBe(
      grace,
    );
    const scopes = ['https://outlook.office365.com/.default'];
    const result = await app({ authorityTenant: otherTenant }).acquireTokenByClientCredential({ scopes });
    expect(result?.accessToken).not.toBe('');
  });

  it('may be declined', async () => {
    const callback = new URL(await entra.signInAs(grace, consentUrl(), { decline: true }));
    expect(callback.searchParams.get('error')).toBe('consent_required');
    expect(callback.searchParams.get('error_description')).toContain('AADSTS65004');
    expect(callback.searchParams.get('state')).toBe('the-state');
  });

  it.each([
    ['another app', consentUrl.bind(null, { client_id: 'another' })],
    ['an address that is not registered', consentUrl.bind(null, { redirect_uri: 'https://evil.example/callback' })],
    ['common in place of a tenant', consentUrl.bind(null, {}, 'common')],
  ])('goes nowhere for %s', async (_name, url) => {
    await expect(entra.signInAs(grace, url())).rejects.toThrow('trouble signing you in');
  });
});

it('everything secret that was handed out can be looked for', async () => {
  const client = app();
  const { accessToken } = await connect(client);
  const { codes, refreshTokens, accessTokens } = entra.issued();
  expect(codes.length).toBeGreaterThan(0);
  expect(accessTokens).toContain(accessToken);
  const cache: { RefreshToken: Record<string, { secret: string }> } = JSON.parse(client.getTokenCache().serialize());
  for (const { secret } of Object.values(cache.RefreshToken)) expect(refreshTokens).toContain(secret);
});

describe('the Entra stand-in with automatic sign-in', () => {
  const follow = async (url: string) => {
    const first = await fetch(url, { redirect: 'manual' });
    const location = new URL(first.headers.get('location') ?? '', url);
    return fetch(location, {
      headers: {
        cookie: first.headers
          .getSetCookie()
          .map((line) => line.split(';')[0])
          .join('; '),
      },
      redirect: 'manual',
    });
  };

  it('signs a known login_hint in without a page', async () => {
    const { url } = await authorizeUrl(app({ at: automatic }), { loginHint: 'ada@contoso.example' });
    expect((await follow(url)).status).toBe(303);
  });

  it('shows the page for an unknown or missing login_hint', async () => {
    for (const request of [{ loginHint: 'nobody@contoso.example' }, {}]) {
      const { url } = await authorizeUrl(app({ at: automatic }), request);
      const response = await follow(url);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('ada@contoso.example');
    }
  });

  it('ends access tokens when their time is over', async () => {
    const { accessToken } = await connect(app({ at: automatic }), automatic);
    const introspected = async () => {
      const body = new URLSearchParams({ token: accessToken });
      return (await fetch(automatic.introspectionUrl, { method: 'POST', body })).json();
    };
    expect(await introspected()).toMatchObject({ active: true, username: 'ada@contoso.example' });
    await expect.poll(introspected, { timeout: 4000 }).toEqual({ active: false });
  });

  it('calls a token for Graph inactive, as a mail server sees it', async () => {
    const body = new URLSearchParams({ token: await automatic.mint('ada@contoso.example', 'graph') });
    const response = await fetch(automatic.introspectionUrl, { method: 'POST', body });
    expect(await response.json()).toEqual({ active: false });
  });
});
