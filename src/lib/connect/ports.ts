import type { Clock, Random } from '../domain/clock.ts';
import type { AdminConsent } from '../entra/admin-consent.ts';
import type { FindAddresses } from '../entra/person-addresses.ts';
import type { SignIn } from '../entra/types.ts';
import type { Log } from '../log.ts';
import type { Probe } from '../mailbox/probe.ts';
import type { Audit } from '../store/audit.ts';
import type { ConsentTickets } from '../store/consent-tickets.ts';
import type { Grants } from '../store/grants.ts';
import type { Registry } from '../store/registry.ts';
import type { SignInStates } from '../store/states.ts';
import type { Tickets } from '../store/tickets.ts';
import type { TicketTokens } from './tickets.ts';

/** A destination as far as connecting needs it. */
export interface KnownDestination {
  readonly id: string;
  /** Where it posts to; only its origin is shown. */
  readonly url: string;
}

/** Finding destinations; a small window on what delivery keeps. */
export interface DestinationLookup {
  get(id: string): Promise<KnownDestination | undefined>;
  list(): Promise<readonly KnownDestination[]>;
}

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
  readonly registry: Pick<Registry, 'get' | 'place' | 'list' | 'ask'>;
  readonly destinations: DestinationLookup;
  readonly audit: Audit;
}

/** The redirect URI that is registered at Microsoft; it must match to the letter. */
export const redirectUriOf = (publicUrl: string): string => `${publicUrl}/api/oauth/callback`;

/** Where the button of a page posts to. */
export const startActionOf = (publicUrl: string): string => `${publicUrl}/api/connect`;

/** Where the button of the administrator's page posts to. */
export const consentActionOf = (publicUrl: string): string => `${publicUrl}/api/tenant-consent`;
