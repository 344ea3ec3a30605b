import { isMailAddress } from '../domain/mail/mail-address.ts';
import { usernameIn } from '../entra/token-cache.ts';
import type { SignedIn } from '../entra/types.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { SignInStateRow } from '../store/links/sign-in-states.ts';
import type { TicketRow } from '../store/links/tickets.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { aliasMailbox, directoryMailbox, ownMailbox, type Wanted } from './choose-mailbox.ts';
import { sameAddress, samePerson } from './identity.ts';
import type { ConnectDeps } from './ports.ts';

/** The person who came back is another one than the link is for; carries both addresses for the page. */
export class WrongAccount extends BrokerError {
  readonly addresses: { readonly expected: string; readonly actual: string };
  constructor(addresses: { expected: string; actual: string }) {
    super('wrong_account');
    this.addresses = addresses;
  }
}

export interface Recognised {
  readonly person: SignedIn;
  readonly wanted: Wanted;
}

type RecogniseDeps = Pick<ConnectDeps, 'grants' | 'registry' | 'findAddresses' | 'log'>;

/**
 * Whether the person who came back is the one that the link is for, and which mailbox of hers is meant. Nothing of her
 * is stored before this is answered.
 * @throws WrongAccount; BrokerError `account_recreated`, `address_unknown`, `link_invalid` if the mailbox of the link is
 * gone, `graph_unavailable`
 */
export async function recognise(
  deps: RecogniseDeps,
  state: SignInStateRow,
  ticket: TicketRow,
  person: SignedIn,
): Promise<Recognised> {
  const expected = ticket.expectedAddress ?? '';
  if (state.expected !== undefined && !samePerson(state.expected, person)) {
    // To Microsoft an account is its object id: a recreated one is another account, even under the same name.
    if (sameAddress(person.username, expected)) throw new BrokerError('account_recreated');
    throw new WrongAccount({ expected, actual: nameOf(person) });
  }
  if (ticket.mailboxId !== undefined) {
    const known = (await deps.registry.get(ticket.mailboxId))?.row;
    if (known === undefined) throw new BrokerError('link_invalid');
    if (known.shared) {
      return { person, wanted: { address: known.address, logins: [known.login], shared: true, mustOpen: false } };
    }
    return { person, wanted: await ownUnder(deps, person, known) };
  }
  const isExpected = ticket.anyAddress || sameAddress(person.username, expected);
  const known = await ownOf(deps, person);
  if (ticket.anyAddress && known === undefined && !isMailAddress(person.username)) {
    const found = await deps.findAddresses(person);
    const wanted = found.addresses && directoryMailbox(found.addresses);
    if (wanted === undefined) throw new BrokerError('address_unknown');
    return { person: found.person, wanted };
  }
  if (isExpected) {
    // The link names the address, so that it is not kept under another one.
    const moved = ticket.anyAddress || known === undefined ? known : { ...known, address: person.username };
    return { person, wanted: await ownUnder(deps, person, moved) };
  }
  const found = await deps.findAddresses(person);
  const wanted = found.addresses && aliasMailbox(expected, person.username, found.addresses);
  if (wanted === undefined) throw new WrongAccount({ expected, actual: nameOf(person) });
  // A log-in name that was set by hand comes first.
  const login = known !== undefined && sameAddress(known.address, expected) ? [known.login] : [];
  const others = wanted.logins.filter((name) => !login.some((first) => sameAddress(first, name)));
  return { person: found.person, wanted: { ...wanted, logins: [...login, ...others] } };
}

/** What a person is called on a page; some accounts have no sign-in name. */
const nameOf = ({ username, displayName }: SignedIn): string => (username === '' ? displayName : username);

/** Her own mailbox, if she has connected it before. */
async function ownOf({ grants, registry }: RecogniseDeps, person: SignedIn): Promise<MailboxRow | undefined> {
  for (const id of await grants.mailboxesOf(person)) {
    const row = (await registry.get(id))?.row;
    if (row !== undefined && !row.shared) return row;
  }
  return undefined;
}

async function ownUnder(deps: RecogniseDeps, person: SignedIn, known: MailboxRow | undefined): Promise<Wanted> {
  const isSame = known === undefined || sameAddress(known.address, person.username);
  return ownMailbox(person.username, known, isSame ? undefined : await formerName(deps, person));
}

/** The name that she signed in with the last time. */
async function formerName({ grants, log }: RecogniseDeps, person: SignedIn): Promise<string | undefined> {
  try {
    const grant = await grants.open(person);
    return grant && usernameIn(grant.cache, person.homeAccountId);
  } catch (error) {
    // What she brings now takes the place of a cache that does not open.
    if (!isBrokerError(error, 'seal_broken', 'secret_missing', 'row_broken')) throw error;
    log.warn('connect.former_name_unknown', { code: error.code });
    return undefined;
  }
}
