import { randomBytes, randomUUID } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type Provider from 'oidc-provider';
import type { Certificates } from '../certificates.ts';
import { listen } from '../listen.ts';
import { readBody, send } from '../web.ts';
import type { DemoUser, EntraRequests, EntraStandIn, TokenFacts, TokenFailure } from '../world.ts';
import { adminConsent } from './admin-consent.ts';
import { control } from './control.ts';
import { createDirectory, personalTenant } from './directory.ts';
import { errorPage, signInPage } from './pages.ts';
import { signInAs } from './person.ts';
import { accessTokenText, createProvider, personalTokenText, routes } from './provider.ts';
import { audienceOfScopes, oidcScopes, parseScopes, resourceOf, resourceScopes } from './scopes.ts';
import { createTokenStore } from './store.ts';
import { createTenants } from './tenants.ts';
import { createTokenEndpoint } from './token.ts';

export interface EntraOptions {
  readonly certificates: Certificates;
  readonly users: readonly DemoUser[];
  readonly tenant: string;
  readonly clientId?: string;
  /** Registered redirect addresses; the port of one on localhost does not count. */
  readonly redirectUris: readonly string[];
  /** Client secrets that are live; `any` where the vault is not ours to look into. */
  readonly secrets: () => readonly string[] | 'any';
  readonly isTrustedAssertion?: (assertion: string) => boolean;
  readonly autoSignIn?: boolean;
  /** 60 to 90 minutes by chance, as at Entra, if left out. */
  readonly accessTokenSeconds?: number;
  /** https: authority, token. */
  readonly port?: number;
  /** http: what browsers open. */
  readonly pagePort?: number;
}

/** Anything in these tenants' names may stand in the path of the authority. */
const tenantPath = /^\/([0-9a-f-]{36}|organizations|common|consumers)(\/.*)$/i;

/**
 * Microsoft Entra on this machine: oidc-provider with Entra's paths, answers, claims and errors. The authority and the
 * token endpoint are https, as MSAL demands; what a person's browser opens is plain http on loopback, so that no
 * certificate warning greets her.
 */
