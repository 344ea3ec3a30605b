import { BrokerError } from '../errors.ts';
import { newBinding, openedState } from '../pages/browser-binding.ts';
import { postedByOurPage } from '../pages/same-site.ts';
import { openConsentTicket } from './open-consent-ticket.ts';
import { type ConnectDeps, consentActionOf, redirectUriOf } from './ports.ts';
import type { Connect } from './types.ts';

/** The page behind a link for an administrator. */
export function createConsentShow(
  deps: Pick<ConnectDeps, 'config' | 'tokens' | 'consentTickets' | 'clock'>,
): Connect['showAdminConsent'] {
  return async (token) => {
    const { tenant, permissions, label } = await openConsentTicket(deps, token);
    return {
      kind: 'admin-consent',
      label,
      tenant: tenant === 'organizations' ? undefined : tenant,
      permissions,
      start: { action: consentActionOf(deps.config.publicUrl), token },
    };
  };
}

/** The button of that page. */
export function createConsentBegin(
  deps: Pick<ConnectDeps, 'config' | 'tokens' | 'consentTickets' | 'clock' | 'random' | 'states' | 'adminConsent'>,
): Connect['beginAdminConsent'] {
  const { config, clock, random, states, adminConsent } = deps;
  return async ({ token, headers }) => {
    if (!postedByOurPage(headers, config.publicUrl)) throw new BrokerError('cross_site_refused');
    const ticket = await openConsentTicket(deps, token);
    const binding = newBinding(random);
    const redirectUri = redirectUriOf(config.publicUrl);
    await states.insert(
      openedState(
        binding,
        { kind: 'admin-consent', ticket: ticket.key, expected: undefined, redirectUri },
        clock.now(),
      ),
      // No code comes back, so that there is nothing to redeem.
      { verifier: '', nonce: '', token },
    );
    const { tenant, permissions } = ticket;
    const location = adminConsent.url({ tenant, permissions, state: binding.state, redirectUri });
    return { kind: 'redirect', location, cookie: binding.cookie };
  };
}
