import { purposeHash } from '../../domain/bytes.ts';
import type { EventLink } from '../../domain/events/event-data.ts';
import type { Submission } from '../../domain/submission.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { createReconnectLink, type ReconnectLinkDeps } from './reconnect-link.ts';

/** What a message waits for that ends when the owner of the mailbox signs in again. */
const endedBySignIn: ReadonlySet<string> = new Set(['send_consent_required', 'reconnect_required']);

/**
 * The link by which the owner of a mailbox gives what a message waits for; undefined where no sign-in would help.
 * Repeated calls give the same link, which outlives the message, which expires seven days after its time at the latest.
 * @throws StoreError; what reading the root key throws
 */
export type SubmissionLink = (submission: Submission, mailbox: MailboxRow) => Promise<EventLink | undefined>;

export function createSubmissionLink(deps: ReconnectLinkDeps): SubmissionLink {
  const reconnectLink = createReconnectLink(deps);
  return async ({ id, state, dueAt, waitingFor }, mailbox) => {
    const isWaiting = state === 'queued' && waitingFor !== undefined && endedBySignIn.has(waitingFor.code);
    if (!isWaiting || mailbox.grant.kind !== 'user') return undefined;
    return reconnectLink({ mailbox, at: dueAt, id: purposeHash('ticket', 'submission', id).slice(0, 16) });
  };
}
