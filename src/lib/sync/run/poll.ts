import type { ErrorCode } from '../../error-codes.ts';
import { isBrokerError } from '../../errors.ts';
import { isIdle, type PollPlan, planPoll } from '../../mailbox/session/plan.ts';
import type { FolderStatus, ImapSession } from '../../mailbox/session/session.ts';
import { createBackfill } from '../backlog/backfill.ts';
import { createReplay } from '../backlog/replay.ts';
import type { Source } from '../delivering/backlog.ts';
import type { Errand, Scene } from '../delivering/errand.ts';
import { newMail } from '../delivering/new-mail.ts';
import { sendOutbox } from '../delivering/outbox.ts';
import { pump, type Turn } from '../delivering/pump.ts';
import { retryFolder } from '../delivering/retry.ts';
import { createSource } from '../delivering/source.ts';
import { fillRing, positionAt } from '../folder/baseline.ts';
import { lookForChanges } from '../folder/changes.ts';
import { look } from '../folder/look.ts';
import { resetFolder } from '../folder/reset.ts';
import type { Visitor } from '../state/barrier.ts';
import type { FolderBook } from '../state/folder-record.ts';
import type { MailboxBook } from '../state/mailbox-record.ts';
import { readMessageRows } from '../state/message-rows.ts';
import { type RunContext, turn as turnLimits } from '../state/run-context.ts';
import type { Verdict } from './mailbox-state.ts';
import type { Place, TakeTurn } from './semaphore.ts';

/** A folder that a poll works on. */
interface Work {
  readonly book: FolderBook;
  readonly status: FolderStatus;
  plan: PollPlan;
  source?: Source;
  /** What is left of new mail, then of messages to try again. */
  fresh: 'open' | 'drained' | 'blocked' | 'yields';
  retries: 'open' | 'done' | 'yields';
}

/** What is done when there is no new mail, in this order. */
const errandKinds: readonly ((scene: Scene) => Errand)[] = [createReplay, createBackfill];

/**
 * One poll of a mailbox: looks at all its folders, then delivers what is new, a turn at a time, so that a long backlog
 * in one mailbox delays no other. What is not new comes after that, as long as nobody's new mail waits for it.
 * @throws what the mail server, the token, the store or the lease throw; what was committed until then stands
 */
export async function poll(context: RunContext, mailbox: MailboxBook, takeTurn: TakeTurn): Promise<Verdict> {
  const visitor = context.crowd.enter(mailbox.row.destinationId);
  try {
    return await pollAmong(context, mailbox, takeTurn, visitor);
  } finally {
    visitor.leave();
  }
}

async function pollAmong(
  context: RunContext,
  mailbox: MailboxBook,
  takeTurn: TakeTurn,
  visitor: Visitor,
): Promise<Verdict> {
  const { session, folders, missing } = await look(context, mailbox);
  const gone = new Set(missing);
  // Whoever has lost the lease has nothing more to ask the mail server.
  const { signal } = context.committer;
  const leave = () => void session.close();
  signal.addEventListener('abort', leave, { once: true });
  try {
    const now = context.now();
    const works = folders.map(({ book, status }): Work => {
      const plan = planPoll(book.exists ? book.cursor : undefined, status, now, mailbox.row.createdAt);
      if (plan.kind === 'poll') book.note(status);
      const retries = plan.kind === 'poll' && plan.retries ? 'open' : 'done';
      return { book, status, plan, fresh: isIdle(plan) ? 'drained' : 'open', retries };
    });
    const isThorough = works.every(({ plan }) => plan.kind === 'poll' && !plan.fillRing);
    const isOpen = () => works.some((work) => work.fresh === 'open' || work.retries === 'open');
    const order = orderOf(context, mailbox);
    const held = () => context.held.has(mailbox.row.destinationId);
    for (let insists = false; ; insists = true) {
      while (isOpen() && !held() && !context.isOver()) {
        await takeTurn((place) =>
          turn(newTurn(context, insists, place), context, session, mailbox, works, gone, order),
        );
      }
      if (!(await isLeftAlone(context, mailbox, works, visitor, takeTurn))) break;
    }
    visitor.leave();
    const books = works.map(({ book }) => book).filter((book) => !gone.has(book));
    const isDrained = works.every((work) => work.fresh === 'drained');
    if (isDrained && !held() && !context.isOver()) {
      await takeTurn(() => lookForChanges(context, session, mailbox, { books, isPartial: gone.size > 0, isThorough }));
    }
    const scene: Scene = { context, session, mailbox, books, gone, order };
    const errands = errandKinds.map((create) => create(scene));
    if (isDrained && !isOpen()) await runErrands(scene, errands, takeTurn);
    const isLeft = isOpen() || errands.some((errand) => errand.left() === 'more');
    const isBlocked = held() || works.some(isStuck);
    const isWaiting =
      isLeft ||
      works.some((work) => isStuck(work) || hasWork(work.book)) ||
      errands.some((errand) => errand.left() === 'wait');
    const left = isLeft && !isBlocked ? 'more' : isWaiting ? 'wait' : 'nothing';
    const code: ErrorCode = 'folder_missing';
    return gone.size > 0 ? { kind: 'partly', code, left } : { kind: 'ok', left };
  } finally {
    signal.removeEventListener('abort', leave);
    await session.close();
  }
}

