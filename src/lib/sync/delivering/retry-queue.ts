import { encodeMessageRef } from '../../delivery/events/message-ref.ts';
import { deliveryId, messageKeyFromBytes } from '../../domain/ids.ts';
import { waitAfter } from '../../domain/schedule.ts';
import type { DeadRow, MessageMark, RetryRow } from '../../store/rows/rows.ts';
import type { FolderRun, MailboxRun } from '../state/folder-poll.ts';
import type { Attempted } from './attempt.ts';
import type { Ready } from './backlog.ts';
import type { MailboxDelivery } from './delivery-context.ts';
import { failureWaitsMs } from './failure-waits.ts';
import { isMessageFault } from './message-fault.ts';

type Failure = NonNullable<Attempted> & { readonly kind: 'failed' };

/** A failing head blocks its folder for this long; then it moves to the retry queue and the folder continues. */
export const headLimitMs = 10 * 60_000;

/** Dead after so many failures that count. */
const mostAttempts = 5;

/** With so many messages to try again a folder takes no new ones: the fault is hardly theirs. */
export const mostRetries = 100;

/** With so many it takes no old ones: there is room left for new ones that fail. */
export const mostRetriesForOldMail = 50;

/** So many of them with the whole message, where the destination hung or broke: a gateway that fails now and then hits many. */
const wholeAttempts = 3;

/**
 * Metadata alone is tried next if the destination kept timing out or failing on a message while it took others: the
 * size may be the cause. A destination that takes nothing, for example because a role was revoked, must get its mail
 * whole afterwards.
 */
const variantAfter = ({ outcome }: Failure, attempts: number): RetryRow['variant'] =>
  outcome.kind === 'held' && attempts >= wholeAttempts ? 'metadata' : 'full';

/** Takes a message that failed out of its folder's way. It is settled by that, in the same commit. */
export function moveToRetryQueue({ context, mailbox, record }: FolderRun, ready: Ready, failure: Failure): void {
  const now = context.now();
  const { key, hash, day } = ready.entry;
  const { reason, status } = failure.outcome;
  const row: RetryRow = {
    mailboxId: mailbox.id,
    folderId: record.folder.id,
    uidValidity: record.cursor.uidValidity,
    uid: ready.uid,
    key,
    hash,
    day,
    attempts: 0,
    tries: 1,
    reason,
    status,
    failedAt: now,
    nextAt: new Date(now.getTime() + waitAfter(failureWaitsMs, 1)),
    missing: 0,
    variant: 'full',
  };
  mailbox.putRetryItem({ kind: 'retry', row });
  context.mark('retry');
}

/**
 * Notes that a message failed once more. The failure counts against it only if its destination has accepted something
 * else since the one before: without that, the fault may be the destination's, and no message dies of it. One that was
 * given up before, and is refused in its replay, is what it was.
 * @returns true if the message is newly dead by that
 */
export async function noteFailure(
  { context, mailbox }: MailboxDelivery,
  row: RetryRow,
  failure: Failure,
): Promise<boolean> {
  const now = context.now();
  const destination = mailbox.row.destinationId;
  const counts = await isMessageFault(context, { destination, failedAt: row.failedAt, against: 'mail' });
  const attempts = row.attempts + (counts ? 1 : 0);
  const { reason, status } = failure.outcome;
  const isRefusedAgain = row.replay !== undefined && failure.outcome.kind === 'refused';
  if (attempts < mostAttempts && !isRefusedAgain) {
    const tries = row.tries + 1;
    const nextAt = new Date(now.getTime() + waitAfter(failureWaitsMs, tries));
    mailbox.putRetryItem({
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
        variant: variantAfter(failure, attempts),
      },
    });
    return false;
  }
  giveUp({ context, mailbox }, row, { reason, status, attempts: Math.max(attempts, row.attempts) });
  return row.replay === undefined;
}

/**
 * Tries a message once more that was given up. It goes the way of every message that is tried again, so that a hold, a
 * move, a renumbered folder or the end of the process find it in a row they know. It is a failure away from where it was.
 */
export function replayDead({ context, mailbox }: MailboxRun, dead: DeadRow, replay: number): void {
  const { at: _, ...row } = dead;
  const now = context.now();
  mailbox.putRetryItem({
    kind: 'retry',
    row: {
      ...row,
      attempts: mostAttempts - 1,
      tries: 0,
      failedAt: now,
      nextAt: now,
      missing: 0,
      variant: 'full',
      replay,
    },
  });
  context.mark('retry');
}

/**
 * Gives a message up and sends `message.undeliverable`, unless it was given up before and a replay of it failed: a
 * receiver that replays every `message.undeliverable` would loop. It can be replayed, under its key.
 */
export function giveUp(
  { context, mailbox }: MailboxRun,
  row: MessageMark & Pick<RetryRow, 'replay'>,
  { reason, status, attempts }: Pick<DeadRow, 'reason' | 'status' | 'attempts'>,
): void {
  const { mailboxId, folderId, uidValidity, uid, key, hash, day, replay } = row;
  const at = context.now();
  mailbox.removeRetryItem(row);
  mailbox.putRetryItem({
    kind: 'dead',
    row: { mailboxId, folderId, uidValidity, uid, key, hash, day, reason, status, attempts, at, replay },
  });
  context.mark('dead');
  context.counts.dead += 1;
  const messageKey = messageKeyFromBytes(key);
  context.log.warn('message.given_up', { mailboxId, folderId, messageKey, reason, status });
  if (replay !== undefined) return;
  const folder = mailbox.folders.find((one) => one.folder.id === folderId)?.folder;
  context.tell(mailbox, {
    type: 'message.undeliverable',
    occasion: [messageKey, at.getTime()],
    data: {
      messageKey,
      deliveryId: deliveryId(mailboxId, key),
      messageRef: encodeMessageRef({ folderId, uidValidity, uid, hash, day }),
      folder: folder === undefined ? null : { path: folder.path, role: folder.role ?? null },
      code: reason,
      status: status ?? null,
      attempts,
    },
  });
}
