import { decodeMessageRef } from '../../delivery/events/message-ref.ts';
import type { Clock } from '../../domain/clock.ts';
import { secondMs } from '../../domain/duration.ts';
import type { OriginalMessage } from '../../domain/submission.ts';
import { withDeadline } from '../../domain/with-deadline.ts';
import { BrokerError, type ErrorCode, isBrokerError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Interactive } from '../../mailbox/session/interactive.ts';
import type { MailSession } from '../../mailbox/session/session.ts';
import { findReferenced } from '../../reading/find-referenced.ts';
import { knownMessages } from '../../store/mailboxes/known-places.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import type { Store } from '../../store/table/table.ts';

/**
 * Marks the message that was answered or forwarded, as a mail program does. May be repeated.
 * @returns why it was not marked; undefined: it is. Never rejects: the message itself was sent
 */
export type OriginalMarker = (
  mailboxId: string,
  original: Pick<OriginalMessage, 'kind' | 'messageRef'>,
) => Promise<ErrorCode | undefined>;

export interface OriginalMarkerParts {
  readonly interactive: Interactive;
  readonly store: Store;
  /** A mailbox as it is now; undefined if it was removed. */
  readonly mailbox: (id: string) => Promise<MailboxRow | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** The event of the message waits for this, and so does the next message of the lane. */
const markMs = 20 * secondMs;

export function createOriginalMarker({ interactive, store, mailbox, clock, log }: OriginalMarkerParts): OriginalMarker {
  const mark: OriginalMarker = async (mailboxId, { kind, messageRef }) => {
    const row = await mailbox(mailboxId);
    if (row === undefined) return 'mailbox_removed';
    return interactive.with(row, (session) =>
      markIn(session, row, { messageRef, flag: kind === 'forward' ? '$Forwarded' : '\\Answered' }, store),
    );
  };
  return async (mailboxId, original) => {
    try {
      return await withDeadline(clock, markMs, mark(mailboxId, original), () => new BrokerError('imap_unreachable'));
    } catch (error) {
      if (!isBrokerError(error)) log.error('submission.original_not_marked', error, { mailboxId });
      // The server refuses just this, as for a change over HTTP.
      const refused = isBrokerError(error, 'imap_unexpected') ? 'change_refused' : undefined;
      const code = refused ?? (isBrokerError(error) ? error.code : 'internal_error');
      log.info('submission.original_not_marked', { mailboxId, code });
      return code;
    }
  };
}

/** A server that does not list a flag in PERMANENTFLAGS keeps it for the session at most (RFC 3501 section 7.1). */
async function markIn(
  session: MailSession,
  row: MailboxRow,
  { messageRef, flag }: { readonly messageRef: string; readonly flag: string },
  store: Store,
): Promise<ErrorCode | undefined> {
  const ref = decodeMessageRef(messageRef);
  if (ref === undefined) return 'not_found_here';
  const found = await findReferenced(session, row, ref, () => knownMessages(store, row.id));
  const { uid } = found.listed.meta;
  return session.inFolder(found.place.path, 'write', async (folder) => {
    if (folder.uidValidity !== found.uidValidity) return 'not_found_here';
    if (!folder.keepsFlag(flag)) return 'mark_unsupported';
    await folder.setFlags([uid], 'add', [flag]);
    return undefined;
  });
}