const isStuck = ({ fresh, retries }: Work): boolean =>
  fresh === 'blocked' || fresh === 'yields' || retries === 'yields';

/**
 * Lets everybody else go first where the destination failed on a message of this mailbox last: the rest of the mailbox
 * has done so by now, its events and the other mailboxes of the shard do here.
 * @returns true if such a message is all that is left, and was opened again
 */
async function isLeftAlone(
  context: RunContext,
  mailbox: MailboxBook,
  works: readonly Work[],
  visitor: Visitor,
  takeTurn: TakeTurn,
): Promise<boolean> {
  const isBusy = () => context.held.has(mailbox.row.destinationId) || context.isOver();
  const yielding = works.filter(({ fresh, retries }) => fresh === 'yields' || retries === 'yields');
  if (yielding.length === 0 || isBusy()) return false;
  if (mailbox.outbox().length > 0) {
    await takeTurn(async () => {
      await context.committer.commit(mailbox);
      await sendOutbox(context, mailbox);
    });
  }
  await visitor.othersDone();
  if (isBusy()) return false;
  for (const work of yielding) {
    // What it took from its folder has to be found again.
    if (work.fresh === 'yields') Object.assign(work, { fresh: 'open', source: undefined });
    if (work.retries === 'yields') work.retries = 'open';
  }
  return true;
}

/**
 * Does what has time until now, each errand's turn after the events that wait: whoever gets mail of last month shall know
 * first of which mailbox. The next tick's look for new mail of the whole shard does not wait for it, nor does anybody's
 * new mail in this run.
 */
async function runErrands(scene: Scene, errands: readonly Errand[], takeTurn: TakeTurn): Promise<void> {
  const { context, session, mailbox } = scene;
  for (;;) {
    const errand = errands.find((one) => one.left() === 'more');
    if (errand === undefined || context.held.has(mailbox.row.destinationId) || context.isNextTick()) return;
    await takeTurn(async () => {
      await context.committer.commit(mailbox);
      await sendOutbox(context, mailbox);
      if (!context.held.has(mailbox.row.destinationId)) await errand.work(newTurn(context, true));
      await session.release();
    }, 'after others');
  }
}

/**
 * A turn; where `place` is given, it goes on past its limits as long as nobody else waits for the place: at its end the
 * messages under way have to be settled before the next are begun, and the folder is closed and opened again.
 */
function newTurn(context: RunContext, insists: boolean, place?: Place): Turn {
  const until = context.clock.monotonic() + turnLimits.ms;
  const own: Turn = {
    messages: turnLimits.messages,
    isOver() {
      if (context.isOver()) return true;
      return (own.messages <= 0 || context.clock.monotonic() >= until) && (place?.isWanted() ?? true);
    },
    insists,
  };
  return own;
}

