import type { WantedApplication } from '../entra-app/interface.ts';
import { known } from './facts.ts';
import { suffixOf } from './plan/names.ts';
import type { Run } from './run.ts';

/** Where Entra sends people back to (src/functions/oauth-callback.ts). */
export const callbackPath = '/api/oauth/callback';

/** The application as the choices want it. Pure but for the facts. */
export function wantedApplication({ options, facts }: Run): WantedApplication {
  const { names, publicUrl, audience, clientId, isForeign } = known(facts, 'choices');
  const { subscription, group } = known(facts, 'scope');
  // A domain of one's own beside the address of the platform, which always works.
  const addresses = new Set([publicUrl, `https://${names.app}.azurewebsites.net`]);
  return {
    clientId,
    foreign: isForeign,
    deploymentId: `mail-broker-${suffixOf(subscription, group)}`,
    displayName: `Mail broker ${names.app}`,
    redirectUris: [...addresses].map((address) => `${address}${callbackPath}`),
    audience,
    sendsByGraph: options.sendsByGraph,
    opensByItself: options.opensByItself,
    consent: options.consent ? 'tenant' : 'none',
  };
}
