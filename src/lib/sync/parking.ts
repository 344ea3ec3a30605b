import { encodeMessageRef } from '../delivery/message-ref.ts';
import { messageKeyFromBytes } from '../domain/ids.ts';
import type { RetryRow } from '../store/rows.ts';
import type { Attempted } from './attempt.ts';
import type { FolderBook } from './folder-book.ts';
import type { MailboxBook } from './mailbox-book.ts';
import type { RunContext } from './run-context.ts';
import type { Ready } from './source.ts';

type Failure = NonNullable<Attempted> & { readonly kind: 'failed' };

/** A head that fails holds its folder up for so long; then it goes on by itself. */
export const headLimitMs = 10 * 60_000;

/** Waits before the next attempt of a message that is tried again by itself; the last repeats. */
const retryWaitsMs = [1, 2, 5, 10, 20, 30, 60].map((minutes) => minutes * 60_000);

/** Dead after so many failures that count. */
const mostAttempts = 5;

/** With so many messages to try again a folder takes no new ones: the fault is hardly theirs. */
export const mostRetries = 100;

const waitMs = (tries: number): number =>
  retryWaitsMs[Math.min(tries, retryWaitsMs.length) - 1] ?? retryWaitsMs[0] ?? 0;

/** After a time-out what is small is tried next: the size may be what takes long. */
const variantAfter = ({ outcome }: Failure): RetryRow['variant'] => (outcome.kind === 'held' ? 'metadata' : 'full');

/** Takes a message that failed out of its folder's way. It is settled by that, in the same commit. */
export function parkFailed(
  context: RunContext,
  mailbox: MailboxBook,
  book: FolderBook,
  ready: Ready,
  failure: Failure,
): void {
  const now = context.now();
  const { key, hash, day } = ready.entry;
  const { reason, status } = failure.outcome;
  const row: RetryRow = {
    mailboxId: mailbox.id,
    folderId: book.folder.id,
    uidValidity: book.cursor.uidValidity,
    uid: ready.uid,
    key,
    hash,
    day,
    attempts: 0,
    tries: 1,
    reason,
    status,
    failedAt: now,
    nextAt: new Date(now.getTime() + waitMs(1)),
    missing: 0,
    variant: variantAfter(failure),
  };
  mailbox.park({ kind: 'retry', row });
  context.mark('retry');
}

/**
 * Notes that a message failed once more. The failure counts against it only if its destination has accepted something
 * else since the one before: without that, the fault may be the destination's, and no message dies of it.
 * @returns true if the message is dead by that
 */
export async function noteFailure(
  context: RunContext,
  mailbox: MailboxBook,
  row: RetryRow,
  failure: Failure,
): Promise<boolean> {
  const now = context.now();
  const destination = mailbox.row.destinationId;
  const noted = await context.destinations?.lastAccepted(destination);
  const here = context.accepted.get(destination);
  const counts = [noted, here].some((at) => at !== undefined && at > row.failedAt);
  const attempts = row.attempts + (counts ? 1 : 0);
  const { reason, status } = failure.outcome;
  if (attempts < mostAttempts) {
    const tries = row.tries + 1;
    const nextAt = new Date(now.getTime() + waitMs(tries));
    mailbox.park({
      kind: 'retry',
      row: {
        ...row,
        attempts,
        tries,
        reason,
        status,
        failedAt: now,
        nextAt,
        missing: 0,
        variant: variantAfter(failure),
      },
    });
    return false;
  }
  bury(context, mailbox, row, reason, status, attempts);
  return true;
}

/** Gives a message up, and says so. It can be replayed, under its key. */
export function bury(
  context: RunContext,
  mailbox: MailboxBook,
  row: Pick<RetryRow, 'mailboxId' | 'folderId' | 'uidValidity' | 'uid' | 'key' | 'hash' | 'day'>,
  reason: string,
  status: number | undefined,
  attempts: number,
): void {
  const { mailboxId, folderId, uidValidity, uid, key, hash, day } = row;
  const at = context.now();
  mailbox.unpark(row);
  mailbox.park({
    kind: 'dead',
    row: { mailboxId, folderId, uidValidity, uid, key, hash, day, reason, status, attempts, at },
  });
  context.mark('dead');
  const messageKey = messageKeyFromBytes(key);
  const folder = mailbox.folders.find((one) => one.folder.id === folderId)?.folder;
  context.tell(mailbox, 'message.undeliverable', [messageKey, at.getTime()], {
    messageKey,
    messageRef: encodeMessageRef({ folderId, uidValidity, uid, hash, day }),
    folder: folder === undefined ? null : { path: folder.path, role: folder.role ?? null },
    code: reason,
    status: status ?? null,
    attempts,
  });
  context.log.warn('message_dead', { mailbox: mailboxId, folder: folderId, message: messageKey, reason, status });
}
