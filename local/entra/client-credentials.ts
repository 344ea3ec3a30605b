import { randomUUID } from 'node:crypto';
import type { Reply } from '../web.ts';
import { type EntraFault, faultReply, faults } from './faults.ts';
import { accessTokenText } from './provider.ts';
import { appResources } from './scopes.ts';
import type { TokenStore } from './store.ts';
import type { Tenants } from './tenants.ts';

export interface ClientCredentialsOptions {
  readonly clientId: string;
  readonly store: TokenStore;
  readonly tenants: Tenants;
  readonly lifetimeSeconds: () => number;
}

/** Object id of the app's service principal; the same in every tenant here. */
const principalId = randomUUID();

/**
 * A token of the app itself (RFC 6749 section 4.4): for one resource, by `.default`, in a tenant by its id.
 * oidc-provider is not asked: such a token belongs to no account that it knows. The caller has been authenticated.
 */
export function clientCredentials(form: URLSearchParams, tenant: string, options: ClientCredentialsOptions): Reply {
  const fault = (what: EntraFault): Reply => faultReply(what);
  if (!/^[0-9a-f-]{36}$/i.test(tenant)) return fault(faults.tenantless);
  // MSAL adds its OIDC scopes to every request.
  const scopes = (form.get('scope') ?? '').split(/\s+/).filter((scope) => scope.includes('://'));
  const [scope, ...others] = scopes;
  if (scope === undefined || others.length > 0 || !scope.endsWith('/.default')) return fault(faults.notDefault);
  const audience = scope.slice(0, -'/.default'.length);
  if (!appResources.includes(audience)) return fault(faults.resourceUnknown);
  const { roles } = options.tenants.of(tenant);
  if (roles === undefined) return fault(faults.clientUnknown);
  const token = accessTokenText();
  const expiresIn = options.lifetimeSeconds();
  options.store.put('AccessToken', token, {
    kind: 'AccessToken',
    clientId: options.clientId,
    exp: Math.floor(Date.now() / 1000) + expiresIn,
    // A permission without consent is left out; the token is still issued, and opens nothing.
    app: { oid: principalId, tid: tenant.toLowerCase(), audience, roles: [...roles] },
  });
  return {
    status: 200,
    body: { token_type: 'Bearer', expires_in: expiresIn, ext_expires_in: expiresIn, access_token: token },
  };
}
