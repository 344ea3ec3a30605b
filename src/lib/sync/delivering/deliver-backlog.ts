import { windowSize } from '../state/run-context.ts';
import { attemptMessage } from './attempt.ts';
import type { Ready, Source } from './backlog.ts';
import type { FolderDelivery, MailboxDelivery } from './delivery-context.ts';
import { headLimitMs, moveToRetryQueue } from './retry-queue.ts';

/** How a turn of a folder ended. */
export type DeliveryEnd =
  /** Nothing is left to deliver. */
  | 'drained'
  /** The turn was over. */
  | 'more'
  /** The destination takes nothing now, or refused the message at the head: the next poll tries again. */
  | 'blocked'
  /** The destination failed on a message of this folder last: another goes first, if there is one. */
  | 'yields';

/** What a turn may still do; shared by the folders of a mailbox. */
export interface Turn {
  /** How many messages are left of it. */
  messages: number;
  /** True when the turn, or the time of the run, is over. */
  isOver(): boolean;
  /** True if there was nothing else to send: what its destination failed on last goes now. */
  readonly insists: boolean;
}

/** Texts of a folder that a window may hold read ahead: enough for ordinary mail, and nothing beside what is under way. */
const mostCharactersAhead = 512 * 1024;

/**
 * Delivers what `source` gives. Each message goes through the same steps: its recent-message entry is committed, then it is posted,
 * then its acceptance is committed, in the same batch as the entry of the next one. So a worker that dies at any point
 * leaves at most one message of the folder that is sent again (`strict`), or as many as the window holds, and those under
 * the same keys.
 *
 * `strict`: one after the other; a head that fails holds the folder up for ten minutes at most. `window`: several at
 * once, and one that is refused goes out of the way at once. So does one from a source that holds nobody up.
 */
export async function deliverBacklog(
  at: FolderDelivery,
  source: Source,
  { turn, order }: { readonly turn: Turn; readonly order: 'strict' | 'window' },
): Promise<DeliveryEnd> {
  const { context, mailbox, record } = at;
  const { committer } = context;
  const destination = mailbox.row.destinationId;
  let failure: { error: unknown } | undefined;
  let blocked = false;
  let yields = false;
  let taking: Promise<unknown> = Promise.resolve();
  /** What is being read, or was and waits for its turn. */
  const ahead: Promise<Ready | undefined>[] = [];
  let charactersAhead = 0;

  const isStopped = () => blocked || failure !== undefined || context.held.has(destination);

  const hasRoom = () => order === 'strict' || charactersAhead < mostCharactersAhead;

  /**
   * The next message of this turn. A failure to read it is told after the messages under way are settled. Whether there is
   * room for one more ahead is known when those before it have been read.
   */
  function take(isAhead: boolean): Promise<Ready | undefined> {
    const next = taking.then(async () => {
      if (turn.isOver() || isStopped() || (isAhead && !hasRoom())) return undefined;
      if (record.cursor.retries >= source.mostRetries) {
        blocked = true;
        return undefined;
      }
      try {
        const ready = await source.next();
        if (ready !== undefined) {
          turn.messages -= 1;
          charactersAhead += lengthOf(ready);
        }
        return ready;
      } catch (error) {
        failure = { error };
        return undefined;
      }
    });
    taking = next;
    return next;
  }

  /** Settles a message that was tried; false if it has to wait in its place. */
  async function conclude(ready: Ready): Promise<boolean> {
    const result = await attemptMessage(at, ready, {
      late: source.late ?? false,
      variant: 'full',
      failedAt: order === 'strict' && source.holdsUp ? record.cursor.headSince : undefined,
      insists: turn.insists,
      replay: source.replay,
    });
    const now = context.now();
    if (result?.kind === 'accepted') {
      record.put({ ...ready.entry, accepted: true });
      source.settle(ready.uid, ready.message.meta.internalDate);
      return true;
    }
    if (result === undefined) return false;
    if (result.kind === 'yields') {
      yields = true;
      // Nothing overtakes the head where order counts.
      return order === 'window';
    }
    const isHeld = result.outcome.kind === 'held';
    const { holdsUp } = source;
    // In a window the others wait with the destination; only the head could hold up the cursor for good.
    if (isHeld && order === 'window' && holdsUp && ready.uid !== record.headUid) return false;
    const isHead = isHeld || (order === 'strict' && holdsUp);
    if (isHead && !(await isHeadOver(at, source, { isHeld, now }))) return false;
    // What was delivered before is not tried again by itself.
    if (!ready.entry.accepted) moveToRetryQueue(at, ready, result);
    source.settle(ready.uid);
    return true;
  }

  /**
   * The mailbox is read ahead while messages are under way: by one in order, in a window by as many as it holds, if they
   * are small. Whoever is free first takes what was read, so that nothing waits behind a message that is slow.
   */
  function readAhead(): void {
    const most = order === 'strict' ? 1 : windowSize;
    if (ahead.length < most && context.safe === undefined) ahead.push(take(true));
  }

  async function next(): Promise<Ready | undefined> {
    let ready: Ready | undefined;
    while (ready === undefined && ahead.length > 0) ready = await ahead.shift();
    // Where there was no room for another one when it was looked for, there may be now.
    ready ??= await take(false);
    if (ready === undefined) return undefined;
    charactersAhead -= lengthOf(ready);
    // What was read and is then left is not lost: it is above the cursor, and the next poll finds it again.
    if (isStopped()) return undefined;
    // Its entry goes with the next commit.
    record.put(ready.entry);
    return ready;
  }

  async function lane(): Promise<void> {
    let current = await next();
    await committer.commit(mailbox);
    while (current !== undefined) {
      readAhead();
      if (!(await conclude(current))) blocked = true;
      // In a kill loop nothing is left open that the next message could take down with it.
      if (context.safe !== undefined) await committer.commit(mailbox);
      current = await next();
      await committer.commit(mailbox);
    }
  }

  const lanes = Array.from({ length: order === 'strict' || context.safe !== undefined ? 1 : windowSize }, () => lane());
  const ends = await Promise.allSettled(lanes);
  await Promise.all(ahead);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  if (failure !== undefined) throw failure.error;
  if (yields && !context.held.has(destination)) return 'yields';
  if (isStopped()) return 'blocked';
  return source.exhausted ? 'drained' : 'more';
}

const lengthOf = ({ message }: Ready): number => message.text.length + (message.html?.length ?? 0);

/**
 * Whether a head that has just failed has held its folder up for long enough. While its destination is held, every head
 * that this hold has moved doubles the limit for the next: a receiver that is down for a day shall not scatter a folder.
 */
async function isHeadOver(
  { context, mailbox }: MailboxDelivery,
  source: Source,
  { isHeld, now }: { readonly isHeld: boolean; readonly now: Date },
): Promise<boolean> {
  const failingMs = now.getTime() - source.failingSince(now).getTime();
  if (!isHeld) return failingMs >= headLimitMs;
  const { destinations } = context;
  // Without knowing how many heads a hold has moved, none is.
  if (destinations === undefined) return false;
  const destination = mailbox.row.destinationId;
  if (failingMs < headLimitMs * 2 ** (await destinations.headsMoved(destination))) return false;
  await destinations.headMoved(destination);
  return true;
}
