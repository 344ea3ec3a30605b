import type { Audience } from '../../entra-app/interface.ts';
import type { Credential } from '../options.ts';

export interface CredentialQuestion {
  readonly wanted: Credential | undefined;
  /** What the app that is there uses. */
  readonly existing: Credential | undefined;
  readonly audience: Audience;
  /** Tenant of the subscription, in which the identity lives. */
  readonly identityTenant: string;
  readonly mailboxTenant: string;
}

export interface CredentialChoice {
  readonly credential: Credential;
  /** Tenant in which the application is registered. */
  readonly homeTenant: string;
  readonly why: string;
}

export type CredentialPlan = CredentialChoice | { readonly fault: string; readonly remedy: string };

/**
 * How the app proves itself to Entra, and where the application is registered. An identity is trusted only by an
 * application of its own tenant, and never was seen to be taken for personal accounts
 * (https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity).
 */
export function planCredential(question: CredentialQuestion): CredentialPlan {
  const { wanted, existing, audience, identityTenant, mailboxTenant } = question;
  const apart = identityTenant.toLowerCase() !== mailboxTenant.toLowerCase();
  const credential = wanted ?? existing ?? (apart || audience === 'personal' ? 'secret' : 'federated');
  if (credential === 'secret') {
    const why = apart
      ? 'a client secret: the identity and the mailboxes are in different tenants'
      : audience === 'personal'
        ? 'a client secret: whether Microsoft takes an identity for personal accounts is not known'
        : 'a client secret';
    return { credential, homeTenant: mailboxTenant, why };
  }
  if (audience === 'personal') {
    return {
      fault: 'A managed identity in place of the client secret is not known to work for personal accounts.',
      remedy: 'Use --credential secret, or leave personal accounts out (--audience several).',
    };
  }
  if (apart && audience === 'single') {
    return {
      fault: 'The managed identity and the mailboxes are in different tenants, and the application is for one tenant.',
      remedy:
        'Use --audience several (an application for several tenants, registered beside the identity), or --credential secret.',
    };
  }
  return { credential, homeTenant: identityTenant, why: 'the managed identity: there is no secret that could run out' };
}
