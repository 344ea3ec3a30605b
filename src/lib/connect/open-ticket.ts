import { BrokerError } from '../errors.ts';
import type { KnownDestination } from '../mailboxes/choose-destination.ts';
import type { TicketRow } from '../store/links/tickets.ts';
import { deadLink } from './dead-link.ts';
import type { ConnectDeps } from './ports.ts';

export interface OpenTicket {
  readonly ticket: TicketRow;
  readonly destination: KnownDestination;
}

/**
 * The ticket behind a link that may still be used, and where its mail is to go.
 * @throws BrokerError `link_invalid` | `link_expired` | `link_spent` | `destination_missing`
 */
export async function openTicket(
  deps: Pick<ConnectDeps, 'tokens' | 'tickets' | 'destinations' | 'clock'>,
  token: string,
): Promise<OpenTicket> {
  const { key } = await deps.tokens.open(token);
  const stored = await deps.tickets.get(key);
  // Our MAC on it, and no row: it was purged after its time, or the insert did not come through.
  if (stored === undefined) throw new BrokerError('link_invalid');
  const ticket = stored.row;
  const dead = deadLink(ticket, deps.clock.now());
  if (dead !== undefined) throw new BrokerError(dead);
  const destination = await deps.destinations.get(ticket.destinationId);
  if (destination === undefined) throw new BrokerError('destination_missing');
  return { ticket, destination };
}