/** Asked for only where something is to be delivered: an idle poll reads no row for it. */
function orderOf(context: RunContext, mailbox: MailboxBook): Scene['order'] {
  let known: Promise<'strict' | 'window'> | undefined;
  return async () => {
    known ??= context.destinations?.order(mailbox.row.destinationId);
    return (await known) ?? 'strict';
  };
}

/** What is to be tried again by the next polls: a mailbox with that is not left alone for longer than a tick. */
const hasWork = ({ cursor }: FolderBook): boolean =>
  cursor.holes.length > 0 || cursor.retries > 0 || cursor.flagsAt === undefined;

async function turn(
  own: Turn,
  context: RunContext,
  session: ImapSession,
  mailbox: MailboxBook,
  works: readonly Work[],
  gone: Set<FolderBook>,
  order: Scene['order'],
): Promise<void> {
  await readMessageRows(context, mailbox);
  const open = works.filter((work) => work.fresh === 'open');
  // Renumbered folders first: until then nobody can say whether a message of theirs is still in its place.
  for (const work of open) {
    if (work.plan.kind === 'reset') await settleIn(context, session, mailbox, work, gone);
  }
  for (const work of open) {
    if (own.isOver() || context.held.has(mailbox.row.destinationId)) break;
    if (work.plan.kind !== 'poll' || work.plan.fillRing) await settleIn(context, session, mailbox, work, gone);
    await missingAside(work, gone, async () => {
      if (work.plan.kind !== 'poll') return;
      work.source ??= createSource(
        context,
        session,
        mailbox,
        work.book,
        await newMail(context, session, mailbox, work.book, work.plan.fresh),
      );
      const end = await pump(context, mailbox, work.book, work.source, own, await order());
      if (end !== 'more') work.fresh = end;
    });
  }
  // New mail of all folders first: a message that moved has taken its row along by then.
  const retrying = works.some((work) => work.fresh === 'open') ? [] : works.filter((work) => work.retries === 'open');
  for (const work of retrying) {
    await missingAside(work, gone, async () => {
      const end = await retryFolder(context, session, mailbox, work.book, own);
      if (end !== 'more') work.retries = end === 'yields' ? end : 'done';
    });
  }
  // STATUS on a selected folder is discouraged (RFC 3501 section 6.3.10), and the next poll begins with it.
  await session.release();
}

/** Brings a folder that has no position yet, or a false one, to where it can be polled. */
async function settleIn(
  context: RunContext,
  session: ImapSession,
  mailbox: MailboxBook,
  work: Work,
  gone: Set<FolderBook>,
): Promise<void> {
  const { book, status, plan } = work;
  const now = context.now();
  await missingAside(work, gone, async () => {
    if (plan.kind === 'reset') {
      await resetFolder(context, session, mailbox, book, status, plan.cause);
    } else {
      const { path } = book.folder;
      const begin = plan.kind === 'poll' ? undefined : await positionAt(session, path, status, plan.since);
      const { lastUid, missing, unseen } = begin ?? { lastUid: book.cursor.lastUid, missing: [], unseen: [] };
      const moved = await fillRing(session, mailbox, book, status, lastUid, [...missing, ...unseen], now);
      // Of what is pushed out here nobody knows that it ever was there: nothing is told.
      book.openHoles(missing, now, 'missing');
      book.openHoles(unseen, now, 'unseen');
      // They are taken over like whatever comes from another folder.
      book.openHoles(moved, now, 'present');
    }
    work.plan = planPoll(book.cursor, status, now, mailbox.row.createdAt);
  });
}

/** A folder that disappears while it is worked on concerns that folder alone. */
async function missingAside(work: Work, gone: Set<FolderBook>, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!isBrokerError(error, 'folder_missing')) throw error;
    Object.assign(work, { fresh: 'drained', retries: 'done' });
    gone.add(work.book);
  }
}
