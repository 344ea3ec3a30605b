import type { WantedApplication } from '../entra-app/interface.ts';
import { known } from './facts.ts';
import { suffixOf } from './plan/names.ts';
import type { Run } from './run.ts';

/** Where Entra sends people back to (src/functions/sign-in/oauth-callback.ts, dashboard-callback.ts). */
export const callbackPaths = ['/api/oauth/callback', '/api/dashboard/callback'] as const;

// In a what-if run it is `<client id>`.
const madeId = (clientId: string | undefined): string | undefined =>
  clientId?.startsWith('<') === true ? undefined : clientId;

/** The application as the choices want it. Pure but for the facts. */
export function wantedApplication({ options, facts }: Run): WantedApplication {
  const { names, publicUrl, audience, clientId, isForeign, mailboxTenant, graphPermissions } = known(facts, 'choices');
  const { subscription, group } = known(facts, 'scope');
  const { homeTenant } = known(facts, 'credential');
  const { objectId, tenant, principalType } = known(facts, 'account');
  // A domain of one's own beside the address of the platform, which always works.
  const addresses = new Set([publicUrl, `https://${names.app}.azurewebsites.net`]);
  return {
    // Made in this run, it is known before the tag of the group shows it.
    clientId: clientId ?? madeId(facts.application?.clientId),
    foreign: isForeign,
    deploymentId: `mail-broker-${suffixOf(subscription, group)}`,
    displayName: `Mail broker ${names.app}`,
    homeTenant,
    mailboxTenant,
    // The id is that of the subscription's tenant; elsewhere the same person has another one.
    deployer: tenant === homeTenant ? { objectId, isPerson: principalType === 'User' } : undefined,
    redirectUris: [...addresses].flatMap((address) => callbackPaths.map((path) => `${address}${path}`)),
    audience,
    graphPermissions,
    opensByItself: options.opensByItself,
    consent: options.consent ? 'tenant' : 'none',
  };
}
