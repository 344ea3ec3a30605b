import { type Caller, mayChangeMailbox, maySeeMailbox } from '../access/caller.ts';
import { BrokerError } from '../errors.ts';
import type { MailboxView, Registry } from '../store/mailboxes/registry.ts';

/** The mailbox that a route names, if the key may know of it. @throws BrokerError `not_found` */
export async function visibleMailbox(
  registry: Pick<Registry, 'get'>,
  caller: Caller,
  id: string | undefined,
): Promise<MailboxView> {
  const view = id === undefined ? undefined : await registry.get(id);
  if (view === undefined || !maySeeMailbox(caller, view.row)) throw new BrokerError('not_found');
  return view;
}

/** The same, if the key may change it, too. @throws BrokerError `not_found` | `key_limited` */
export async function mailboxToChange(
  registry: Pick<Registry, 'get'>,
  caller: Caller,
  id: string | undefined,
): Promise<MailboxView> {
  const view = await visibleMailbox(registry, caller, id);
  if (!mayChangeMailbox(caller, view.row)) throw new BrokerError('key_limited');
  return view;
}
