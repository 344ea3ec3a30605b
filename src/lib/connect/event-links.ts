import { purposeHash } from '../domain/bytes.ts';
import type { ConsentPermissions } from '../entra/admin-consent.ts';
import { isErrorCode } from '../error-codes.ts';
import type { Tickets } from '../store/links/tickets.ts';
import type { MailboxRow, OutboxRow } from '../store/rows/rows.ts';
import { isStoreError } from '../store/table/table.ts';
import { linkLifetime } from './create-link.ts';
import type { TicketTokens } from './tickets.ts';

/** A link as an event carries it. */
export interface EventLink {
  readonly url: string;
  readonly expiresAt: Date;
}

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

/** What an event says beyond its row: the link by which the one who is named can mend it. */
export type EventLinks = (event: OutboxRow, mailbox: MailboxRow) => Promise<Readonly<Record<string, unknown>>>;

/** Failures that the consent of an administrator mends; an account that is disabled, say, is mended elsewhere. */
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
export function createEventLinks(deps: EventLinksDeps): EventLinks {
  const { config, tokens, tickets } = deps;

  async function reconnect(event: OutboxRow, mailbox: MailboxRow): Promise<EventLink> {
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
        createdAt: event.at,
        expiresAt,
        takenBy: undefined,
        status: 'open',
        result: undefined,
      }),
    );
    return { url: `${config.publicUrl}/api/connect?token=${token}`, expiresAt };
  }

  return async (event, mailbox) => {
    if (event.type === 'mailbox.reconnect_required' && mailbox.grant.kind === 'user') {
      return { reconnect: await reconnect(event, mailbox) };
    }
    const { adminConsentLink } = deps;
    if (event.type === 'mailbox.consent_required' && adminConsentLink && mendedByConsent.has(codeIn(event))) {
      const { tid } = mailbox.grant;
      const permissions = mailbox.grant.kind === 'app' ? 'app' : 'delegated';
      const link = await adminConsentLink({ tid, permissions, id: ticketIdOf(event), expiresAt: expiryOf(event) });
      return link === undefined ? {} : { adminConsent: link };
    }
    return {};
  };
}

const ticketIdOf = (event: OutboxRow): Uint8Array => purposeHash('ticket', 'event', event.id).slice(0, 16);

/** Whole seconds, as in the token. */
const expiryOf = ({ at }: OutboxRow): Date =>
  new Date(Math.floor(at.getTime() / 1000 + linkLifetime.reconnect.longestSeconds) * 1000);

function codeIn(event: OutboxRow): string {
  const data: unknown = JSON.parse(event.data);
  const code: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'code') : undefined;
  return typeof code === 'string' && isErrorCode(code) ? code : '';
}

async function unlessThere(insert: () => Promise<void>): Promise<void> {
  try {
    await insert();
  } catch (error) {
    if (!isStoreError(error, 'exists')) throw error;
  }
}
