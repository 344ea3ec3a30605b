import type { GrantKey } from '../domain/grant.ts';
import { asciiAddress } from '../domain/mail/mail-address.ts';
import { BrokerError } from '../errors.ts';
import { newBinding, openedState } from '../pages/browser-binding.ts';
import type { SignInStateRow } from '../store/links/sign-in-states.ts';
import type { TicketRow } from '../store/links/tickets.ts';
import { type ConnectDeps, redirectUriOf } from './ports.ts';
import type { Step } from './types.ts';

export type TripDeps = Pick<ConnectDeps, 'config' | 'clock' | 'random' | 'states' | 'signIn' | 'registry' | 'grants'>;

interface AwaitedPerson {
  readonly expected: SignInStateRow['expected'];
  readonly loginHint: string | undefined;
  readonly claims: string | undefined;
}

/** The address under which the person signs in whose grant opens a mailbox that is not her own. */
async function ownAddress({ grants, registry }: TripDeps, person: GrantKey): Promise<string | undefined> {
  for (const id of await grants.mailboxesOf(person)) {
    const own = await registry.get(id);
    if (own !== undefined && !own.row.shared) return own.row.login;
  }
  return undefined;
}

/** Who must come back, and what helps her to. */
async function personOf(deps: TripDeps, ticket: TicketRow): Promise<AwaitedPerson> {
  const hint = ticket.loginHint ?? ticket.expectedAddress;
  const known = hint === undefined ? undefined : asciiAddress(hint);
  if (ticket.mailboxId === undefined) return { expected: undefined, loginHint: known, claims: ticket.claims };
  const mailbox = await deps.registry.get(ticket.mailboxId);
  // Removed since the link was made.
  if (mailbox === undefined || mailbox.row.grant.kind !== 'user') throw new BrokerError('link_invalid');
  const { grant, shared } = mailbox.row;
  const expected = { tid: grant.tid, oid: grant.oid };
  // A shared mailbox has no sign-in of its own.
  const loginHint = shared && ticket.loginHint === undefined ? await ownAddress(deps, expected) : known;
  // What Microsoft missed when it refused the sign-in before this one, so that this one brings it.
  return { expected, loginHint, claims: ticket.claims ?? (await deps.grants.read(expected))?.claims };
}

/**
 * Sends a browser to Microsoft with an open ticket. What is needed to finish the sign-in is stored before.
 * @param trip.leastScopes without permissions that the broker can do without, which were refused a moment ago
 * @throws BrokerError `link_invalid`, `storage_unreachable`, and what starting a sign-in throws
 */
export async function tripToMicrosoft(
  deps: TripDeps,
  trip: { readonly ticket: TicketRow; readonly token: string; readonly leastScopes?: true },
): Promise<Step> {
  const { config, clock, random, states, signIn } = deps;
  const { ticket, token, leastScopes } = trip;
  const { expected, loginHint, claims } = await personOf(deps, ticket);
  const binding = newBinding(random);
  const redirectUri = redirectUriOf(config.publicUrl);
  const { url, verifier, nonce } = await signIn.start({
    state: binding.state,
    redirectUri,
    selectAccount: ticket.kind === 'connect',
    ...(loginHint === undefined ? {} : { loginHint }),
    ...(claims === undefined ? {} : { claims }),
    ...(leastScopes === undefined ? {} : { leastScopes }),
  });
  await states.insert(
    openedState(binding, { kind: 'connect', ticket: ticket.key, expected, redirectUri }, clock.now()),
    {
      verifier,
      nonce,
      token,
      leastScopes,
    },
  );
  return { kind: 'redirect', location: url, cookie: binding.cookie };
}
