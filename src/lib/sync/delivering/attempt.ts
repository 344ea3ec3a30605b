import type { DeliveryOutcome, OutgoingEvent } from '../../domain/events/event.ts';
import { messageKeyFromBytes } from '../../domain/ids.ts';
import { postRoomMs } from '../state/run-context.ts';
import { countDelivered } from '../state/run-counts.ts';
import type { Ready } from './backlog.ts';
import type { FolderDelivery } from './delivery-context.ts';
import { isMessageFault } from './message-fault.ts';

/**
 * The outcome of an attempt. `yields`: its destination last failed on this message, so another goes first. Undefined:
 * nothing was sent, and the message is not at fault.
 */
export type Attempted =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'yields' }
  | { readonly kind: 'failed'; readonly outcome: Exclude<DeliveryOutcome, { kind: 'accepted' }> }
  | undefined;

/** The destination says that the message is too large; metadata alone is smaller. */
const tooLarge = 413;

export interface How {
  readonly late: boolean;
  readonly variant: 'full' | 'metadata';
  /** When the message failed before; undefined if it did not. */
  readonly failedAt: Date | undefined;
  /** True if there is nothing else to send. */
  readonly insists: boolean;
  readonly replay?: number | undefined;
}

const eventOf = (
  { context, mailbox, record }: FolderDelivery,
  ready: Ready,
  how: Pick<How, 'late' | 'variant' | 'replay'>,
): OutgoingEvent =>
  context.messageReceived({
    key: messageKeyFromBytes(ready.entry.key),
    mailbox: mailbox.row,
    folder: record.folder,
    uidValidity: record.cursor.uidValidity,
    message: ready.message,
    seemsNew: ready.seemsNew,
    submissionId: ready.submissionId,
    late: how.late,
    variant: how.variant,
    replay: how.replay,
  });

/**
 * Renders a message without sending it. In a kill loop this runs while `!` names the message, because sanitising its
 * HTML can end the process just as parsing it can.
 */
export async function dryRun(at: FolderDelivery, ready: Ready): Promise<void> {
  const { context, mailbox } = at;
  const event = eventOf(at, ready, { late: false, variant: 'full' });
  await context.deliverer.dryRun?.(mailbox.row.destinationId, event);
}

/**
 * Sends a message whose entry is committed. If the receiver refuses the message itself, it is sent once more under the
 * same id with metadata only: a receiver that fails on the text or the HTML then at least knows about the mail. A
 * receiver that refuses everything for a while must not get its mail without text once it works again, so this happens
 * only after a refusal that counts against the message.
 * @throws LeaseLost; StoreError or BrokerError if our own store or vault does not answer
 */
export async function attemptMessage(at: FolderDelivery, ready: Ready, how: How): Promise<Attempted> {
  const { context, mailbox, record } = at;
  const { row } = mailbox;
  const destination = row.destinationId;

  async function send(variant: 'full' | 'metadata'): Promise<DeliveryOutcome | undefined> {
    const ensure = () => context.committer.ensure(postRoomMs);
    await ensure();
    if (context.held.has(destination)) return undefined;
    const event = eventOf(at, ready, { ...how, variant });
    const { signal } = context.committer;
    const { insists } = how;
    const outcome = await context.deliverer.deliver(destination, event, signal, ensure, { insists });
    if (isYielding(outcome)) return outcome;
    if (outcome.kind === 'held') context.held.add(destination);
    if (outcome.kind !== 'accepted') {
      const { kind, reason, status } = outcome;
      const fields = {
        mailboxId: row.id,
        folderId: record.folder.id,
        messageKey: event.id,
        destinationId: destination,
        variant,
      };
      context.log.warn('delivery.deferred', { ...fields, outcome: kind, reason, status });
    }
    return outcome;
  }

  if (how.failedAt !== undefined) context.counts.retried += 1;
  let outcome = await send(how.variant);
  if (outcome?.kind === 'refused' && how.variant === 'full') {
    const counts =
      outcome.status === tooLarge ||
      (await isMessageFault(context, { destination, failedAt: how.failedAt, against: 'mail' }));
    if (counts) outcome = await send('metadata');
  }
  if (outcome !== undefined && isYielding(outcome)) return { kind: 'yields' };
  if (outcome?.kind === 'accepted') {
    const now = context.now();
    for (const noted of Object.values(context.accepted)) noted.set(destination, now);
    const isNew = ready.seemsNew && how.replay === undefined;
    const arrivedAt = isNew ? ready.message.meta.internalDate : undefined;
    record.delivered(now, arrivedAt);
    countDelivered(context.counts, now, arrivedAt);
    return { kind: 'accepted' };
  }
  if (outcome === undefined || (outcome.kind === 'held' && !outcome.attempted)) return undefined;
  return { kind: 'failed', outcome };
}

const isYielding = (outcome: DeliveryOutcome): boolean => outcome.kind === 'held' && outcome.yields === true;
