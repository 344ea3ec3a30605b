import type { Clock, Random } from '../../domain/clock.ts';
import type { OutboxData } from '../../domain/events/outbox-data.ts';
import { eventId } from '../../domain/ids.ts';
import { type Submission, type SubmissionEvent, shortReplies } from '../../domain/submission.ts';
import { readMailbox } from '../../store/mailboxes/mailboxes.ts';
import { outboxRowKey, stateRowKey } from '../../store/rows/keys.ts';
import { encodeMailbox, partitionOf } from '../../store/rows/mailbox-row.ts';
import { encodeOutbox, outboxRow } from '../../store/rows/outbox-row.ts';
import { untilSettled } from '../../store/table/modify.ts';
import type { Store } from '../../store/table/table.ts';

export interface TellParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

/** Its id is a hash of its content, so that a repeated event has the same id. */
export const submissionEventId = (submission: Submission, type: SubmissionEvent): string =>
  eventId(
    submission.mailboxId,
    type,
    submission.id,
    submission.attempts,
    // A bounce may be reported again with more recipients. One that comes while an end is not sent yet does not change
    // the id of that event.
    type === 'submission.bounced' ? submission.refused.length : 0,
  );

/**
 * Puts an event into the outbox of its mailbox, in one batch with `a!`, whose worker then looks. Done once it is there,
 * or the mailbox is gone.
 * @throws BrokerError `storage_unreachable` | `conflict`
 */
export async function tell(parts: TellParts, submission: Submission, type: SubmissionEvent): Promise<void> {
  const { store } = parts;
  const { mailboxId } = submission;
  const mail = store.table('mail');
  const id = submissionEventId(submission, type);
  const event = outboxRow({ mailboxId, id, type, at: new Date(store.time.whenJudging()), data: dataOf(submission) });
  await untilSettled(parts, async () => {
    const found = await readMailbox(mail, mailboxId);
    if (found === undefined) return;
    if ((await mail.get(partitionOf(mailboxId), outboxRowKey(mailboxId, id))) !== undefined) return;
    // An erased mailbox has had its last event. Erasing sends what is owed first, so that no process that read the
    // mailbox before writes this row.
    const isErased = async () => (await mail.get(partitionOf(mailboxId), stateRowKey(mailboxId))) === undefined;
    if (found.row.deletedAt !== undefined && (await isErased())) return;
    await mail.batch(partitionOf(mailboxId), [
      { kind: 'replace', row: encodeMailbox({ ...found.row, asked: found.row.asked + 1 }), etag: found.etag },
      { kind: 'insert', row: encodeOutbox(event) },
    ]);
  });
}

/** What the event says; sentence and remedy follow from the code when it goes out. */
function dataOf(submission: Submission): OutboxData[SubmissionEvent] {
  const { id, state, code, reply, attempts, refused, fromRewritten, original, resendable, sentAt, endedAt } =
    submission;
  return {
    submissionId: id,
    state,
    code,
    reply,
    messageId: submission.serverMessageId ?? submission.ourMessageId,
    ourMessageId: submission.ourMessageId,
    attempts,
    refused: shortReplies(refused),
    fromRewritten,
    original:
      original?.marked === undefined
        ? undefined
        : { kind: original.kind, messageRef: original.messageRef, marked: original.marked, code: original.code },
    resendable: state === 'bounced' ? resendable : undefined,
    sentAt: sentAt?.toISOString(),
    endedAt: endedAt?.toISOString(),
  };
}
