import { purposeHash } from '../../domain/bytes.ts';
import type { OutgoingEvent } from '../../domain/events/event.ts';
import type { EventLink } from '../../domain/events/event-data.ts';
import type { OutboxType } from '../../domain/events/event-types.ts';
import type { ConsentPermissions } from '../../entra/admin-consent.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { createReconnectLink, type ReconnectLinkDeps, reconnectExpiry } from './reconnect-link.ts';

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

export interface EventLinksDeps extends ReconnectLinkDeps {
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
  const reconnectLink = createReconnectLink(deps);

  return async (event, mailbox) => {
    if (event.type === 'mailbox.reconnect_required' && mailbox.grant.kind === 'user') {
      const reconnect = await reconnectLink({ mailbox, id: ticketIdOf(event), at: event.timestamp });
      return { ...event, data: { ...event.data, reconnect } };
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

const expiryOf = ({ timestamp }: MailboxEvent): Date => reconnectExpiry(timestamp);
