import type { AuthenticationResult } from '@azure/msal-node';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Random } from '../domain/clock.ts';
import { BrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { createAuthorizationCode } from './authorization-code.ts';
import type { EntraClient } from './client.ts';
import { readToken } from './read-token.ts';
import { furtherScopes, isGranted, neededScope, tokenScopes } from './scopes.ts';
import type { SignedIn, SignIn, SignInOptions } from './types.ts';

export interface SignInDeps {
  readonly client: EntraClient;
  readonly random: Random;
  readonly log: Log;
}

/** Signing people in by the authorization code flow with PKCE (RFC 6749 section 4.1, RFC 7636), over MSAL. */
export function createSignIn(config: Config['entra'], deps: SignInDeps): SignIn {
  const { log } = deps;
  const codes = createAuthorizationCode(config.tenant, deps);
  const scopes = tokenScopes(config, 'outlook');

  return {
    hasOptionalScopes: config.graphPermissions.length > 0,
    start(options) {
      return codes.start({
        // MSAL adds openid, profile and offline_access itself, but not email.
        scopes: [...scopes, 'email'],
        extraScopesToConsent: furtherScopes(config, options.leastScopes),
        redirectUri: options.redirectUri,
        state: options.state,
        ...hints(options),
        ...(options.claims === undefined ? {} : { claims: options.claims }),
      });
    },

    async finish(back) {
      const { result, cache } = await codes.finish(back, scopes, (result, app) => ({
        result,
        cache: app.getTokenCache().serialize(),
      }));
      const signedIn = readResult(result, cache, config.clientId);
      try {
        admit(signedIn, config.allowedTenants);
      } catch (error) {
        log.error('sign_in.refused', error, { tid: signedIn.tid });
        throw error;
      }
      return signedIn;
    },
  };
}

/** Which account Microsoft offers. MSAL drops the hint beside prompt=select_account, so it is one or the other. */
export function hints(options: Pick<SignInOptions, 'loginHint' | 'selectAccount' | 'forceConsent'>): {
  readonly loginHint?: string;
  readonly prompt?: 'select_account' | 'consent';
} {
  const { loginHint, selectAccount = false, forceConsent = false } = options;
  const hint = loginHint === undefined ? {} : { loginHint };
  if (forceConsent) return { ...hint, prompt: 'consent' };
  return loginHint === undefined && selectAccount ? { prompt: 'select_account' } : hint;
}

// MSAL has checked the nonce; the token came straight from the token endpoint over TLS, so its signature need not be
// (OpenID Connect Core section 3.1.3.7, point 6).
const claims = z.looseObject({
  aud: z.string(),
  tid: z.string().min(1),
  oid: z.string().min(1),
  name: z.string().optional(),
  preferred_username: z.string().optional(),
});

function readResult(result: AuthenticationResult, cache: string, clientId: string): SignedIn {
  const { data } = claims.safeParse(result.idTokenClaims);
  const { account } = result;
  if (data === undefined || data.aud.toLowerCase() !== clientId.toLowerCase() || account === null) {
    throw new BrokerError('sign_in_restart', { cause: new Error('The id token is not one of ours.') });
  }
  const { accessToken, expiresAt, scopes } = readToken(result);
  return {
    tid: data.tid.toLowerCase(),
    oid: data.oid.toLowerCase(),
    homeAccountId: account.homeAccountId.toLowerCase(),
    username: data.preferred_username ?? account.username,
    displayName: data.name ?? '',
    scopes,
    accessToken,
    expiresAt,
    cache,
  };
}

/** Who may come in: people of an allowed tenant who are at home there, with the right to read mail. */
function admit(person: SignedIn, allowedTenants: Config['entra']['allowedTenants']): void {
  // A guest has an object id here and a home elsewhere, and no mailbox that this sign-in could open.
  if (person.homeAccountId !== `${person.oid}.${person.tid}`) throw new BrokerError('guest_refused');
  if (allowedTenants !== '*' && !allowedTenants.includes(person.tid)) throw new BrokerError('tenant_not_allowed');
  if (!isGranted(person.scopes, neededScope.outlook)) throw new BrokerError('scope_missing_imap');
}
