import { windowSizes } from '../../domain/events/window-size.ts';
import type { ErrorCode } from '../../error-codes.ts';
import { isBrokerError } from '../../errors.ts';
import { isIdle, type PollPlan, planPoll } from '../../mailbox/session/plan.ts';
import type { FolderStatus, ImapSession } from '../../mailbox/session/session.ts';
import { createBackfill } from '../backlog/backfill.ts';
import { createReplay } from '../backlog/replay.ts';
import type { Source } from '../delivering/backlog.ts';
import { deliverBacklog, type Turn } from '../delivering/deliver-backlog.ts';
import type { DeliveryPoll } from '../delivering/delivery-context.ts';
import { newMail } from '../delivering/new-mail.ts';
import { sendOutbox } from '../delivering/outbox.ts';
import { retryFolder } from '../delivering/retry.ts';
import { createSource } from '../delivering/source.ts';
import type { PollContext, Task } from '../delivering/task.ts';
import { lookForChanges } from '../folder/changes.ts';
import { areCountsNew, tellCounts } from '../folder/counts.ts';
import type { FolderContext } from '../folder/folder-context.ts';
import { look } from '../folder/look.ts';
import { settleIn } from '../folder/settle-in.ts';
import type { Participant } from '../state/barrier.ts';
import type { FolderPoll, MailboxRun } from '../state/folder-poll.ts';
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
interface OngoingPoll extends MailboxRun<ShardContext> {
  readonly session: ImapSession;
  readonly works: readonly Work[];
  /** Folders that are not there, or disappear during the poll. */
  readonly gone: Set<FolderRecord>;
  readonly order: PollContext['order'];
  readonly takeTurn: TakeTurn;
}

/** What a turn of a poll does, in this order. Each step ends early when the turn is over or the destination is held. */
const turnSteps: readonly ((at: OngoingPoll, turn: Turn) => Promise<void>)[] = [
  ({ context, mailbox }) => readMessageRows(context, mailbox),
  // First: until then it is unknown whether a message of a renumbered folder is still in its place.
  recoverRenumbered,
  deliverNewMail,
  // After the new mail of all folders: a message that moved has taken its row along by then.
  retryFailed,
  // STATUS on a selected folder is discouraged (RFC 3501 section 6.3.10), and the next poll begins with it.
  ({ session }) => session.release(),
];

/** What is done when there is no new mail, in this order. */
const taskKinds: readonly ((pollContext: PollContext) => Task)[] = [createReplay, createBackfill];

/**
 * One poll of a mailbox: looks at all its folders, then delivers what is new, a turn at a time, so that a long backlog
 * in one mailbox delays no other. Changes, replays and old mail come after that, once no mailbox of the shard has new mail
 * waiting.
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
  const { session, folders, missing } = await look(context.folder, mailbox);
  const gone = new Set(missing);
  // A run that has lost the lease has nothing more to ask the mail server.
  const { signal } = context.committer;
  const leave = () => void session.close();
  signal.addEventListener('abort', leave, { once: true });
  try {
    const counted = folders.filter(({ record, status }) => areCountsNew(record, status));
    const works = folders.map((folder) => planWork(folder, context.now(), mailbox));
    if (counted.length > 0 && context.folder.destinations?.wantsCounts !== undefined) {
      await tellCounts({ context: context.folder, mailbox }, counted);
    }
    const isThorough = works.every(({ plan }) => plan.kind === 'poll' && !plan.fillRecentMessages);
    const isOpen = () => works.some((work) => work.fresh === 'open' || work.retries === 'open');
    const at: OngoingPoll = { context, mailbox, session, works, gone, order: orderOf(context, mailbox), takeTurn };
    const held = () => isHeld(at);
    for (let insists = false; ; insists = true) {
      while (isOpen() && !held() && !context.isOver()) {
        await takeTurn(async (permit) => {
          const turn = newTurn({ context, mailbox }, insists, permit);
          for (const step of turnSteps) await step(at, turn);
        });
      }
      if (!(await isLeftAlone(at, participant))) break;
    }
    participant.leave();
    const records = works.map(({ record }) => record).filter((record) => !gone.has(record));
    const isDrained = works.every((work) => work.fresh === 'drained');
    if (isDrained && !held() && !context.isOver()) {
      const searched = { records, isPartial: gone.size > 0, isThorough };
      await takeTurn(() => lookForChanges({ context: context.folder, mailbox, session }, searched));
    }
    const { order } = at;
    const tasks = taskKinds.map((create) =>
      create({ context: context.delivery, mailbox, session, records, gone, order }),
    );
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

function planWork(
  { record, status }: Pick<Work, 'record' | 'status'>,
  now: Date,
  { row }: Pick<MailboxRecord, 'row'>,
): Work {
  const plan = planPoll(record.exists ? record.cursor : undefined, status, now, row.createdAt);
  if (plan.kind === 'poll') record.note(status);
  const retries = plan.kind === 'poll' && plan.retries ? 'open' : 'done';
  return { record, status, plan, fresh: isIdle(plan) ? 'drained' : 'open', retries };
}

/** Nothing more goes to the destination of the mailbox in this run. */
const isHeld = ({ context, mailbox }: MailboxRun<ShardContext>): boolean =>
  context.delivery.held.has(mailbox.row.destinationId);

const isStuck = ({ fresh, retries }: Work): boolean =>
  fresh === 'blocked' || fresh === 'yields' || retries === 'yields';

