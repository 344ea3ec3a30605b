import { BrokerError } from '../errors.ts';
import { type Caller, mayUseDestination, mayUseMailbox } from '../http/caller.ts';
import type { MailboxView, Registry } from '../store/registry.ts';
import type { MailboxRow } from '../store/rows.ts';

/** Whether a mailbox is within the reach of a key; one that is not counts as unknown. */
export const isWithinReach = (caller: Caller, row: Pick<MailboxRow, 'id' | 'destinationId'>): boolean =>
  mayUseMailbox(caller, row.id) && mayUseDestination(caller, row.destinationId);

/** The mailbox that a route names, if the key may know of it. @throws BrokerError `not_found` */
export async function mailboxInReach(
  registry: Pick<Registry, 'get'>,
  caller: Caller,
  id: string | undefined,
): Promise<MailboxView> {
  const view = id === undefined ? undefined : await registry.get(id);
  if (view === undefined || !isWithinReach(caller, view.row)) throw new BrokerError('not_found');
  return view;
}
