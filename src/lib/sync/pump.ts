import { messageKeyFromBytes } from '../domain/ids.ts';
import type { FolderBook } from './folder-book.ts';
import type { MailboxBook } from './mailbox-book.ts';
import { postRoomMs, type RunContext } from './run-context.ts';
import type { Ready, Source } from './source.ts';

/** How a turn of a folder ended. */
export type PumpEnd =
  /** Nothing is left to deliver. */
  | 'drained'
  /** The turn was over. */
  | 'more'
  /** The destination takes nothing now, or refused the message at the head: the next poll tries again. */
  | 'blocked';

/** What a turn may still do; shared by the folders of a mailbox. */
export interface Turn {
  messages: number;
  /** True when the time of the turn, or of the run, is over. */
  isOver(): boolean;
}

/**
 * Delivers what `source` gives, in order. Each message goes through the same steps: its ring entry is committed, then it
 * is posted, then its acceptance is committed, in the same batch as the entry of the next one. So a worker that dies at
 * any point leaves at most one message of the folder that is sent again, and that under the same key.
 *
 * The mailbox is read ahead by one message while the one before is under way.
 */
export async function pump(
  context: RunContext,
  mailbox: MailboxBook,
  book: FolderBook,
  source: Source,
  turn: Turn,
): Promise<PumpEnd> {
  const { committer } = context;
  const destination = mailbox.row.destinationId;
  let failure: { error: unknown } | undefined;

  /** The next message of this turn. A failure to read it is told after the message under way is settled. */
  async function take(): Promise<Ready | undefined> {
    if (turn.messages <= 0 || turn.isOver() || context.held.has(destination)) return undefined;
    try {
      const ready = await source.next();
      if (ready !== undefined) turn.messages -= 1;
      return ready;
    } catch (error) {
      failure = { error };
      return undefined;
    }
  }

  let blocked = false;
  let current = await take();
  if (current !== undefined) book.put(current.entry);
  await committer.commit(mailbox);
  while (current !== undefined) {
    await committer.ensure(postRoomMs);
    const upcoming = take();
    const accepted = await post(context, mailbox, book, current).catch(async (error: unknown) => {
      await upcoming;
      throw error;
    });
    const ahead = await upcoming;
    if (accepted) {
      const now = context.now();
      book.put({ ...current.entry, accepted: true });
      book.sawDate(current.message.meta.internalDate, now);
      book.settle(current.uid, now);
    } else {
      blocked = true;
    }
    // What was read ahead is not lost by leaving it: it is above the cursor, and the next poll finds it again.
    current = blocked ? undefined : ahead;
    if (current !== undefined) book.put(current.entry);
    await committer.commit(mailbox);
  }
  if (failure !== undefined) throw failure.error;
  if (blocked || context.held.has(destination)) return 'blocked';
  return source.exhausted ? 'drained' : 'more';
}

/** One attempt; false if the message has to wait. */
async function post(context: RunContext, mailbox: MailboxBook, book: FolderBook, ready: Ready): Promise<boolean> {
  const { row } = mailbox;
  if (context.held.has(row.destinationId)) return false;
  const event = context.messageReceived({
    key: messageKeyFromBytes(ready.entry.key),
    mailbox: row,
    folder: book.folder,
    uidValidity: book.cursor.uidValidity,
    message: ready.message,
    seemsNew: ready.seemsNew,
    late: false,
  });
  const outcome = await context.deliverer.deliver(row.destinationId, event, context.committer.signal);
  if (outcome.kind === 'accepted') return true;
  if (outcome.kind === 'held') context.held.add(row.destinationId);
  context.log.warn('delivery_waits', {
    mailbox: row.id,
    folder: book.folder.id,
    message: event.id,
    destination: row.destinationId,
    outcome: outcome.kind,
    reason: outcome.reason,
    status: outcome.status,
  });
  return false;
}
