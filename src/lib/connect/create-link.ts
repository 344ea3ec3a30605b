import { type Caller, mayChangeMailbox, maySeeMailbox } from '../access/caller.ts';
import { BrokerError } from '../errors.ts';
import { chooseDestination } from '../mailboxes/choose-destination.ts';
import type { TicketRow } from '../store/links/tickets.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { ConnectDeps } from './ports.ts';
import { returnUrlFault } from './return-url.ts';
import type { Connect, NewLink } from './types.ts';

const daySeconds = 86_400;

/** How long a link is good for. A reconnect link goes out with an event and may wait for someone on holiday. */
export const linkLifetime = {
  connect: { usualSeconds: daySeconds, longestSeconds: 7 * daySeconds },
  reconnect: { usualSeconds: 14 * daySeconds, longestSeconds: 14 * daySeconds },
} as const;

const invalid = (field: string, message: string): BrokerError =>
  new BrokerError('invalid_request', { fields: [{ field, message }] });

/** Makes the link that a mailbox owner opens. */
export function createLinkMaker(
  deps: Pick<ConnectDeps, 'config' | 'clock' | 'tokens' | 'tickets' | 'registry' | 'destinations' | 'audit'>,
): Connect['createLink'] {
  const { config, clock, tokens, tickets, registry, destinations, audit } = deps;

  async function mailboxFor(id: string, { label, ownerRef }: NewLink, caller: Caller): Promise<MailboxRow> {
    const found = await registry.get(id);
    if (found === undefined || !maySeeMailbox(caller, found.row))
      throw new BrokerError('not_found', { detail: 'There is no mailbox with this id.' });
    if (found.row.grant.kind === 'app') {
      throw invalid('mailboxId', 'Is opened with an app permission, so no sign-in is needed.');
    }
    // To ask its owner to sign in again changes nothing of it; a new name does.
    const isChange = label !== undefined || ownerRef !== undefined;
    if (isChange && !mayChangeMailbox(caller, found.row)) throw new BrokerError('key_limited');
    return found.row;
  }

  return async (wanted, caller) => {
    checkShape(wanted, config.returnOrigins);
    const kind = wanted.mailboxId === undefined ? 'connect' : 'reconnect';
    const lifetime = linkLifetime[kind];
    const seconds = wanted.expiresInSeconds ?? lifetime.usualSeconds;
    if (seconds > lifetime.longestSeconds) {
      throw invalid(
        'expiresIn',
        `Is longer than ${lifetime.longestSeconds / daySeconds} days (${lifetime.longestSeconds} seconds).`,
      );
    }
    // A key that is limited to mailboxes cannot know a new one, and an address may be any mailbox's.
    if (kind === 'connect' && caller.mailboxes !== undefined) throw new BrokerError('key_limited');

    const mailbox = wanted.mailboxId === undefined ? undefined : await mailboxFor(wanted.mailboxId, wanted, caller);
    const destinationId =
      mailbox?.destinationId ?? (await chooseDestination(destinations, wanted.destinationId, caller));
    const now = clock.now();
    // Whole seconds, as in the token.
    const expiresAt = new Date(Math.floor(now / 1000 + seconds) * 1000);
    const { token, key } = await tokens.issue(expiresAt);
    const row: TicketRow = {
      key,
      kind,
      mailboxId: mailbox?.id,
      expectedAddress: mailbox?.address ?? wanted.expectedAddress,
      anyAddress: wanted.anyAddress === true,
      loginHint: wanted.loginHint,
      label: wanted.label,
      ownerRef: wanted.ownerRef,
      syncFrom: wanted.syncFrom,
      folders: wanted.folders,
      filter: wanted.filter,
      destinationId,
      returnUrl: wanted.returnUrl,
      keyId: caller.keyId,
      createdAt: new Date(now),
      expiresAt,
      takenBy: undefined,
      status: 'open',
      result: undefined,
    };
    await audit.audited(
      {
        actor: caller.keyId,
        action: 'connect-link.create',
        ...(mailbox === undefined ? {} : { mailboxId: mailbox.id }),
      },
      () => tickets.insert(row),
    );
    return { url: `${config.publicUrl}/api/connect?token=${token}`, expiresAt };
  };
}

/** What the fields say of each other. */
function checkShape(wanted: NewLink, returnOrigins: readonly string[]): void {
  const named = [wanted.expectedAddress, wanted.anyAddress, wanted.mailboxId].filter((field) => field !== undefined);
  if (named.length !== 1) {
    throw invalid('expectedAddress', 'Give exactly one of expectedAddress, anyAddress: true and mailboxId.');
  }
  if (wanted.mailboxId !== undefined) {
    if (wanted.destinationId !== undefined) {
      throw invalid('destinationId', 'A reconnected mailbox keeps its destination; PATCH mailboxes/{id} changes it.');
    }
    if (wanted.syncFrom !== undefined) throw invalid('syncFrom', 'A reconnected mailbox continues where it stopped.');
    if (wanted.folders !== undefined)
      throw invalid('folders', 'A reconnected mailbox keeps its folders; PATCH mailboxes/{id} changes them.');
    if (wanted.filter !== undefined)
      throw invalid('filter', 'A reconnected mailbox keeps its filter; PATCH mailboxes/{id} changes it.');
  }
  if (wanted.returnUrl !== undefined) {
    const fault = returnUrlFault(wanted.returnUrl, returnOrigins);
    if (fault !== undefined) throw invalid('returnUrl', fault);
  }
}
