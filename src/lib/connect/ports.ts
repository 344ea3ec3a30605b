import type { Clock, Random } from '../domain/clock.ts';
import type { AdminConsent } from '../entra/admin-consent.ts';
import type { FindAddresses } from '../entra/person-addresses.ts';
import type { SignIn } from '../entra/types.ts';
import type { Log } from '../log.ts';
import type { Probe } from '../mailbox/imap/probe.ts';
import type { DestinationLookup } from '../mailboxes/choose-destination.ts';
import type { Audit } from '../store/deployment/audit.ts';
import type { Grants } from '../store/grants/grants.ts';
import type { ConsentTickets } from '../store/links/consent-tickets.ts';
import type { SignInStates } from '../store/links/sign-in-states.ts';
import type { Tickets } from '../store/links/tickets.ts';
import type { Registry } from '../store/mailboxes/registry.ts';
import type { TicketTokens } from './tickets.ts';

/** Everything that connecting stands on. */
export interface ConnectDeps {
  readonly config: { readonly publicUrl: string; readonly returnOrigins: readonly string[] };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly tokens: TicketTokens;
  readonly tickets: Tickets;
  readonly consentTickets: ConsentTickets;
  readonly states: SignInStates;
  readonly signIn: SignIn;
  readonly adminConsent: AdminConsent;
  readonly grants: Pick<Grants, 'connected' | 'mailboxesOf' | 'open' | 'read' | 'note'>;
  readonly findAddresses: FindAddresses;
  readonly probe: Probe;
  readonly registry: Pick<Registry, 'get' | 'upsert' | 'list' | 'ask'>;
  readonly destinations: DestinationLookup;
  readonly audit: Audit;
  /** Told of a mailbox that was just connected, or connected again, or got the consent that it waited for. Never rejects. */
  readonly placed?: ((mailboxId: string) => Promise<void>) | undefined;
}

/** The redirect URI that is registered at Microsoft; it must match to the letter. */
export const redirectUriOf = (publicUrl: string): string => `${publicUrl}/api/oauth/callback`;

/** Where the button of a page posts to. */
export const startActionOf = (publicUrl: string): string => `${publicUrl}/api/connect`;

/** Where the button of the administrator's page posts to. */
export const consentActionOf = (publicUrl: string): string => `${publicUrl}/api/tenant-consent`;
