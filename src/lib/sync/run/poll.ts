import type { ErrorCode } from '../../error-codes.ts';
import { isBrokerError } from '../../errors.ts';
import { isIdle, type PollPlan, planPoll } from '../../mailbox/session/plan.ts';
import type { FolderStatus } from '../../mailbox/session/session.ts';
import { createBackfill } from '../backlog/backfill.ts';
import { createReplay } from '../backlog/replay.ts';
import type { Source } from '../delivering/backlog.ts';
import { deliverBacklog, type Turn } from '../delivering/deliver-backlog.ts';
import { newMail } from '../delivering/new-mail.ts';
import { sendOutbox } from '../delivering/outbox.ts';
import { retryFolder } from '../delivering/retry.ts';
import { createSource } from '../delivering/source.ts';
import type { PollContext, Task } from '../delivering/task.ts';
import { fillRecentMessages, positionAt } from '../folder/baseline.ts';
import { lookForChanges } from '../folder/changes.ts';
import { look } from '../folder/look.ts';
import { resetFolder } from '../folder/reset.ts';
import type { Participant } from '../state/barrier.ts';
import type { FolderPoll, MailboxPoll, MailboxRun } from '../state/folder-poll.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import type { MailboxRecord } from '../state/mailbox-record.ts';
import { readMessageRows } from '../state/message-rows.ts';
import { turn as turnLimits } from '../state/run-context.ts';
import type { Verdict } from './mailbox-state.ts';
import type { Permit, TakeTurn } from './semaphore.ts';
import type { ShardContext } from './shard-context.ts';

/** A folder that a poll works on. */
interface Work {
  readonly record: FolderRecord;
  readonly status: FolderStatus;
  plan: PollPlan;
  source?: Source;
  /** What is left of new mail, then of messages to try again. */
  fresh: 'open' | 'drained' | 'blocked' | 'yields';
  retries: 'open' | 'done' | 'yields';
}

/** A poll under way. */
interface OngoingPoll extends MailboxPoll<ShardContext>, Pick<PollContext, 'gone' | 'order'> {
  readonly works: readonly Work[];
  readonly takeTurn: TakeTurn;
}

/** What is done when there is no new mail, in this order. */
const taskKinds: readonly ((pollContext: PollContext) => Task)[] = [createReplay, createBackfill];

/**
 * One poll of a mailbox: looks at all its folders, then delivers what is new, a turn at a time, so that a long backlog
 * in one mailbox delays no other. What is not new comes after that, as long as nobody's new mail waits for it.
 * @throws what the mail server, the token, the store or the lease throw; what was committed until then stands
 */
export async function poll(at: MailboxRun<ShardContext>, takeTurn: TakeTurn): Promise<Verdict> {
  const participant = at.context.barrier.enter(at.mailbox.row.destinationId);
  try {
    return await pollAmong(at, takeTurn, participant);
  } finally {
    participant.leave();
  }
}

