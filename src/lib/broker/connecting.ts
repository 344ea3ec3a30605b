import { createConnect } from '../connect/connect.ts';
import { createEventConsentLink } from '../connect/create-consent-link.ts';
import { createEventLinks } from '../connect/offered/event-links.ts';
import { createSubmissionLink } from '../connect/offered/submission-link.ts';
import { createTicketTokens } from '../connect/tickets.ts';
import { createAddMailbox } from '../mailboxes/add-mailbox.ts';
import { createGiveToken } from '../mailboxes/give-token.ts';
import { createOpenMailbox } from '../mailboxes/open-mailbox.ts';
import { createConsentTickets } from '../store/links/consent-tickets.ts';
import { createTickets } from '../store/links/tickets.ts';
import type { Base } from './base.ts';
import type { Delivery } from './delivery.ts';
import type { Identity } from './identity.ts';
import type { MailAccess } from './mail-access.ts';
import type { Storage } from './storage.ts';

/** Who is told of mailboxes. Neither rejects. */
export interface Told {
  /** Someone has signed in for it. */
  readonly placed: (mailboxId: string) => Promise<void>;
  /** It was added without a sign-in. */
  readonly added: (mailboxId: string) => Promise<void>;
}

/** How mailboxes come to the broker, and what people are sent to sign in or to consent. */
export function composeConnecting(
  { config, clock, random, log }: Base,
  { store, grants, registry, rootKeys, signInStates, audit }: Storage,
  { tokens, signIn, adminConsent, findAddresses }: Identity,
  { probe }: MailAccess,
  { destinations }: Delivery,
  { placed, added }: Told,
) {
  const ticketTokens = createTicketTokens({ rootKeys, clock, random });
  const tickets = createTickets(store.table('tickets'));
  const consentTickets = createConsentTickets(store.table('tickets'));
  const openMailbox = createOpenMailbox({ tokens, probe, clock });
  return {
    openMailbox,
    addMailbox: createAddMailbox({
      adminConsent,
      clock,
      destinations,
      audit,
      registry,
      grants,
      openMailbox,
      added,
    }),
    giveToken: createGiveToken({ config, clock, registry, grants, tokens, audit }),
    connect: createConnect({
      config,
      clock,
      random,
      log,
      tokens: ticketTokens,
      tickets,
      consentTickets,
      adminConsent,
      states: signInStates,
      signIn,
      grants,
      findAddresses,
      probe,
      registry,
      destinations,
      audit,
      placed,
    }),
    /** See {@link SubmissionLink}. */
    submissionLink: createSubmissionLink({ config, tokens: ticketTokens, tickets }),
    /** The links that an event about a mailbox carries, so that its receiver can pass them on. */
    withLinks: createEventLinks({
      config,
      tokens: ticketTokens,
      tickets,
      adminConsentLink: createEventConsentLink({
        config,
        clock,
        tokens: ticketTokens,
        consentTickets,
        adminConsent,
        audit,
      }),
    }),
  };
}

export type Connecting = ReturnType<typeof composeConnecting>;
