import { purposeHash } from '../domain/bytes.ts';
import type { OutgoingEvent } from '../domain/events/event.ts';
import type { EventLink } from '../domain/events/event-data.ts';
import type { OutboxType } from '../domain/events/event-types.ts';
import type { ConsentPermissions } from '../entra/admin-consent.ts';
import type { Tickets } from '../store/links/tickets.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { isStoreError } from '../store/table/table.ts';
import { linkLifetime } from './create-link.ts';
import type { TicketTokens } from './tickets.ts';

/**
 * Makes the link by which an administrator consents for a tenant. The same `id` makes the same ticket; may be repeated.
 * Undefined where the tenant has no administrator to ask.
 */
export type AdminConsentLink = (wanted: {
  readonly tid: string;
  readonly permissions: ConsentPermissions;
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly expiresAt: Date;
}) => Promise<EventLink | undefined>;

export interface EventLinksDeps {
  readonly config: { readonly publicUrl: string };
  readonly tokens: Pick<TicketTokens, 'issue'>;
  readonly tickets: Pick<Tickets, 'insert'>;
  /** Undefined where no such links are made. */
  readonly adminConsentLink?: AdminConsentLink;
}

type MailboxEvent = OutgoingEvent<OutboxType>;

/** Adds to an event the link by which the person whom it names can end the trouble. */
export type AddEventLinks = (event: MailboxEvent, mailbox: MailboxRow) => Promise<MailboxEvent>;

/** Failures that the consent of an administrator fixes; an account that is disabled, say, is fixed elsewhere. */
const mendedByConsent: ReadonlySet<string> = new Set([
  'admin_consent_required',
  'app_not_in_tenant',
  'app_permissions_broken',
]);

/**
 * Links are made when an event is sent, not when it is stored: a link opens something, and no table holds one. Its ticket
 * has an id that follows from the event's, so that however often the event is sent there is one ticket, good for
 * 14 days from when the event was made. The id alone opens nothing; what counts is the MAC beside it.
 */
export function createEventLinks(deps: EventLinksDeps): AddEventLinks {
  const { config, tokens, tickets } = deps;

  async function reconnect(event: MailboxEvent, mailbox: MailboxRow): Promise<EventLink> {
    const expiresAt = expiryOf(event);
    const { token, key } = await tokens.issue(expiresAt, ticketIdOf(event));
    await unlessThere(() =>
      tickets.insert({
        key,
        kind: 'reconnect',
        mailboxId: mailbox.id,
        expectedAddress: mailbox.address,
        anyAddress: false,
        loginHint: undefined,
        label: undefined,
        ownerRef: undefined,
        syncFrom: undefined,
        folders: undefined,
        destinationId: mailbox.destinationId,
        returnUrl: undefined,
        keyId: 'event',
        createdAt: event.timestamp,
        expiresAt,
        takenBy: undefined,
        status: 'open',
        result: undefined,
      }),
    );
    return { url: `${config.publicUrl}/api/connect?token=${token}`, expiresAt: expiresAt.toISOString() };
  }

  return async (event, mailbox) => {
    if (event.type === 'mailbox.reconnect_required' && mailbox.grant.kind === 'user') {
      return { ...event, data: { ...event.data, reconnect: await reconnect(event, mailbox) } };
    }
    const { adminConsentLink } = deps;
    if (event.type === 'mailbox.consent_required' && adminConsentLink && mendedByConsent.has(event.data.code)) {
      const { tid } = mailbox.grant;
      const permissions = mailbox.grant.kind === 'app' ? 'app' : 'delegated';
      const link = await adminConsentLink({ tid, permissions, id: ticketIdOf(event), expiresAt: expiryOf(event) });
      return link === undefined ? event : { ...event, data: { ...event.data, adminConsent: link } };
    }
    return event;
  };
}

const ticketIdOf = (event: MailboxEvent): Uint8Array => purposeHash('ticket', 'event', event.id).slice(0, 16);

/** Whole seconds, as in the token. */
const expiryOf = ({ timestamp }: MailboxEvent): Date =>
  new Date(Math.floor(timestamp.getTime() / 1000 + linkLifetime.reconnect.longestSeconds) * 1000);

async function unlessThere(insert: () => Promise<void>): Promise<void> {
  try {
    await insert();
  } catch (error) {
    if (!isStoreError(error, 'exists')) throw error;
  }
}