export async function startEntra(options: EntraOptions): Promise<EntraStandIn> {
  const { tenant, clientId = randomUUID() } = options;
  const directory = createDirectory(options.users, tenant);
  const store = createTokenStore();
  const tenants = createTenants(tenant);
  const revoked = new Set<string>();
  const counts: EntraRequests = {
    authorize: 0,
    token: { authorization_code: 0, refresh_token: 0, client_credentials: 0, other: 0 },
    discovery: 0,
    introspection: 0,
  };
  let failures: { left: number; failure: TokenFailure }[] = [];
  let refusals: number[] = [];
  let withheld: readonly string[] = [];
  const lifetimeSeconds = (): number => options.accessTokenSeconds ?? 3600 + Math.floor(Math.random() * 1800);

  // The issuer names the port, so the listeners come first and answer once everything is there.
  let handle = async (_: IncomingMessage, response: ServerResponse): Promise<void> => {
    send(response, { status: 503, body: { error: 'starting' } });
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch((error: unknown) => {
      console.error('The Entra stand-in failed:', error);
      if (!response.headersSent) send(response, { status: 500, body: { error: 'server_error' } });
      else response.destroy();
    });
  };
  const { cert, key } = options.certificates;
  const secure = await listen(createHttps({ cert, key }, answer), 'the Entra stand-in', options.port);
  const plain = await listen(createHttp(answer), "the Entra stand-in's sign-in page", options.pagePort).catch(
    async (error: unknown) => {
      await secure.stop();
      throw error;
    },
  );
  const url = `https://localhost:${secure.port}`;
  const pageUrl = `http://localhost:${plain.port}`;

  const internalSecret = randomBytes(32).toString('base64url');
  const provider: Provider = await createProvider({
    issuer: `${url}/${tenant}/v2.0`,
    clientId,
    internalSecret,
    redirectUris: options.redirectUris,
    directory,
    store,
    accessTokenSeconds: lifetimeSeconds,
  });
  const tokens = createTokenEndpoint(provider, {
    clientId,
    internalSecret,
    secrets: options.secrets,
    isTrustedAssertion: options.isTrustedAssertion ?? (() => false),
    directory,
    store,
    tenants,
    lifetimeSeconds,
    revoked,
    counts,
    nextFailure: (grantType) => {
      const next = failures.find(({ failure }) => (failure.grantType ?? grantType) === grantType);
      if (next === undefined) return undefined;
      next.left -= 1;
      if (next.left <= 0) failures = failures.filter((item) => item !== next);
      return next.failure;
    },
  });
  const forward = provider.callback();

  async function signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const interaction = await provider.interactionDetails(request, response).catch(() => undefined);
    if (interaction === undefined) {
      const content = errorPage(
        'session_not_found',
        'This sign-in has ended or belongs to another browser. Start again.',
      );
      return send(response, { status: 400, headers: { 'content-type': 'text/html; charset=utf-8' }, body: content });
    }
    const { params, returnTo } = interaction;
    const named = tenantPath.exec(new URL(returnTo).pathname)?.[1] ?? tenant;
    const accounts = directory.of(named);
    const finish = async (result: object) => {
      const location = await provider.interactionResult(request, response, result);
      send(response, { status: 303, headers: { location } });
    };
    const hint = params.login_hint ?? '';
    const find = (address: string) => accounts.find((account) => account === directory.byAddress(address));
    const show = (fault?: string) => {
      const scopes = parseScopes(params.scope ?? '').filter((scope) => !oidcScopes.includes(scope));
      const content = signInPage({ accounts, hint, scopes, ...(fault === undefined ? {} : { fault }) });
      send(response, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: content });
    };
    if (request.method !== 'POST') {
      const known = options.autoSignIn === true ? find(hint) : undefined;
      return known === undefined ? show() : finish({ login: { accountId: known.oid, remember: false } });
    }
    const form = new URLSearchParams((await readBody(request)).toString());
    if (form.has('decline')) {
      return finish({
        error: 'access_denied',
        error_description: 'AADSTS65004: User declined to consent to access the app.',
      });
    }
    const account = find(form.get('account') ?? '');
    if (account === undefined) {
      return show('This username may be incorrect. Make sure that you typed it correctly (AADSTS50034).');
    }
    const { needsAdmin, consented } = tenants.of(account.tid);
    const asked = parseScopes(params.scope ?? '');
    const isWithheld = withheld.some((name) => asked.some((scope) => scope.endsWith(`/${name}`)));
    if ((needsAdmin && !consented) || isWithheld) {
      return finish({
        error: 'access_denied',
        error_description: 'AADSTS90094: An administrator has to grant permission to this app before it can be used.',
      });
    }
    const refused = refusals.shift();
    if (refused !== undefined) {
      return finish({ error: 'access_denied', error_description: `AADSTS${refused}: Ordered by a test.` });
    }
    return finish({ login: { accountId: account.oid, remember: false } });
  }

  function discovery(named: string): object {
    const base = `${url}/${named}`;
    return {
      issuer: `${url}/${named === tenant ? tenant : '{tenantid}'}/v2.0`,
      // MSAL takes a plain-http address here while it demands https of the authority and the token endpoint.
      authorization_endpoint: `${pageUrl}/${named}${routes.authorization}`,
      token_endpoint: `${base}${routes.token}`,
      end_session_endpoint: `${pageUrl}/${named}${routes.end_session}`,
      jwks_uri: `${base}${routes.jwks}`,
      userinfo_endpoint: `${base}${routes.userinfo}`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      response_types_supported: ['code'],
      scopes_supported: oidcScopes,
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      claims_supported: [
        'sub',
        'iss',
        'aud',
        'exp',
        'iat',
        'nonce',
        'name',
        'oid',
        'tid',
        'preferred_username',
        'email',
      ],
      tenant_region_scope: 'EU',
      cloud_instance_name: 'localhost',
    };
  }

  const introspect = async (token: string): Promise<TokenFacts | undefined> => {
    const stored = store.find('AccessToken', token);
    const account = directory.byId(stored?.accountId ?? '');
    const expiresAt = new Date((stored?.exp ?? 0) * 1000);
    if (stored === undefined || expiresAt.getTime() <= Date.now()) return undefined;
    if (stored.app !== undefined) return { ...stored.app, username: '', scopes: [], expiresAt };
    if (account === undefined) return undefined;
    const scopes = parseScopes(stored.scope ?? '');
    return {
      username: account.address,
      oid: account.oid,
      tid: account.tid,
      audience: audienceOfScopes(scopes),
      scopes,
      roles: [],
      expiresAt,
    };
  };

  async function introspection(request: IncomingMessage, response: ServerResponse): Promise<void> {
    counts.introspection += 1;
    const form = new URLSearchParams((await readBody(request)).toString());
    const facts = await introspect(form.get('token') ?? '');
    // A token for Graph is a valid token and opens no mailbox.
    if (facts === undefined || facts.audience !== 'https://outlook.office.com') {
      return send(response, { status: 200, body: { active: false } });
    }
    send(response, {
      status: 200,
      body: {
        active: true,
        username: facts.username,
        scope: facts.scopes.join(' '),
        aud: facts.audience,
        exp: Math.floor(facts.expiresAt.getTime() / 1000),
        token_type: 'Bearer',
      },
    });
  }

  const entra: EntraStandIn = {
    url,
    pageUrl,
    introspectionUrl: `${pageUrl}/introspect`,
    tenant,
    clientId,
    failTokens: (failure) => {
      failures.push({ left: failure.times ?? 1, failure });
    },
    failSignIns: ({ number, times = 1 }) => {
      refusals.push(...Array.from({ length: times }, () => number));
    },
    heal: () => {
      failures = [];
      refusals = [];
    },
    revoke: (address) => {
      const account = directory.byAddress(address);
      if (account === undefined) throw new Error('The Entra stand-in has no such account.');
      for (const token of store.removeTokensOf(account.oid)) revoked.add(token);
    },
    requests: () => structuredClone(counts),
    requireAdminConsent: (tid = tenant) => {
      Object.assign(tenants.of(tid), { needsAdmin: true, consented: false });
    },
    withhold: (permissions) => {
      withheld = permissions;
    },
    giveApp: (roles, tid = tenant) => {
      tenants.of(tid).roles = roles;
    },
    issued: () => ({
      codes: store.everIssued('AuthorizationCode'),
      refreshTokens: store.everIssued('RefreshToken'),
      accessTokens: store.everIssued('AccessToken'),
    }),
    mint: async (address, resource = 'outlook', { lifetimeSeconds: lifetime = lifetimeSeconds() } = {}) => {
      const account = directory.byAddress(address);
      if (account === undefined) throw new Error('The Entra stand-in has no such account.');
      const token = account.tid === personalTenant ? personalTokenText() : accessTokenText();
      const scope = resourceScopes.filter((item) => resourceOf(item) === resource).join(' ');
      const exp = Math.floor(Date.now() / 1000) + lifetime;
      store.put('AccessToken', token, { kind: 'AccessToken', accountId: account.oid, clientId, scope, exp });
      return token;
    },
    introspect,
    signInAs: (address, authorizeUrl, signInOptions) => signInAs([url, pageUrl], address, authorizeUrl, signInOptions),
    stop: async () => {
      await Promise.all([secure.stop(), plain.stop()]);
    },
  };

  handle = async (request, response) => {
    const path = new URL(request.url ?? '/', url).pathname;
    if (path.startsWith('/sign-in/')) return signIn(request, response);
    if (path === '/introspect') return introspection(request, response);
    if (path.startsWith('/control/')) {
      const call = { method: request.method ?? 'GET', body: await readBody(request) };
      return send(response, control(entra, call, path.slice('/control/'.length)));
    }
    const [, named = '', rest = ''] = tenantPath.exec(path) ?? [];
    if (rest === '/v2.0/.well-known/openid-configuration') {
      counts.discovery += 1;
      return send(response, { status: 200, body: discovery(named) });
    }
    if (named === '') return send(response, { status: 404, body: { error: 'There is nothing at this address.' } });
    Object.assign(request, { originalUrl: request.url, url: request.url?.slice(named.length + 1) });
    dropSession(request);
    if (rest === routes.token && request.method === 'POST') return tokens.handle(request, response, named);
    if (rest === '/v2.0/adminconsent') {
      const { searchParams } = new URL(request.url ?? '/', url);
      const form = request.method === 'POST' ? new URLSearchParams((await readBody(request)).toString()) : undefined;
      const { redirectUris } = options;
      return send(response, adminConsent(named, searchParams, form, { clientId, redirectUris, directory, tenants }));
    }
    if (rest === routes.authorization) {
      counts.authorize += 1;
      askForSignIn(request);
    }
    return forward(request, response);
  };
  return entra;
}

/** Every authorization starts over: a known browser is asked again who it is. */
function dropSession(request: IncomingMessage): void {
  const kept = (request.headers.cookie ?? '').split(/;\s*/).filter((cookie) => !cookie.startsWith('_session'));
  request.headers.cookie = kept.join('; ');
}

/** Puts an authorization request into the terms of oidc-provider, which knows no `select_account` and no bare Graph scopes. */
function askForSignIn(request: IncomingMessage): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.searchParams.get('prompt') !== 'none') url.searchParams.set('prompt', 'login');
  url.searchParams.set('scope', parseScopes(url.searchParams.get('scope') ?? '').join(' '));
  const changed = url.pathname + url.search;
  const tenantPrefix = tenantPath.exec(Reflect.get(request, 'originalUrl') ?? '')?.[1] ?? '';
  Object.assign(request, { url: changed, originalUrl: `/${tenantPrefix}${changed}` });
}
