import { BrokerError } from '../errors.ts';
import type { PageContent } from '../http/pages.ts';
import { postedByOurPage } from '../http/same-site.ts';
import type { SignInStateRow } from '../store/states.ts';
import type { TicketRow } from '../store/tickets.ts';
import { newBinding, signInSeconds } from './browser-binding.ts';
import { openTicket } from './open-ticket.ts';
import { type ConnectDeps, redirectUriOf, startActionOf } from './ports.ts';
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
      start: { action: startActionOf(deps.config.publicUrl), token },
    };
  };
}

/** The button of that page. */
export function createBegin(
  deps: Pick<
    ConnectDeps,
    'config' | 'tokens' | 'tickets' | 'destinations' | 'clock' | 'random' | 'states' | 'signIn' | 'registry'
  >,
): Connect['begin'] {
  const { config, clock, random, states, signIn, registry } = deps;

  async function expectedPerson(ticket: TicketRow): Promise<SignInStateRow['expected']> {
    if (ticket.mailboxId === undefined) return undefined;
    const mailbox = await registry.get(ticket.mailboxId);
    // Removed since the link was made.
    if (mailbox === undefined || mailbox.row.grant.kind !== 'user') throw new BrokerError('link_invalid');
    return { tid: mailbox.row.grant.tid, oid: mailbox.row.grant.oid };
  }

  return async ({ token, headers }): Promise<Step> => {
    if (!postedByOurPage(headers, config.publicUrl)) throw new BrokerError('cross_site_refused');
    const { ticket } = await openTicket(deps, token);
    const expected = await expectedPerson(ticket);
    const binding = newBinding(random);
    const redirectUri = redirectUriOf(config.publicUrl);
    const loginHint = ticket.loginHint ?? ticket.expectedAddress;
    const { url, verifier, nonce } = await signIn.start({
      state: binding.state,
      redirectUri,
      selectAccount: ticket.kind === 'connect',
      ...(loginHint === undefined ? {} : { loginHint }),
    });
    await states.insert(
      {
        key: binding.key,
        kind: 'connect',
        ticket: ticket.key,
        browserHash: binding.browserHash,
        expected,
        redirectUri,
        expiresAt: new Date(clock.now() + signInSeconds * 1000),
        status: 'open',
        usedAt: undefined,
        result: undefined,
      },
      { verifier, nonce, token },
    );
    return { kind: 'redirect', location: url, cookie: binding.cookie };
  };
}
