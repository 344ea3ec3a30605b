import { z } from 'zod';
import { dayMs } from '../../domain/duration.ts';
import type { OutgoingEvent } from '../../domain/events/event.ts';
import { isBrokerError } from '../../errors.ts';
import type { OutboxRow } from '../../store/rows/rows.ts';
import { postRoomMs } from '../state/run-context.ts';
import type { MailboxDelivery } from './delivery-context.ts';
import { isMessageFault } from './message-fault.ts';
import { afterFailure, isOutboxDue } from './outbox-retry.ts';

/** The events of a removed mailbox are tried for a day; after that nobody needs them. */
const removedForMs = dayMs;

/**
 * Sends the events that wait in a mailbox's outbox, oldest first, each until it is accepted. One that is refused holds up
 * none of the others: it comes back after a while, and is given up after ten refusals while others were accepted. Each
 * change is committed before the next is sent.
 * @returns `yields`: the destination failed on one of them last, and it lets another go first
 */
export async function sendOutbox(at: MailboxDelivery, { insists = false } = {}): Promise<'done' | 'yields'> {
  const { context, mailbox } = at;
  const { row } = mailbox;
  let end: 'done' | 'yields' = 'done';
  // Events about a message, or about the mailbox, are sent in order: the receiver must not end with an outdated state.
  const behind = new Set<string>();
  // `mailbox.removed` is the last event of a mailbox, whenever the others happened.
  const isLast = ({ type }: OutboxRow) => type === 'mailbox.removed';
  const waiting = mailbox.outbox().toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)));
  const isInTheWay = (event: OutboxRow, subject: string | undefined) =>
    subject !== undefined && waiting.slice(waiting.indexOf(event) + 1).some((other) => subjectOf(other) === subject);
  for (const event of waiting) {
    if (context.isOver() || context.held.has(row.destinationId)) return 'done';
    const subject = subjectOf(event);
    const isDue = isOutboxDue(event, context.now(), () => isInTheWay(event, subject));
    if (subject !== undefined && behind.has(subject)) continue;
    if (subject !== undefined) behind.add(subject);
    if (!isDue) continue;
    if (isLast(event) && mailbox.outbox().length > 1) continue;
    const isRemoved = row.deletedAt !== undefined;
    const isLate = isRemoved && context.now().getTime() - event.at.getTime() > removedForMs;
    const sent = isLate ? 'accepted' : await send(at, event, insists);
    if (sent === 'yields') end = 'yields';
    const isGone = sent === 'accepted' || (typeof sent === 'object' && !(await note(at, event, sent)));
    if (isGone) mailbox.removeOutbox(event.id);
    if (isGone && subject !== undefined) behind.delete(subject);
    if (isGone || typeof sent === 'object') await context.committer.commit(mailbox);
  }
  return end;
}

interface Failure {
  readonly kind: 'refused' | 'held';
  readonly reason: string;
  readonly status: number | undefined;
}

const aboutMessage = z.looseObject({ messageKey: z.string() });

/** What an event is about, where what comes later may not overtake it: a message by its key, or the state of the mailbox. */
function subjectOf(event: OutboxRow): string | undefined {
  if (event.type.startsWith('mailbox.')) return 'mailbox';
  try {
    return aboutMessage.safeParse(JSON.parse(event.data)).data?.messageKey;
  } catch {
    // The function that builds the event reports the broken row.
    return undefined;
  }
}

/** Notes that an event failed once more. @returns false if it is given up */
async function note({ context, mailbox }: MailboxDelivery, event: OutboxRow, failure: Failure): Promise<boolean> {
  const destination = mailbox.row.destinationId;
  const { kind, reason, status } = failure;
  const counts = await isMessageFault(context, { destination, failedAt: event.failedAt, against: 'anything' });
  const next = afterFailure(event, { kind, counts, now: context.now() });
  if (next !== undefined) {
    mailbox.addOutbox(next);
    return true;
  }
  const fields = { mailboxId: mailbox.id, eventId: event.id, type: event.type, destinationId: destination };
  context.log.warn('outbox.event_given_up', { ...fields, code: reason, status });
  return false;
}

/** `untried`: nothing was sent, because the destination takes nothing now. */
async function send(
  { context, mailbox }: MailboxDelivery,
  event: OutboxRow,
  insists: boolean,
): Promise<'accepted' | 'yields' | 'untried' | Failure> {
  const { row } = mailbox;
  const fields = { mailboxId: row.id, eventId: event.id, type: event.type, destinationId: row.destinationId };
  let outgoing: OutgoingEvent;
  try {
    outgoing = await context.mailboxEvent(event, row);
  } catch (error) {
    // A row that a newer version wrote, or that is broken, or one whose link cannot be made just now: it waits.
    if (!isBrokerError(error)) throw error;
    context.log.error('outbox.event_not_built', error, fields);
    return 'untried';
  }
  const { signal } = context.committer;
  const ensure = () => context.committer.ensure(postRoomMs);
  await ensure();
  const outcome = await context.deliverer.deliver(row.destinationId, outgoing, signal, ensure, { insists });
  if (outcome.kind === 'accepted') {
    context.accepted.anything.set(row.destinationId, context.now());
    return 'accepted';
  }
  if (outcome.kind === 'held' && outcome.yields === true) return 'yields';
  if (outcome.kind === 'held') context.held.add(row.destinationId);
  const { kind, reason, status } = outcome;
  context.log.warn('outbox.event_deferred', { ...fields, outcome: kind, reason, status });
  return outcome.kind === 'held' && !outcome.attempted ? 'untried' : { kind, reason, status };
}
