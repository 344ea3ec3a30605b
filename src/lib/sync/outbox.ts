import type { OutgoingEvent } from '../domain/event.ts';
import { isBrokerError } from '../errors.ts';
import type { OutboxRow } from '../store/rows.ts';
import type { MailboxBook } from './mailbox-book.ts';
import { postRoomMs, type RunContext } from './run-context.ts';

/** The event of a removed mailbox is tried for a day; then nobody is left whom it could concern. */
const removedForMs = 24 * 60 * 60_000;

/**
 * Sends the events that wait in a mailbox's outbox, oldest first, each until it is accepted. One that is refused stays,
 * and holds up none of the others. Each acceptance is committed before the next is sent.
 */
export async function sendOutbox(context: RunContext, mailbox: MailboxBook): Promise<void> {
  const { row } = mailbox;
  for (const event of mailbox.outbox()) {
    if (context.isOver() || context.held.has(row.destinationId)) return;
    const given = event.type === 'mailbox.removed' && context.now().getTime() - event.at.getTime() > removedForMs;
    if (given || (await send(context, mailbox, event))) {
      mailbox.removeOutbox(event.id);
      await context.committer.commit(mailbox);
    }
  }
}

async function send(context: RunContext, mailbox: MailboxBook, event: OutboxRow): Promise<boolean> {
  const { row } = mailbox;
  const fields = { mailbox: row.id, eventId: event.id, type: event.type, destination: row.destinationId };
  let outgoing: OutgoingEvent;
  try {
    outgoing = await context.mailboxEvent(event, row);
  } catch (error) {
    // A row that a newer version wrote, or that is broken, or one whose link cannot be made just now: it waits.
    if (!isBrokerError(error)) throw error;
    context.log.error('outbox_not_built', error, fields);
    return false;
  }
  const ensure = () => context.committer.ensure(postRoomMs);
  await ensure();
  const outcome = await context.deliverer.deliver(row.destinationId, outgoing, context.committer.signal, ensure);
  if (outcome.kind === 'accepted') {
    context.accepted.set(row.destinationId, context.now());
    return true;
  }
  if (outcome.kind === 'held') context.held.add(row.destinationId);
  context.log.warn('outbox_waits', {
    ...fields,
    outcome: outcome.kind,
    reason: outcome.reason,
    status: outcome.status,
  });
  return false;
}
