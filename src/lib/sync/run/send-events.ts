import { sendOutbox } from '../delivering/outbox.ts';
import type { MailboxRecord } from '../state/mailbox-record.ts';
import { isolateFailure } from './isolate-failure.ts';
import type { TakeTurn } from './semaphore.ts';
import type { ShardContext } from './shard-context.ts';

/** Sends what waits in the outbox of a mailbox, polled or not; what was told in this run is stored first. */
export async function sendEvents(
  { context, takeTurn }: { readonly context: ShardContext; readonly takeTurn: TakeTurn },
  mailbox: MailboxRecord,
): Promise<void> {
  if (mailbox.outbox().length === 0 || context.isOver()) return;
  const at = { context: context.delivery, mailbox };
  await isolateFailure(context, mailbox.id, async () => {
    await context.committer.commit(mailbox);
    const end = await takeTurn(() => sendOutbox(at));
    if (end !== 'yields') return;
    const participant = context.barrier.enter(mailbox.row.destinationId);
    await participant.othersDone().finally(participant.leave);
    await takeTurn(() => sendOutbox(at, { insists: true }));
  });
}
