import { BrokerError } from '../errors.ts';
import type { PageContent } from '../pages/pages.ts';
import { postedByOurPage } from '../pages/same-site.ts';
import { openTicket } from './open-ticket.ts';
import { type ConnectDeps, startActionOf } from './ports.ts';
import { type TripDeps, tripToMicrosoft } from './sign-in-trip.ts';
import { syncStart } from './sync-start.ts';
import type { Connect, Step } from './types.ts';

/** The page behind a link. */
export function createShow(
  deps: Pick<ConnectDeps, 'config' | 'tokens' | 'tickets' | 'destinations' | 'clock'>,
): Connect['show'] {
  return async (token): Promise<PageContent> => {
    const { ticket, destination } = await openTicket(deps, token);
    return {
      kind: 'connect',
      label: ticket.label,
      address: ticket.expectedAddress,
      receiver: new URL(destination.url).origin,
      syncStart: syncStart(ticket),
      start: { action: startActionOf(deps.config.publicUrl), token },
    };
  };
}

/** The button of that page. */
export function createBegin(
  deps: TripDeps & Pick<ConnectDeps, 'tokens' | 'tickets' | 'destinations'>,
): Connect['begin'] {
  return async ({ token, headers }): Promise<Step> => {
    if (!postedByOurPage(headers, deps.config.publicUrl)) throw new BrokerError('cross_site_refused');
    const { ticket } = await openTicket(deps, token);
    return tripToMicrosoft(deps, { ticket, token });
  };
}
