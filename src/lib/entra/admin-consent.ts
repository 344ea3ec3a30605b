import type { Config } from '../config.ts';
import { personalTenant } from './personal-tenant.ts';
import { appScope, furtherScopes, tokenScopes } from './scopes.ts';

/**
 * What an administrator consents to: that people may connect their own mailboxes, or that the app may open mailboxes on
 * its own.
 */
export const consentPermissions = ['delegated', 'app'] as const;
export type ConsentPermissions = (typeof consentPermissions)[number];

/** Asking the administrator of a tenant for her consent. */
export interface AdminConsent {
  /**
   * The tenant in the address of a link: `wanted`, or the broker's own, or `organizations`, where the account that
   * signs in decides. A fault where there is no administrator to ask, or the broker does not serve the tenant.
   */
  tenantFor(wanted: string | undefined): { readonly tenant: string } | { readonly fault: string };
  /** Where the browser of an administrator is sent. https://learn.microsoft.com/entra/identity-platform/v2-admin-consent */
  url(request: {
    readonly tenant: string;
    readonly permissions: ConsentPermissions;
    readonly state: string;
    readonly redirectUri: string;
  }): string;
}

const anyTenant = 'organizations';

export function createAdminConsent(config: Config['entra']): AdminConsent {
  const { tenant: own, allowedTenants, authorityHost, clientId } = config;
  const isOneTenant = !['organizations', 'common', 'consumers'].includes(own);

  return {
    tenantFor(wanted) {
      const tid = wanted?.toLowerCase();
      if (own === 'consumers' || tid === personalTenant)
        return { fault: 'Does not apply: personal accounts have no administrator.' };
      if (tid === undefined) return { tenant: isOneTenant ? own.toLowerCase() : anyTenant };
      const isServed = isOneTenant ? tid === own.toLowerCase() : allowedTenants === '*' || allowedTenants.includes(tid);
      return isServed ? { tenant: tid } : { fault: 'Is not a tenant that this broker serves.' };
    },

    url({ tenant, permissions, state, redirectUri }) {
      const address = new URL(`${authorityHost}/${tenant}/v2.0/adminconsent`);
      // People's permissions by name, the very ones that a sign-in asks for. Application permissions have no other name
      // than `.default`, which stands for all that the registration lists of Exchange Online.
      const scopes =
        permissions === 'app'
          ? [appScope(config, 'outlook')]
          : [
              'openid',
              'profile',
              'email',
              'offline_access',
              ...tokenScopes(config, 'outlook'),
              ...furtherScopes(config),
            ];
      address.searchParams.set('client_id', clientId);
      address.searchParams.set('redirect_uri', redirectUri);
      address.searchParams.set('state', state);
      address.searchParams.set('scope', scopes.join(' '));
      return address.href;
    },
  };
}
