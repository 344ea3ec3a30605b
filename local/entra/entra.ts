import { randomBytes, randomUUID } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type Provider from 'oidc-provider';
import type { Certificates } from '../certificates.ts';
import { listen } from '../listen.ts';
import { readBody, send } from '../web.ts';
import { askForSignIn, dropSession } from './adapt-request.ts';
import { adminConsent } from './admin-consent.ts';
import { control } from './control.ts';
import { createDirectory, personalTenant } from './directory.ts';
import { discovery } from './discovery.ts';
import { factsOf, introspection } from './introspection.ts';
import { signInAs } from './person.ts';
import { accessTokenText, createProvider, personalTokenText, routes } from './provider.ts';
import { resourceOf, resourceScopes } from './scopes.ts';
import { type SignInOptions, signIn } from './sign-in.ts';
import type { DemoUser, EntraRequests, EntraStandIn, TokenFailure } from './stand-in.ts';
import { createTokenStore } from './store.ts';
import { createTenants, tenantPath } from './tenants.ts';
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

  const signInOptions: SignInOptions = {
    provider,
    directory,
    tenants,
    tenant,
    autoSignIn: options.autoSignIn === true,
    isWithheld: (scopes) => withheld.some((name) => scopes.some((scope) => scope.endsWith(`/${name}`))),
    nextRefusal: () => refusals.shift(),
  };

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
    introspect: async (token) => factsOf({ directory, store }, token),
    signInAs: (address, authorizeUrl, signInOptions) => signInAs([url, pageUrl], address, authorizeUrl, signInOptions),
    stop: async () => {
      await Promise.all([secure.stop(), plain.stop()]);
    },
  };

  handle = async (request, response) => {
    const path = new URL(request.url ?? '/', url).pathname;
    if (path.startsWith('/sign-in/')) return signIn(signInOptions, request, response);
    if (path === '/introspect') {
      counts.introspection += 1;
      return introspection({ directory, store }, request, response);
    }
    if (path.startsWith('/control/')) {
      const call = { method: request.method ?? 'GET', body: await readBody(request) };
      return send(response, control(entra, call, path.slice('/control/'.length)));
    }
    const [, named = '', rest = ''] = tenantPath.exec(path) ?? [];
    if (rest === '/v2.0/.well-known/openid-configuration') {
      counts.discovery += 1;
      return send(response, { status: 200, body: discovery({ url, pageUrl, tenant }, named) });
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
