import type { EventLink } from '../../domain/events/event-data.ts';
import type { Tickets } from '../../store/links/tickets.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { isStoreError } from '../../store/table/table.ts';
import { linkLifetime } from '../create-link.ts';
import type { TicketTokens } from '../tickets.ts';

export interface ReconnectLinkDeps {
  readonly config: { readonly publicUrl: string };
  readonly tokens: Pick<TicketTokens, 'issue'>;
  readonly tickets: Pick<Tickets, 'insert'>;
}

/** What a link to sign in again is made for. */
export interface ReconnectOccasion {
  readonly mailbox: MailboxRow;
  /** 16 bytes: the same id makes the same ticket, however often the link is made. */
  readonly id: Uint8Array;
  /** The link is good for 14 days from then on. */
  readonly at: Date;
}

/**
 * Makes the link by which the owner of a mailbox signs in again. No table holds the link; the id of its ticket alone opens
 * nothing, what counts is the MAC beside it. May be repeated.
 * @throws StoreError; what reading the root key throws
 */
export const createReconnectLink =
  ({ config, tokens, tickets }: ReconnectLinkDeps) =>
  async ({ mailbox, id, at }: ReconnectOccasion): Promise<EventLink> => {
    const expiresAt = reconnectExpiry(at);
    const { token, key } = await tokens.issue(expiresAt, id);
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
        createdAt: at,
        expiresAt,
        takenBy: undefined,
        status: 'open',
        result: undefined,
      }),
    );
    return { url: `${config.publicUrl}/api/connect?token=${token}`, expiresAt: expiresAt.toISOString() };
  };

/** Whole seconds, as in the token. */
export const reconnectExpiry = (at: Date): Date =>
  new Date(Math.floor(at.getTime() / 1000 + linkLifetime.reconnect.longestSeconds) * 1000);

async function unlessThere(insert: () => Promise<void>): Promise<void> {
  try {
    await insert();
  } catch (error) {
    if (!isStoreError(error, 'exists')) throw error;
  }
}
