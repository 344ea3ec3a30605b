import type { GrantKey } from '../domain/grant.ts';
import { asciiAddress } from '../domain/mail/mail-address.ts';
import { BrokerError } from '../errors.ts';
import { newBinding, openedState } from '../pages/browser-binding.ts';
import type { PageContent } from '../pages/pages.ts';
import { postedByOurPage } from '../pages/same-site.ts';
import type { SignInStateRow } from '../store/links/sign-in-states.ts';
import type { TicketRow } from '../store/links/tickets.ts';
import { openTicket } from './open-ticket.ts';
import { type ConnectDeps, redirectUriOf, startActionOf } from './ports.ts';
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

interface AwaitedPerson {
  readonly expected: SignInStateRow['expected'];
  readonly loginHint: string | undefined;
  readonly claims: string | undefined;
}

/** The button of that page. */
export function createBegin(
  deps: Pick<
    ConnectDeps,
    'config' | 'tokens' | 'tickets' | 'destinations' | 'clock' | 'random' | 'states' | 'signIn' | 'registry' | 'grants'
  >,
): Connect['begin'] {
  const { config, clock, random, states, signIn, registry, grants } = deps;

  /** The address under which the person signs in whose grant opens a mailbox that is not her own. */
  async function ownAddress(person: GrantKey): Promise<string | undefined> {
    for (const id of await grants.mailboxesOf(person)) {
      const own = await registry.get(id);
      if (own !== undefined && !own.row.shared) return own.row.login;
    }
    return undefined;
  }

  /** Who must come back, and what helps her to. */
  async function personOf(ticket: TicketRow): Promise<AwaitedPerson> {
    const hint = ticket.loginHint ?? ticket.expectedAddress;
    const known = hint === undefined ? undefined : asciiAddress(hint);
    if (ticket.mailboxId === undefined) return { expected: undefined, loginHint: known, claims: ticket.claims };
    const mailbox = await registry.get(ticket.mailboxId);
    // Removed since the link was made.
    if (mailbox === undefined || mailbox.row.grant.kind !== 'user') throw new BrokerError('link_invalid');
    const { grant, shared } = mailbox.row;
    const expected = { tid: grant.tid, oid: grant.oid };
    // Nobody signs in as a shared mailbox.
    const loginHint = shared && ticket.loginHint === undefined ? await ownAddress(expected) : known;
    // What Microsoft missed when it refused the sign-in before this one, so that this one brings it.
    return { expected, loginHint, claims: ticket.claims ?? (await grants.read(expected))?.claims };
  }

  return async ({ token, headers }): Promise<Step> => {
    if (!postedByOurPage(headers, config.publicUrl)) throw new BrokerError('cross_site_refused');
    const { ticket } = await openTicket(deps, token);
    const { expected, loginHint, claims } = await personOf(ticket);
    const binding = newBinding(random);
    const redirectUri = redirectUriOf(config.publicUrl);
    const { url, verifier, nonce } = await signIn.start({
      state: binding.state,
      redirectUri,
      selectAccount: ticket.kind === 'connect',
      ...(loginHint === undefined ? {} : { loginHint }),
      ...(claims === undefined ? {} : { claims }),
    });
    await states.insert(
      openedState(binding, { kind: 'connect', ticket: ticket.key, expected, redirectUri }, clock.now()),
      { verifier, nonce, token },
    );
    return { kind: 'redirect', location: url, cookie: binding.cookie };
  };
}
