import { encodeMessageRef } from '../delivery/events/message-ref.ts';
import { dayMs } from '../domain/duration.ts';
import { deliveryId, messageKeyFromBytes } from '../domain/ids.ts';
import { errorTable, isErrorCode } from '../error-codes.ts';
import type { Delivery } from '../store/mailboxes/deliveries.ts';
import { deadKeptMs } from '../store/rows/retry-row.ts';
import type { ReplayJob } from '../store/rows/rows.ts';

/** What did not go through, as the API shows it. Sentence and remedy follow from the code and are not stored. */
export function deliveryJson(delivery: Delivery) {
  const { state, row, mailbox, replay } = delivery;
  const { folderId, uidValidity, uid, hash, day, key, reason } = row;
  const folder = mailbox.folders.find(({ id }) => id === folderId);
  const trouble = isErrorCode(reason) ? errorTable[reason] : undefined;
  const failedAt = state === 'dead' ? row.at : row.failedAt;
  return {
    id: deliveryId(mailbox.id, key),
    state,
    mailboxId: mailbox.id,
    address: mailbox.address,
    destinationId: mailbox.destinationId,
    messageKey: messageKeyFromBytes(key),
    messageRef: encodeMessageRef({ folderId, uidValidity, uid, hash, day }),
    // One that is watched by its role alone has no path here.
    folder: folder === undefined ? null : { path: folder.path === '' ? null : folder.path, role: folder.role ?? null },
    receivedOn: new Date(day * dayMs).toISOString().slice(0, 10),
    code: reason,
    detail: trouble?.sentence ?? null,
    remedy: trouble?.remedy ?? null,
    who: trouble?.who ?? null,
    status: row.status ?? null,
    attempts: row.attempts,
    failedAt,
    nextAt: state === 'dead' ? null : row.nextAt,
    keptUntil: state === 'dead' ? new Date(failedAt.getTime() + deadKeptMs) : null,
    replay: replay ?? null,
  };
}

/** A replay that was asked for, as the API shows it. */
export function replayJson(job: ReplayJob) {
  const { id, number, at, mailboxId } = job;
  const head = { id, mailboxId, number, askedAt: at };
  if (job.kind === 'dead') {
    return { ...head, dead: true, messageKey: job.key === undefined ? null : messageKeyFromBytes(job.key) };
  }
  const { upTo, delivered, failed } = job.progress;
  return { ...head, since: job.since, force: job.force, upTo, delivered, failed };
}