/** Work for the next polls: a mailbox with such work is polled again in the next tick. */
const hasWork = ({ cursor }: FolderRecord): boolean =>
  cursor.uidGaps.length > 0 || cursor.retries > 0 || cursor.flagsAt === undefined;

async function recoverRenumbered(at: OngoingPoll): Promise<void> {
  for (const work of at.works) {
    if (work.fresh === 'open' && work.plan.kind === 'reset') await giveItsPosition(at, work);
  }
}

async function deliverNewMail(at: OngoingPoll, turn: Turn): Promise<void> {
  for (const work of at.works.filter(({ fresh }) => fresh === 'open')) {
    if (turn.isOver() || isHeld(at)) return;
    if (work.plan.kind !== 'poll' || work.plan.fillRecentMessages) await giveItsPosition(at, work);
    await missingAside(at, work, async () => {
      if (work.plan.kind !== 'poll') return;
      const folder = deliveryOf(at, work);
      work.source ??= createSource(folder, await newMail(folder, work.plan.fresh));
      const end = await deliverBacklog(folder, work.source, { turn, order: await at.order() });
      if (end !== 'more') work.fresh = end;
    });
  }
}

async function retryFailed(at: OngoingPoll, turn: Turn): Promise<void> {
  if (at.works.some((work) => work.fresh === 'open')) return;
  for (const work of at.works.filter(({ retries }) => retries === 'open')) {
    await missingAside(at, work, async () => {
      const end = await retryFolder(deliveryOf(at, work), turn);
      if (end !== 'more') work.retries = end === 'yields' ? end : 'done';
    });
  }
}

const giveItsPosition = (at: OngoingPoll, work: Work): Promise<void> =>
  missingAside(at, work, async () => {
    work.plan = await settleIn(folderOf(at, work), work);
  });

const folderOf = ({ context, mailbox, session }: OngoingPoll, { record }: Work): FolderPoll<FolderContext> => ({
  context: context.folder,
  ...{ mailbox, session, record },
});

const deliveryOf = ({ context, mailbox, session }: OngoingPoll, { record }: Work): DeliveryPoll => ({
  context: context.delivery,
  ...{ mailbox, session, record },
});

/** A folder that disappears while it is worked on affects no other folder. */
async function missingAside({ gone }: OngoingPoll, work: Work, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!isBrokerError(error, 'folder_missing')) throw error;
    Object.assign(work, { fresh: 'drained', retries: 'done' });
    gone.add(work.record);
  }
}

/**
 * Lets others go first where the destination failed on a message of this mailbox last: the rest of the mailbox has done so
 * by now, its events and the other mailboxes of the shard do here.
 * @returns true if such a message is all that is left, and was opened again
 */
async function isLeftAlone(at: OngoingPoll, participant: Participant): Promise<boolean> {
  const { context, mailbox, works } = at;
  const isBusy = () => isHeld(at) || context.isOver();
  const yielding = works.filter(({ fresh, retries }) => fresh === 'yields' || retries === 'yields');
  if (yielding.length === 0 || isBusy()) return false;
  if (mailbox.outbox().length > 0) await at.takeTurn(() => sendEventsFirst(at));
  await participant.othersDone();
  if (isBusy()) return false;
  for (const work of yielding) {
    // What it took from its folder has to be found again.
    if (work.fresh === 'yields') Object.assign(work, { fresh: 'open', source: undefined });
    if (work.retries === 'yields') work.retries = 'open';
  }
  return true;
}

async function sendEventsFirst({ context, mailbox }: OngoingPoll): Promise<void> {
  await context.committer.commit(mailbox);
  await sendOutbox({ context: context.delivery, mailbox });
}

/**
 * Works on tasks until the next tick. Each turn of a task comes after the events that wait: a receiver hears of a mailbox
 * before it gets its mail of last month. The next tick's look for new mail of the whole shard does not wait for tasks, nor
 * does the new mail of any mailbox in this run.
 */
async function runTasks(at: OngoingPoll, tasks: readonly Task[]): Promise<void> {
  const { context, session } = at;
  for (;;) {
    const task = tasks.find((one) => one.left() === 'more');
    if (task === undefined || isHeld(at) || context.isNextTick()) return;
    await at.takeTurn(async () => {
      await sendEventsFirst(at);
      if (!isHeld(at)) await task.work(newTurn(at, true));
      await session.release();
    }, 'after others');
  }
}

/**
 * A turn. With a `permit` it continues past its limits as long as no other mailbox waits for its place: at the end of a
 * turn the messages under way have to be settled before the next are begun, and the folder is closed and opened again.
 */
function newTurn({ context, mailbox }: MailboxRun<ShardContext>, insists: boolean, permit?: Permit): Turn {
  // A turn that is hardly longer than the window would mostly wait for the last messages of the one before.
  const window = context.delivery.deliverer.window?.(mailbox.row.destinationId) ?? windowSizes.least;
  const windows = window / windowSizes.least;
  const until = context.clock.monotonic() + turnLimits.ms;
  const own: Turn = {
    messages: turnLimits.messages * windows,
    isOver() {
      if (context.isOver()) return true;
      return (own.messages <= 0 || context.clock.monotonic() >= until) && (permit?.isWanted() ?? true);
    },
    insists,
  };
  return own;
}

/** Read only where something is to be delivered: an idle poll reads no row for it. */
function orderOf({ delivery }: ShardContext, { row }: MailboxRecord): PollContext['order'] {
  let known: Promise<'strict' | 'window'> | undefined;
  return async () => {
    known ??= delivery.destinations?.order(row.destinationId);
    return (await known) ?? 'strict';
  };
}
