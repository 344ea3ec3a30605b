import { BrokerError } from '../errors.ts';
import type { ConsentTicketRow } from '../store/links/consent-tickets.ts';
import { isStoreError } from '../store/table/table.ts';
import type { AdminConsentLink } from './offered/event-links.ts';
import type { ConnectDeps } from './ports.ts';
import { returnUrlFault } from './return-url.ts';
import type { Connect, NewAdminConsentLink } from './types.ts';

const daySeconds = 86_400;

/** A link that has to find its way to an administrator may wait longer than one for the mailbox owner herself. */
export const consentLinkLifetime = { usualSeconds: 7 * daySeconds, longestSeconds: 14 * daySeconds } as const;

const invalid = (field: string, message: string): BrokerError =>
  new BrokerError('invalid_request', { fields: [{ field, message }] });

export const consentLinkOf = (publicUrl: string, token: string): string =>
  `${publicUrl}/api/tenant-consent?token=${token}`;

type MakerDeps = Pick<ConnectDeps, 'config' | 'clock' | 'tokens' | 'consentTickets' | 'adminConsent' | 'audit'>;

export interface MadeConsentTicket {
  readonly token: string;
  readonly tenant: string;
  readonly expiresAt: Date;
}

/** What the ticket behind a link for an administrator is made from. */
export interface WantedConsentTicket extends Omit<NewAdminConsentLink, 'expiresInSeconds'> {
  readonly expiresAt: Date;
  /** 16 bytes. The same id makes the same ticket; a random one unless given. */
  readonly id?: Uint8Array;
}

/**
 * Makes the ticket behind a link for an administrator. Answers undefined where there is no administrator to ask.
 * @param madeBy id of the key; `owner` or `broker` where it comes of a sign-in or an event
 */
export function createConsentTicketMaker(
  deps: MakerDeps,
): (wanted: WantedConsentTicket, madeBy: string) => Promise<MadeConsentTicket | undefined> {
  const { clock, tokens, consentTickets, adminConsent, audit } = deps;
  return async (wanted, madeBy) => {
    const named = adminConsent.tenantFor(wanted.tenantId);
    if ('fault' in named) return undefined;
    const { tenant } = named;
    // Whole seconds, as in the token.
    const expiresAt = new Date(Math.floor(wanted.expiresAt.getTime() / 1000) * 1000);
    const { token, key } = await tokens.issue(expiresAt, wanted.id);
    const row: ConsentTicketRow = {
      key,
      tenant,
      permissions: wanted.permissions ?? 'delegated',
      label: wanted.label,
      returnUrl: wanted.returnUrl,
      keyId: madeBy,
      createdAt: new Date(clock.now()),
      expiresAt,
      status: 'open',
    };
    // An event that is sent again finds the ticket of the first time.
    if (wanted.id === undefined || (await consentTickets.get(key)) === undefined) {
      await audit.audited({ actor: madeBy, action: 'admin-consent-link.create', subject: tenant }, () =>
        insert(consentTickets, row),
      );
    }
    return { token, tenant, expiresAt };
  };
}

async function insert(tickets: MakerDeps['consentTickets'], row: ConsentTicketRow): Promise<void> {
  try {
    await tickets.insert(row);
  } catch (error) {
    // Another instance sends the same event.
    if (!isStoreError(error, 'exists')) throw error;
  }
}

/** The link that an event carries to anyone who can forward it. */
export function createEventConsentLink(deps: MakerDeps): AdminConsentLink {
  const make = createConsentTicketMaker(deps);
  return async ({ tid, permissions, id, expiresAt }) => {
    const made = await make({ tenantId: tid, permissions, id, expiresAt }, 'broker');
    return made && { url: consentLinkOf(deps.config.publicUrl, made.token), expiresAt: made.expiresAt.toISOString() };
  };
}

/** Makes the link that the administrator of a tenant opens. */
export function createConsentLinkMaker(deps: MakerDeps): Connect['createAdminConsentLink'] {
  const make = createConsentTicketMaker(deps);
  return async (wanted, madeBy) => {
    const named = deps.adminConsent.tenantFor(wanted.tenantId);
    if ('fault' in named) throw invalid('tenantId', named.fault);
    const { expiresInSeconds: seconds = consentLinkLifetime.usualSeconds, ...rest } = wanted;
    if (seconds > consentLinkLifetime.longestSeconds) {
      throw invalid(
        'expiresIn',
        `Is longer than ${consentLinkLifetime.longestSeconds / daySeconds} days (${consentLinkLifetime.longestSeconds} seconds).`,
      );
    }
    if (wanted.returnUrl !== undefined) {
      const fault = returnUrlFault(wanted.returnUrl, deps.config.returnOrigins);
      if (fault !== undefined) throw invalid('returnUrl', fault);
    }
    const expiresAt = new Date(deps.clock.now() + seconds * 1000);
    const made = await make({ ...rest, expiresAt }, madeBy);
    if (made === undefined) throw invalid('tenantId', 'Is not a tenant that this broker serves.');
    return { url: consentLinkOf(deps.config.publicUrl, made.token), tenant: made.tenant, expiresAt: made.expiresAt };
  };
}