async function pollAmong(
  { context, mailbox }: MailboxRun<ShardContext>,
  takeTurn: TakeTurn,
  participant: Participant,
): Promise<Verdict> {
  const { session, folders, missing } = await look(context, mailbox);
  const gone = new Set(missing);
  // Whoever has lost the lease has nothing more to ask the mail server.
  const { signal } = context.committer;
  const leave = () => void session.close();
  signal.addEventListener('abort', leave, { once: true });
  try {
    const now = context.now();
    const works = folders.map(({ record, status }): Work => {
      const plan = planPoll(record.exists ? record.cursor : undefined, status, now, mailbox.row.createdAt);
      if (plan.kind === 'poll') record.note(status);
      const retries = plan.kind === 'poll' && plan.retries ? 'open' : 'done';
      return { record, status, plan, fresh: isIdle(plan) ? 'drained' : 'open', retries };
    });
    const isThorough = works.every(({ plan }) => plan.kind === 'poll' && !plan.fillRecentMessages);
    const isOpen = () => works.some((work) => work.fresh === 'open' || work.retries === 'open');
    const at: OngoingPoll = { context, mailbox, session, works, gone, order: orderOf(context, mailbox), takeTurn };
    const held = () => context.held.has(mailbox.row.destinationId);
    for (let insists = false; ; insists = true) {
      while (isOpen() && !held() && !context.isOver()) {
        await takeTurn((permit) => takePart(at, newTurn(context, insists, permit)));
      }
      if (!(await isLeftAlone(at, participant))) break;
    }
    participant.leave();
    const records = works.map(({ record }) => record).filter((record) => !gone.has(record));
    const isDrained = works.every((work) => work.fresh === 'drained');
    if (isDrained && !held() && !context.isOver()) {
      await takeTurn(() => lookForChanges(at, { records, isPartial: gone.size > 0, isThorough }));
    }
    const tasks = taskKinds.map((create) => create({ ...at, records }));
    if (isDrained && !isOpen()) await runTasks(at, tasks);
    const isLeft = isOpen() || tasks.some((task) => task.left() === 'more');
    const isBlocked = held() || works.some(isStuck);
    const isWaiting =
      isLeft ||
      works.some((work) => isStuck(work) || hasWork(work.record)) ||
      tasks.some((task) => task.left() === 'wait');
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
 * Lets everyone else go first where the destination failed on a message of this mailbox last: the rest of the mailbox
 * has done so by now, its events and the other mailboxes of the shard do here.
 * @returns true if such a message is all that is left, and was opened again
 */
async function isLeftAlone(at: OngoingPoll, participant: Participant): Promise<boolean> {
  const { context, mailbox, works } = at;
  const isBusy = () => context.held.has(mailbox.row.destinationId) || context.isOver();
  const yielding = works.filter(({ fresh, retries }) => fresh === 'yields' || retries === 'yields');
  if (yielding.length === 0 || isBusy()) return false;
  if (mailbox.outbox().length > 0) {
    await at.takeTurn(async () => {
      await context.committer.commit(mailbox);
      await sendOutbox(at);
    });
  }
  await participant.othersDone();
  if (isBusy()) return false;
  for (const work of yielding) {
    // What it took from its folder has to be found again.
    if (work.fresh === 'yields') Object.assign(work, { fresh: 'open', source: undefined });
    if (work.retries === 'yields') work.retries = 'open';
  }
  return true;
}

/**
 * Does what has time until now, each task's turn after the events that wait: whoever gets mail of last month shall know
 * first of which mailbox. The next tick's look for new mail of the whole shard does not wait for it, nor does anyone's
 * new mail in this run.
 */
async function runTasks(at: OngoingPoll, tasks: readonly Task[]): Promise<void> {
  const { context, session, mailbox } = at;
  for (;;) {
    const task = tasks.find((one) => one.left() === 'more');
    if (task === undefined || context.held.has(mailbox.row.destinationId) || context.isNextTick()) return;
    await at.takeTurn(async () => {
      await context.committer.commit(mailbox);
      await sendOutbox(at);
      if (!context.held.has(mailbox.row.destinationId)) await task.work(newTurn(context, true));
      await session.release();
    }, 'after others');
  }
}

/**
 * A turn; where `place` is given, it continues past its limits as long as nobody else waits for the place: at its end
 * the
 * messages under way have to be settled before the next are begun, and the folder is closed and opened again.
 */
function newTurn(context: ShardContext, insists: boolean, permit?: Permit): Turn {
  const until = context.clock.monotonic() + turnLimits.ms;
  const own: Turn = {
    messages: turnLimits.messages,
    isOver() {
      if (context.isOver()) return true;
      return (own.messages <= 0 || context.clock.monotonic() >= until) && (permit?.isWanted() ?? true);
    },
    insists,
  };
  return own;
}

/** Asked for only where something is to be delivered: an idle poll reads no row for it. */
function orderOf(context: ShardContext, mailbox: MailboxRecord): PollContext['order'] {
  let known: Promise<'strict' | 'window'> | undefined;
  return async () => {
    known ??= context.destinations?.order(mailbox.row.destinationId);
    return (await known) ?? 'strict';
  };
}

/** What is to be tried again by the next polls: a mailbox with that is not left alone for longer than a tick. */
const hasWork = ({ cursor }: FolderRecord): boolean =>
  cursor.uidGaps.length > 0 || cursor.retries > 0 || cursor.flagsAt === undefined;

/** One turn of a poll: what is new in its folders, as far as the turn goes, then what is tried again. */
async function takePart(at: OngoingPoll, turn: Turn): Promise<void> {
  const { context, session, mailbox, works } = at;
  await readMessageRows(context, mailbox);
  const open = works.filter((work) => work.fresh === 'open');
  // Renumbered folders first: until then nobody can say whether a message of theirs is still in its place.
  for (const work of open) {
    if (work.plan.kind === 'reset') await settleIn(at, work);
  }
  for (const work of open) {
    if (turn.isOver() || context.held.has(mailbox.row.destinationId)) break;
    if (work.plan.kind !== 'poll' || work.plan.fillRecentMessages) await settleIn(at, work);
    await missingAside(at, work, async (folder) => {
      if (work.plan.kind !== 'poll') return;
      work.source ??= createSource(folder, await newMail(folder, work.plan.fresh));
      const end = await deliverBacklog(folder, work.source, { turn, order: await at.order() });
      if (end !== 'more') work.fresh = end;
    });
  }
  // New mail of all folders first: a message that moved has taken its row along by then.
  const retrying = works.some((work) => work.fresh === 'open') ? [] : works.filter((work) => work.retries === 'open');
  for (const work of retrying) {
    await missingAside(at, work, async (folder) => {
      const end = await retryFolder(folder, turn);
      if (end !== 'more') work.retries = end === 'yields' ? end : 'done';
    });
  }
  // STATUS on a selected folder is discouraged (RFC 3501 section 6.3.10), and the next poll begins with it.
  await session.release();
}

/** Brings a folder that has no position yet, or a false one, to where it can be polled. */
async function settleIn(at: OngoingPoll, work: Work): Promise<void> {
  const { record, status, plan } = work;
  const now = at.context.now();
  await missingAside(at, work, async (folder) => {
    if (plan.kind === 'reset') {
      await resetFolder(folder, status, plan.cause);
    } else {
      const begin = plan.kind === 'poll' ? undefined : await positionAt(folder, status, plan.since);
      const { lastUid, missing, unseen } = begin ?? { lastUid: record.cursor.lastUid, missing: [], unseen: [] };
      const moved = await fillRecentMessages(folder, status, { lastUid, doubtful: [...missing, ...unseen], now });
      // Of what is pushed out here nobody knows that it ever was there: nothing is told.
      record.openUidGaps(missing, now, 'missing');
      record.openUidGaps(unseen, now, 'unseen');
      // They are taken over like whatever comes from another folder.
      record.openUidGaps(moved, now, 'present');
    }
    work.plan = planPoll(record.cursor, status, now, at.mailbox.row.createdAt);
  });
}

/** A folder that disappears while it is worked on concerns that folder alone. */
async function missingAside(
  { gone, ...at }: OngoingPoll,
  work: Work,
  step: (folder: FolderPoll<ShardContext>) => Promise<void>,
): Promise<void> {
  try {
    await step({ ...at, record: work.record });
  } catch (error) {
    if (!isBrokerError(error, 'folder_missing')) throw error;
    Object.assign(work, { fresh: 'drained', retries: 'done' });
    gone.add(work.record);
  }
}
