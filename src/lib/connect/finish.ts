import type { SignedIn } from '../entra/types.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import { isUnreachable } from '../mailbox/probe.ts';
import type { FolderBaseline, Placed, PlaceInput } from '../store/registry.ts';
import type { SignInStateRow } from '../store/states.ts';
import { isStoreError } from '../store/table.ts';
import type { StoredTicket, TicketResult, TicketRow } from '../store/tickets.ts';
import { type Expected, judgePerson, sameAddress } from './identity.ts';
import type { ConnectDeps } from './ports.ts';

/** The person who came back is another one than the link is for; carries both addresses for the page. */
export class WrongAccount extends BrokerError {
  readonly addresses: { readonly expected: string; readonly actual: string };
  constructor(addresses: { expected: string; actual: string }) {
    super('wrong_account');
    this.addresses = addresses;
  }
}

type FinishDeps = Pick<ConnectDeps, 'grants' | 'probe' | 'registry' | 'tickets' | 'log'>;

/** A mailbox about to be placed: its address, its log-in, and whether it is read through somebody else's sign-in. */
interface Wanted {
  readonly address: string;
  readonly login: string;
  readonly shared: boolean;
}

/**
 * From a redeemed code to a connected mailbox: person judged, grant stored, mailbox looked into, ticket taken, mailbox
 * placed, ticket spent. Any step may be the last, and all may be repeated, by the same sign-in or by another one.
 * @throws WrongAccount; MailboxTaken; BrokerError `imap_refused`, `link_spent` and what the parts throw
 */
export async function finishConnect(
  deps: FinishDeps,
  state: SignInStateRow,
  ticket: TicketRow,
  person: SignedIn,
): Promise<TicketResult> {
  const { grants, tickets } = deps;
  const judged = judgePerson(expectedOf(state, ticket), person);
  if (judged.kind === 'refused') throw new WrongAccount(judged.addresses);
  const wanted = await wantedMailbox(deps, ticket, person);

  await grants.connected(person);
  const baseline = await lookInside(deps, wanted, person);
  const taken = await take(deps, state, ticket, wanted.address);
  if (taken.row.result !== undefined) return taken.row.result;

  const { mailbox } = await place(deps, person, {
    grant: { kind: 'user', tid: person.tid, oid: person.oid },
    ...wanted,
    ...baseline,
    destinationId: ticket.destinationId,
    label: ticket.label,
    ownerRef: ticket.ownerRef,
    syncFrom: ticket.syncFrom,
    mailboxId: ticket.mailboxId,
  });
  const result = { mailboxId: mailbox.id, address: mailbox.address };
  await spend(tickets, taken, result);
  return result;
}

// Each round loses to a removal of its own mailbox; nobody removes one as fast as that for ever.
const placements = 3;

/**
 * Places the mailbox. The grant goes with the last mailbox that it carried: one that was removed after this sign-in had
 * found it takes the grant along, and then what the sign-in brought is stored once more.
 */
async function place(deps: FinishDeps, person: SignedIn, input: PlaceInput): Promise<Placed> {
  for (let round = 1; ; round += 1) {
    try {
      return await deps.registry.place(input);
    } catch (error) {
      if (round === placements || !isBrokerError(error, 'grant_missing')) throw error;
      await deps.grants.connected(person);
    }
  }
}

function expectedOf(state: SignInStateRow, ticket: TicketRow): Expected {
  const address = ticket.expectedAddress ?? '';
  if (state.expected !== undefined) return { kind: 'person', ...state.expected, address };
  return ticket.anyAddress ? { kind: 'anybody' } : { kind: 'address', address };
}

async function wantedMailbox(deps: FinishDeps, ticket: TicketRow, person: SignedIn): Promise<Wanted> {
  const own = { address: person.username, login: person.username, shared: false };
  if (ticket.mailboxId === undefined) return own;
  const known = (await deps.registry.get(ticket.mailboxId))?.row;
  if (known === undefined) throw new BrokerError('link_invalid');
  if (known.shared) return { address: known.address, login: known.login, shared: true };
  // A log-in name that was set by hand stays; one that was only the address follows the person's new one.
  return sameAddress(known.login, known.address) ? own : { ...own, login: known.login };
}

/** Where the folders stand; by date, later, if the server cannot be asked now. @throws BrokerError if it says no */
async function lookInside(
  deps: FinishDeps,
  wanted: Wanted,
  person: SignedIn,
): Promise<{ readonly folders: readonly FolderBaseline[]; readonly code: string }> {
  try {
    const { watched } = await deps.probe({ login: wanted.login, accessToken: person.accessToken });
    return {
      code: '',
      folders: watched.map(({ path, role, uidNext, uidValidity, messages, unseen }) => ({
        path,
        role,
        status: { uidNext, uidValidity, messages, unseen },
      })),
    };
  } catch (error) {
    if (!(error instanceof BrokerError) || !isUnreachable(error)) throw error;
    deps.log.warn('connect.mailbox_not_reached', { code: error.code });
    // INBOX is called so on every server (RFC 3501 section 5.1); what the sent folder is called, nobody has told yet.
    return { code: error.code, folders: [{ path: 'INBOX', role: 'inbox', status: undefined }] };
  }
}

/**
 * Notes on the ticket which sign-in connects with it, and for which address. Another sign-in may take it over for the
 * same address (the person began anew on another device), never for another one: one link, one mailbox.
 * @throws BrokerError `link_spent` if it serves or has served another address
 */
async function take(
  deps: FinishDeps,
  state: SignInStateRow,
  ticket: TicketRow,
  address: string,
): Promise<StoredTicket> {
  for (;;) {
    const stored = await deps.tickets.get(ticket.key);
    if (stored === undefined) throw new BrokerError('link_invalid');
    const { takenBy, result } = stored.row;
    if (result !== undefined && !sameAddress(result.address, address)) throw new BrokerError('link_spent');
    if (result !== undefined) return stored;
    if (takenBy !== undefined && !sameAddress(takenBy.address, address)) throw new BrokerError('link_spent');
    try {
      return await deps.tickets.replace({ ...stored.row, takenBy: { state: state.key, address } }, stored.etag);
    } catch (error) {
      // Two callbacks at once: whoever comes second looks again.
      if (!isStoreError(error, 'conflict')) throw error;
    }
  }
}

async function spend(tickets: ConnectDeps['tickets'], taken: StoredTicket, result: TicketResult): Promise<void> {
  let stored: StoredTicket | undefined = taken;
  while (stored !== undefined && stored.row.status === 'open') {
    try {
      await tickets.replace({ ...stored.row, status: 'spent', result }, stored.etag);
      return;
    } catch (error) {
      if (!isStoreError(error, 'conflict')) throw error;
      // Taken over by another sign-in for the same address: the mailbox is the same one.
      stored = await tickets.get(taken.row.key);
    }
  }
}
