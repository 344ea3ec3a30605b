import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Random } from '../domain/clock.ts';
import { BrokerError } from '../errors.ts';
import { createAuthorizationCode } from './authorization-code.ts';
import type { EntraClient } from './client.ts';
import type { SignInReturn, SignInStart } from './types.ts';

/** A person who signed in to look after the deployment. Nothing else of the sign-in is kept. */
export interface RoleHolder {
  readonly tid: string;
  readonly oid: string;
  readonly name: string;
}

/** Who may come in: people of one tenant who hold one app role there. */
export interface RoleRule {
  readonly tenant: string;
  readonly role: string;
}

/** Signing in for a role of the app: identity only, without access to any data of the person. */
export interface RoleSignIn {
  /** @throws BrokerError where Microsoft cannot be asked for its addresses */
  start(options: { readonly state: string; readonly redirectUri: string }): Promise<SignInStart>;
  /** @throws BrokerError `admin_role_missing` | `admin_guest_refused` | `admin_tenant_refused`, and what a sign-in throws */
  finish(back: SignInReturn): Promise<RoleHolder>;
}

/** Nothing but who it is: no mail, no directory, and no refresh token. */
const scopes = ['openid', 'profile'];

/** The authorization code flow with PKCE (RFC 6749 section 4.1, RFC 7636) at the tenant of the rule. */
export function createRoleSignIn(
  config: Pick<Config['entra'], 'clientId'>,
  rule: RoleRule,
  deps: { readonly client: EntraClient; readonly random: Random },
): RoleSignIn {
  const codes = createAuthorizationCode(rule.tenant, deps);
  return {
    async start({ state, redirectUri }) {
      const begun = await codes.start({ scopes, redirectUri, state });
      const url = new URL(begun.url);
      // MSAL adds offline_access itself.
      url.searchParams.set('scope', scopes.join(' '));
      return { ...begun, url: url.href };
    },

    finish: (back) =>
      codes.finish(back, scopes, ({ idTokenClaims, account }) =>
        admit(idTokenClaims, account?.homeAccountId ?? '', config.clientId, rule),
      ),
  };
}

const claims = z.looseObject({
  aud: z.string(),
  tid: z.string().min(1),
  oid: z.string().min(1),
  name: z.string().optional(),
  preferred_username: z.string().optional(),
  roles: z.array(z.string()).default([]),
});

/**
 * Whether these claims allow access. A role exists in every tenant that uses the app, and an administrator there may
 * assign it to anyone: so the tenant counts as much as the role. A guest has a home elsewhere, whose administrators
 * decide who that is. Pure.
 * @throws BrokerError `sign_in_restart` | `admin_tenant_refused` | `admin_guest_refused` | `admin_role_missing`
 */
export function admit(idTokenClaims: unknown, homeAccountId: string, clientId: string, rule: RoleRule): RoleHolder {
  const { data } = claims.safeParse(idTokenClaims);
  if (data === undefined || data.aud.toLowerCase() !== clientId.toLowerCase()) {
    throw new BrokerError('sign_in_restart', { cause: new Error('The id token is not one of ours.') });
  }
  const [tid, oid] = [data.tid.toLowerCase(), data.oid.toLowerCase()];
  if (tid !== rule.tenant.toLowerCase()) throw new BrokerError('admin_tenant_refused');
  if (homeAccountId.toLowerCase() !== `${oid}.${tid}`) throw new BrokerError('admin_guest_refused');
  if (!data.roles.includes(rule.role)) throw new BrokerError('admin_role_missing');
  return { tid, oid, name: data.name ?? data.preferred_username ?? '' };
}
