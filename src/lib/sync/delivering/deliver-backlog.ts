import { windowSizes } from '../../domain/events/window-size.ts';
import { attemptMessage } from './attempt.ts';
import type { Ready, Source } from './backlog.ts';
import type { FolderDelivery, MailboxDelivery } from './delivery-context.ts';
import { headLimitMs, moveToRetryQueue } from './retry-queue.ts';

/** The end of a folder's turn. */
export type DeliveryEnd =
  /** Nothing is left to deliver. */
  | 'drained'
  /** The turn was over. */
  | 'more'
  /** The destination is held, or refused the message at the head: the next poll tries again. */
  | 'blocked'
  /** The destination last failed on a message of this folder: another message goes first, if there is one. */
  | 'yields';

/** What is left of a turn; shared by the folders of a mailbox. */
export interface Turn {
  /** How many messages are left of it. */
  messages: number;
  /** True when the turn, or the time of the run, is over. */
  isOver(): boolean;
  /** True if there was nothing else to send: the message that failed last is sent now. */
  readonly insists: boolean;
}

/**
 * Characters of text that a folder's window may read ahead: enough for ordinary mail, little beside what is under way.
 */
const mostCharactersAhead = 512 * 1024;

/**
 * Delivers what `source` gives. Each message goes through the same steps: its recent-message entry is committed, then
 * it is posted, then its acceptance is committed in the same batch as the entry of the next one. If a worker dies at
 * any point, at most one message of the folder is sent again (`strict`), or as many as the window holds, under the same
 * keys.
 *
 * `strict`: one after the other; a head that fails blocks the folder for ten minutes at most. `window`: several at
 * once, and one that is refused moves to the retry queue at once. So does one from a source where failures block
 * nothing (`holdsUp` is false).
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
  /** One for each message under way. */
  const lanes: Promise<void>[] = [];
  let open = 0;
  let broken: { error: unknown } | undefined;
  /** Nothing is left for this turn. */
  let isDry = false;

  const windowSize = () =>
    order === 'strict' || context.safe !== undefined
      ? 1
      : (context.deliverer.window?.(destination) ?? windowSizes.least);

  const isStopped = () => blocked || failure !== undefined || context.held.has(destination);

  const hasRoom = () => order === 'strict' || charactersAhead < mostCharactersAhead;

  /**
   * The next message of this turn. A failure to read it is thrown after the messages under way are settled. Whether
   * there is room for one more is known when those before it have been read.
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

  /** Settles a message after its attempt; false if it has to stay at its place. */
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
      // In `strict` order nothing overtakes the head.
      return order === 'window';
    }
    const isHeld = result.outcome.kind === 'held';
    const { holdsUp } = source;
    // In a window the others wait for the destination; only the head could block the cursor permanently.
    if (isHeld && order === 'window' && holdsUp && ready.uid !== record.headUid) return false;
    const isHead = isHeld || (order === 'strict' && holdsUp);
    if (isHead && !(await isHeadOver(at, source, { isHeld, now }))) return false;
    // A message that was delivered before is not retried.
    if (!ready.entry.accepted) moveToRetryQueue(at, ready, result);
    source.settle(ready.uid);
    return true;
  }

  /**
   * The mailbox is read ahead while messages are under way: by one in order, in a window by as many as it holds, if
   * they are small. The lane that is free first takes the next message, so that nothing waits behind a slow one.
   */
  function readAhead(): void {
    const most = windowSize();
    if (ahead.length < most && context.safe === undefined) ahead.push(take(true));
  }

  async function next(): Promise<Ready | undefined> {
    let ready: Ready | undefined;
    while (ready === undefined && ahead.length > 0) ready = await ahead.shift();
    // There may be room now, even if there was none when it was read ahead.
    ready ??= await take(false);
    if (ready === undefined) {
      isDry = true;
      return undefined;
    }
    charactersAhead -= lengthOf(ready);
    // A message that was read and is not sent is not lost: it is above the cursor, and the next poll finds it again.
    if (isStopped()) return undefined;
    // Its entry goes with the next commit.
    record.put(ready.entry);
    return ready;
  }

  async function lane(): Promise<void> {
    let current = await next();
    await committer.commit(mailbox);
    while (current !== undefined) {
      widen();
      readAhead();
      if (!(await conclude(current))) blocked = true;
      // In a kill loop every message is committed before the next, which may crash the process.
      if (context.safe !== undefined) await committer.commit(mailbox);
      // The window has become smaller: the others take what was read ahead.
      const isOneTooMany = open > windowSize();
      if (isOneTooMany) open -= 1;
      current = isOneTooMany ? undefined : await next();
      await committer.commit(mailbox);
      if (isOneTooMany) return;
    }
    open -= 1;
  }

  /** Opens lanes until there are as many as the window holds now. They look for work once each, if none is left. */
  function widen(): void {
    while (open < windowSize() && !isDry) {
      open += 1;
      lanes.push(
        lane().catch((error: unknown) => {
          open -= 1;
          broken ??= { error };
        }),
      );
    }
  }

  widen();
  // Lanes that are opened on the way stand behind those that open them.
  for (const one of lanes) await one;
  await Promise.all(ahead);
  if (broken !== undefined) throw broken.error;
  if (failure !== undefined) throw failure.error;
  if (yields && !context.held.has(destination)) return 'yields';
  if (isStopped()) return 'blocked';
  return source.exhausted ? 'drained' : 'more';
}

const lengthOf = ({ message }: Ready): number => message.text.length + (message.html?.length ?? 0);

/**
 * Whether a head that has just failed has blocked its folder for long enough. While its destination is held, every head
 * that was moved to the retry queue during this hold doubles the limit for the next: a receiver that is down for a day
 * must not break up the order of a folder.
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
