import { IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type Provider from 'oidc-provider';
import type { ProviderContext } from 'oidc-provider';
import { readBody, send } from '../web.ts';
import { type ClientCredentialsOptions, clientCredentials } from './client-credentials.ts';
import { type Directory, isServed } from './directory.ts';
import { type EntraFault, failureReply, faultOf, faultReply, faults } from './faults.ts';
import { isKnownScope, oidcScopes, parseScopes, type ResourceName, resourceOf } from './scopes.ts';
import type { EntraRequests, TokenFailure } from './stand-in.ts';
import type { TokenStore } from './store.ts';
import type { Tenants } from './tenants.ts';

export interface TokenEndpointOptions {
  readonly clientId: string;
  readonly internalSecret: string;
  /** Client secrets that are live now; `any` where the vault is not ours to look into. */
  readonly secrets: () => readonly string[] | 'any';
  /** Whether this is an assertion of the identity that the app registration trusts. */
  readonly isTrustedAssertion: (assertion: string) => boolean;
  readonly directory: Directory;
  readonly store: TokenStore;
  readonly tenants: Tenants;
  readonly lifetimeSeconds: ClientCredentialsOptions['lifetimeSeconds'];
  /** Refresh tokens that were revoked. */
  readonly revoked: ReadonlySet<string>;
  readonly counts: EntraRequests;
  /** Takes the next ordered failure for this grant type, if there is one. */
  readonly nextFailure: (grantType: string) => TokenFailure | undefined;
}

/** What one request asked for; needed again when its answer is put into Entra's shape. */
interface Asked {
  readonly resource: ResourceName | undefined;
  readonly clientInfo: boolean;
}

export interface TokenEndpoint {
  /** @param tenant as the path names it */
  handle(request: IncomingMessage, response: ServerResponse, tenant: string): Promise<void>;
}

/** The token endpoint: oidc-provider's, behind Entra's own rules. */
export function createTokenEndpoint(provider: Provider, options: TokenEndpointOptions): TokenEndpoint {
  const { store, directory, counts } = options;
  const asked = new WeakMap<IncomingMessage, Asked>();
  const details = new WeakMap<IncomingMessage, string>();
  provider.on('grant.error', (context, error) => {
    details.set(context.req, error.error_detail ?? error.error_description ?? '');
  });
  provider.use(async (context, next) => {
    await next();
    const request = asked.get(context.req);
    if (request !== undefined) shape(context, request);
  });
  // Koa composes its middleware here, so this comes last.
  const forward = provider.callback();

  function shape(context: ProviderContext, request: Asked): void {
    const body = context.body;
    if (typeof body !== 'object' || body === null) return;
    if ('error' in body) {
      const reply = faultReply(faultOf(String(body.error), details.get(context.req) ?? ''));
      context.status = reply.status;
      context.body = reply.body;
      return;
    }
    const answer: Record<string, unknown> = { ...body };
    const token = store.find('AccessToken', String(answer.access_token));
    const account = directory.byId(token?.accountId ?? '');
    if (token === undefined || account === undefined) throw new Error('The Entra stand-in lost a token it just made.');
    // A token is for one resource, and lists all that was consented there. oidc-provider gives a code's token every scope.
    const scopes = parseScopes(token.scope ?? '').filter((scope) => resourceOf(scope) === request.resource);
    token.scope = scopes.join(' ');
    const identity = request.resource === 'graph' ? ['openid', 'profile', 'email'] : [];
    context.body = {
      ...answer,
      scope: [...scopes, ...identity].join(' '),
      ext_expires_in: answer.expires_in,
      ...(request.clientInfo ? { client_info: Buffer.from(JSON.stringify(account.home)).toString('base64url') } : {}),
    };
  }

  function authenticate(form: URLSearchParams): EntraFault | undefined {
    if (form.get('client_id') !== options.clientId) return faults.clientUnknown;
    const assertion = form.get('client_assertion');
    if (assertion !== null) return options.isTrustedAssertion(assertion) ? undefined : faults.assertionWrong;
    const secret = form.get('client_secret');
    if (secret === null) return faults.secretMissing;
    const live = options.secrets();
    return live === 'any' || live.includes(secret) ? undefined : faults.secretWrong;
  }

  /** Entra's rules that oidc-provider does not have. */
  function check(form: URLSearchParams, scopes: readonly string[], tenant: string): EntraFault | undefined {
    if (!scopes.every(isKnownScope)) return faults.scopeUnknown;
    const wanted = new Set(scopes.map(resourceOf).filter((resource) => resource !== undefined));
    if (wanted.size > 1) return faults.severalResources;
    const code = store.find('AuthorizationCode', form.get('code') ?? '');
    // Entra refuses a second redemption and leaves the tokens of the first alone; oidc-provider would revoke them.
    if (code?.consumed !== undefined) return faults.codeRedeemed;
    const token = form.get('refresh_token') ?? '';
    if (options.revoked.has(token)) return faults.revoked;
    const source = code ?? store.find('RefreshToken', token);
    const account = directory.byId(source?.accountId ?? '');
    if (account !== undefined && !isServed(tenant, account.tid)) return faults.wrongTenant;
    const consented = parseScopes(source?.scope ?? '');
    const missing = scopes.filter(
      (scope) => !oidcScopes.includes(scope) && !scope.endsWith('/.default') && !consented.includes(scope),
    );
    return source !== undefined && missing.length > 0 ? faults.consentMissing : undefined;
  }

  function resourceAsked(form: URLSearchParams, scopes: readonly string[]): ResourceName | undefined {
    const source =
      store.find('AuthorizationCode', form.get('code') ?? '') ??
      store.find('RefreshToken', form.get('refresh_token') ?? '');
    const candidates = [...scopes, ...parseScopes(source?.scope ?? '')];
    return candidates.map(resourceOf).find((resource) => resource !== undefined);
  }

  async function handle(request: IncomingMessage, response: ServerResponse, tenant: string): Promise<void> {
    const form = new URLSearchParams((await readBody(request)).toString());
    const grantType = form.get('grant_type') ?? '';
    counts.token[isCounted(grantType) ? grantType : 'other'] += 1;
    const failure = options.nextFailure(grantType);
    if (failure?.delayMs !== undefined) await delay(failure.delayMs);
    if (failure?.answer === 'close') {
      request.socket.destroy();
      return;
    }
    if (failure !== undefined && failure.answer !== 'truth') return send(response, failureReply(failure));
    const scopes = parseScopes(form.get('scope') ?? '');
    const forApp = grantType === 'client_credentials';
    const fault = authenticate(form) ?? (forApp ? undefined : check(form, scopes, tenant));
    if (fault !== undefined) return send(response, faultReply(fault));
    if (forApp) return send(response, clientCredentials(form, tenant, options));
    const resource = resourceAsked(form, scopes);
    form.delete('client_assertion');
    form.delete('client_assertion_type');
    form.set('client_secret', options.internalSecret);
    if (form.has('scope')) {
      // oidc-provider drops offline_access from what it grants, and then misses it in a refresh.
      const kept = scopes.filter((scope) => scope !== 'offline_access' && !scope.endsWith('/.default'));
      const whole = parseScopes(store.find('RefreshToken', form.get('refresh_token') ?? '')?.scope ?? '').filter(
        (scope) => resourceOf(scope) === resource && resource !== undefined,
      );
      form.set('scope', [...new Set([...kept, ...whole])].join(' '));
    }
    const copy = withBody(request, form.toString());
    asked.set(copy, { resource, clientInfo: form.get('client_info') === '1' });
    forward(copy, response);
  }

  return { handle };
}

type Counted = Exclude<keyof EntraRequests['token'], 'other'>;

const isCounted = (grantType: string): grantType is Counted =>
  ['authorization_code', 'refresh_token', 'client_credentials'].includes(grantType);

/** The same request with another body; the one that came is read by now. */
function withBody(request: IncomingMessage, body: string): IncomingMessage {
  const copy = new IncomingMessage(request.socket);
  copy.method = request.method ?? 'POST';
  copy.url = request.url ?? '/';
  copy.headers = {
    ...request.headers,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(Buffer.byteLength(body)),
  };
  // Node cuts the socket when a message that never was complete is thrown away.
  copy.complete = true;
  copy.push(body);
  copy.push(null);
  return copy;
}
