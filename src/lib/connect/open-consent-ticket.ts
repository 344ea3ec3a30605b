import { BrokerError } from '../errors.ts';
import type { ConsentTicketRow } from '../store/links/consent-tickets.ts';
import { deadLink } from './dead-link.ts';
import type { ConnectDeps } from './ports.ts';

/**
 * The ticket behind a link for an administrator, if it may still be used.
 * @throws BrokerError `link_invalid` | `link_expired` | `link_spent`
 */
export async function openConsentTicket(
  deps: Pick<ConnectDeps, 'tokens' | 'consentTickets' | 'clock'>,
  token: string,
): Promise<ConsentTicketRow> {
  const { key } = await deps.tokens.open(token);
  const ticket = (await deps.consentTickets.get(key))?.row;
  if (ticket === undefined) throw new BrokerError('link_invalid');
  const dead = deadLink(ticket, deps.clock.now());
  if (dead !== undefined) throw new BrokerError(dead);
  return ticket;
}
