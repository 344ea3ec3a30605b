import { routes } from './provider.ts';
import { oidcScopes } from './scopes.ts';

interface Addresses {
  /** https: what MSAL asks. */
  readonly url: string;
  /** http: what a browser opens. */
  readonly pageUrl: string;
  readonly tenant: string;
}

/** The OpenID discovery document (OpenID Connect Discovery 1.0, section 3) of the tenant `named` in its path. */
export function discovery({ url, pageUrl, tenant }: Addresses, named: string): object {
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
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'nonce', 'name', 'oid', 'tid', 'preferred_username', 'email'],
    tenant_region_scope: 'EU',
    cloud_instance_name: 'localhost',
  };
}
