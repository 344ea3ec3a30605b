import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import Provider, { type ProviderContext } from 'oidc-provider';
import { type Account, type Directory, personalTenant } from './directory.ts';
import { errorPage } from './pages.ts';
import { sameButPort } from './redirects.ts';
import { oidcScopes, parseScopes, resourceScopes } from './scopes.ts';
import type { TokenStore } from './store.ts';

export interface ProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** What oidc-provider compares; callers have been checked before, against the secrets that are live. */
  readonly internalSecret: string;
  readonly redirectUris: readonly string[];
  readonly directory: Directory;
  readonly store: TokenStore;
  readonly accessTokenSeconds: () => number;
}

/** Paths below `/{tenant}`, as Entra's. */
export const routes = {
  authorization: '/oauth2/v2.0/authorize',
  token: '/oauth2/v2.0/token',
  end_session: '/oauth2/v2.0/logout',
  jwks: '/discovery/v2.0/keys',
  userinfo: '/oidc/userinfo',
} as const;

/** An OIDC server with Entra's paths, claims and lifetimes; what still differs is bent in token.ts and entra.ts. */
export async function createProvider(options: ProviderOptions): Promise<Provider> {
  const { directory } = options;
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const provider = new Provider(options.issuer, {
    adapter: options.store.adapter,
    clients: [
      {
        client_id: options.clientId,
        client_secret: options.internalSecret,
        redirect_uris: [...options.redirectUris],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'RS256',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'stand-in' }] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    routes,
    scopes: [...oidcScopes, ...resourceScopes],
    claims: {
      openid: ['sub', 'tid', 'ver'],
      profile: ['oid', 'name', 'preferred_username', 'roles'],
      email: ['email'],
    },
    // Entra puts the claims into the id token itself.
    conformIdTokenClaims: false,
    pkce: { required: () => false },
    issueRefreshToken: () => true,
    expiresWithSession: () => false,
    rotateRefreshToken: true,
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (_: ProviderContext, interaction: { uid: string }) => `/sign-in/${interaction.uid}` },
    formats: {
      // A refresh token of Entra has some 1,000 characters; stores and caches should feel that.
      bitsOfOpaqueRandomness: (_: ProviderContext, token: { kind: string }) =>
        token.kind === 'RefreshToken' ? 6000 : 256,
    },
    ttl: {
      AccessToken: options.accessTokenSeconds,
      AuthorizationCode: 600,
      Grant: 90 * 86_400,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: () => 90 * 86_400,
      Session: 3600,
    },
    findAccount: async (_: ProviderContext, oid: string) => {
      const account = directory.byId(oid);
      return account === undefined ? undefined : { accountId: oid, claims: async () => claimsOf(account) };
    },
    // Signing in consents to all requested permissions: the stand-in's page says so.
    loadExistingGrant: async (context: ProviderContext) => {
      const accountId = context.oidc?.result?.login?.accountId ?? context.oidc?.session?.accountId;
      if (accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: options.clientId, accountId });
      grant.addOIDCScope([...oidcScopes, ...parseScopes(context.oidc?.params?.scope ?? '')].join(' '));
      await grant.save();
      return grant;
    },
    renderError: async (context: ProviderContext, out: { error: string; error_description?: string }) => {
      context.type = 'html';
      context.body = errorPage(out.error, out.error_description ?? '');
    },
  });
  const isRegistered = provider.Client.prototype.redirectUriAllowed;
  // Entra ignores the port of a redirect address on localhost.
  provider.Client.prototype.redirectUriAllowed = function allowed(uri) {
    return isRegistered.call(this, uri) || this.redirectUris.some((known) => sameButPort(known, uri));
  };
  const generateTokenId = provider.AccessToken.prototype.generateTokenId;
  provider.AccessToken.prototype.generateTokenId = function generate() {
    // The original also notes the token's format on it.
    generateTokenId.call(this);
    const isPersonal = directory.byId(this.accountId ?? '')?.tid === personalTenant;
    return isPersonal ? personalTokenText() : accessTokenText();
  };
  provider.on('server_error', (_, error) => console.error('The Entra stand-in failed:', error));
  return provider;
}

function claimsOf(account: Account): Record<string, string | readonly string[]> {
  return {
    // Entra's `sub` is pairwise: a value different from oid, so that nothing relies on the two being equal.
    sub: `sub-${account.oid}`,
    oid: account.oid,
    tid: account.tid,
    ver: '2.0',
    name: account.name,
    preferred_username: account.signInName,
    email: account.address,
    // Entra leaves the claim out where there is none.
    ...(account.roles.length === 0 ? {} : { roles: account.roles }),
  };
}

/**
 * A token that looks like Entra's from outside (a JWT of 1 to 2 KB) and tells nothing: who reads claims out of an access
 * token works with work accounts and fails with personal ones, whose tokens are opaque.
 */
export function accessTokenText(): string {
  const header = Buffer.from(JSON.stringify({ typ: 'JWT', alg: 'RS256' })).toString('base64url');
  return `${header}.${randomBytes(900).toString('base64url')}.${randomBytes(256).toString('base64url')}`;
}

/** A personal account's token: no JWT at all. */
export const personalTokenText = (): string => `EwB${randomBytes(900).toString('base64')}`;
