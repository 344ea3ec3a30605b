import { isDeepStrictEqual } from 'node:util';
import { everyone } from '../../domain/everyone.ts';
import { eventId } from '../../domain/ids.ts';
import { isBrokerError } from '../../errors.ts';
import { addHour, hourOf } from '../../store/rows/hour-counts.ts';
import { coldKinds, type StateRow } from '../../store/rows/rows.ts';
import { emptySlot } from '../../store/rows/shard-row.ts';
import { encodeState } from '../../store/rows/state-row.ts';
import type { Committer, CommitUnit } from '../../store/shard/committer.ts';
import { type Head, type Lease, LeaseLost } from '../../store/shard/lease.ts';
import { type BatchOperation, isStoreError, type StoreError } from '../../store/table/table.ts';
import { sendOutbox } from '../delivering/outbox.ts';
import { createCrowd } from '../state/barrier.ts';
import { createMailboxBook, type MailboxBook } from '../state/mailbox-record.ts';
import type { RowMemory } from '../state/row-memory.ts';
import { concurrentErrands, concurrentMailboxes, type RunContext } from '../state/run-context.ts';
import { countFields, createRunCounts } from '../state/run-counts.ts';
import { safeModeOf } from '../state/safe-mode.ts';
import type { ShardRunnerDeps } from '../state/types.ts';
import { tickAt } from '../state/wake-up.ts';
import { erase } from './erase.ts';
import { isDue, judge, type Verdict } from './mailbox-state.ts';
import { readCold } from './on-demand-rows.ts';
import { poll } from './poll.ts';
import type { HotMailbox, HotRange } from './polled-rows.ts';
import { createTurnstile, type TakeTurn } from './semaphore.ts';
import { unwatch, unwatched } from './unwatch.ts';

export interface ShardWork {
  readonly shard: number;
  readonly lease: Lease;
  readonly committer: Committer;
  readonly hot: HotRange;
  readonly tick: number;
  readonly isOver: () => boolean;
  /** Lets one through at a time in the whole process. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly memory: RowMemory;
}

/** A mailbox in this run. */
interface Guest extends HotMailbox {
  readonly book: MailboxBook;
  readonly isAsked: boolean;
  readonly isRemoved: boolean;
}

/**
 * Works on a shard under its lease: erases what was removed, polls what is due, delivers, and gives the lease back in
 * the commit that records how everybody fared. @returns true if work is left that a continuation can go on with at once
 * @throws LeaseLost, StoreError
 */
export async function workShard(deps: ShardRunnerDeps, work: ShardWork): Promise<boolean> {
  const { committer, hot, shard } = work;
  const { head } = work.lease;
  const context = createContext(deps, work);
  const startedAt = deps.clock.monotonic();
  for (const { rowKey, error } of hot.broken) deps.log.error('row_broken', error, { shard, row: rowKey });

  const guests = hot.mailboxes.map((found): Guest => {
    const isRemoved = found.row.deletedAt !== undefined;
    // Of a removed mailbox only the outbox is worked with: nothing may bring its other rows back.
    const [state, cursors] = isRemoved ? [undefined, new Map()] : [found.state, found.cursors];
    const book = createMailboxBook(found.row, state, cursors, context.now(), (_, error) =>
      degrade(context, found, error),
    );
    return { ...found, book, isRemoved, isAsked: !isRemoved && book.state.answered !== found.row.asked };
  });
  // A tombstone whose rows are still there, or whose last steps outside this table may not be done.
  const erasing = guests.filter(
    (guest) => guest.isRemoved && (guest.state !== undefined || guest.cursors.size > 0 || has(head, 'tombstone')),
  );
  if (erasing.length > 0) head.flags |= coldKinds.tombstone;

  const asked = guests.filter((guest) => guest.isAsked);
  const cold = await readCold(
    deps,
    shard,
    {
      outbox: has(head, 'outbox') || asked.length > 0 || erasing.length > 0,
      jobs: has(head, 'job') || asked.length > 0,
    },
    asked.map((guest) => guest.row.id),
  );
  head.flags |= cold.flags;
  const byId = new Map(guests.map((guest) => [guest.row.id, guest]));
  for (const event of cold.outbox) {
    const guest = byId.get(event.mailboxId);
    if (guest !== undefined && (!guest.isRemoved || event.type === 'mailbox.removed')) guest.book.foundOutbox(event);
  }
  for (const job of cold.jobs) {
    const guest = byId.get(job.mailboxId);
    if (guest?.isRemoved === false) guest.book.foundJob(job);
  }
  for (const { book } of guests) book.heedStops();

  const takeTurn = createTurnstile(concurrentMailboxes, concurrentErrands);
  let more = false;
  let erased = true;
  let left = false;
  await everyone([
    ...erasing.map((guest) => async () => {
      const failed = await attempt(context, guest, () => erase(context, guest.row));
      if (failed !== undefined) erased = false;
    }),
    ...guests.map((guest) => async () => {
      const stale = guest.isRemoved || guest.fault !== undefined ? [] : unwatched(guest.row, guest.cursors);
      if (stale.length > 0) {
        const failed = await attempt(context, guest, () => unwatch(context, guest.book, stale));
        if (failed !== undefined) left = true;
      }
      if (!guest.isRemoved) more = (await attend(context, head, guest, takeTurn)) || more;
      await sendEvents(context, guest, takeTurn);
    }),
  ]);

  if (erased) head.flags &= ~coldKinds.tombstone;
  // Events and jobs of a mailbox whose row is broken wait until that is mended.
  const isStuck = (rows: readonly { readonly mailboxId: string }[]) =>
    hot.broken.length > 0 && rows.some(({ mailboxId }) => !byId.has(mailboxId));
  const keeps = (kind: 'outbox' | 'job', rows: readonly { readonly mailboxId: string }[], isLeft: boolean) => {
    if (isLeft || isStuck(rows) || (cold.unreadable & coldKinds[kind]) !== 0) return;
    head.flags &= ~coldKinds[kind];
  };
  keeps(
    'outbox',
    cold.outbox,
    guests.some(({ book }) => book.outbox().length > 0),
  );
  keeps(
    'job',
    cold.jobs,
    guests.some(({ book }) => book.jobs().length > 0),
  );
  // A cursor says how many of its messages are tried again. Rows of folders that could not be erased are still there.
  const retrying = guests.some(({ book, fault }) => {
    if (fault !== undefined || left) return has(head, 'retry');
    return book.folders.some((folder) => folder.cursor.retries > 0);
  });
  head.flags = retrying ? head.flags | coldKinds.retry : head.flags & ~coldKinds.retry;
  head.hours = addHour(head.hours, hourOf(context.now()), context.counts);
  await committer.release();
  const { reason } = committer.signal;
  if (reason instanceof LeaseLost && reason.why !== 'released') throw reason;
  const kept = guests.flatMap(({ book }) => {
    const rows = book.kept();
    return rows === undefined ? [] : [[book.id, rows] as const];
  });
  work.memory.end(shard, work.lease.epoch, new Map(kept));
  const states = guests.flatMap(({ book, isRemoved }) => (isRemoved ? [] : [book.state.state]));
  const ms = deps.clock.monotonic() - startedAt;
  deps.log.info(
    'shard_done',
    countFields(context.counts, states, { shard, tick: work.tick, ms, held: context.held.size }),
  );
  return more;
}

const has = (head: Head, kind: keyof typeof coldKinds): boolean => (head.flags & coldKinds[kind]) !== 0;

function createContext(deps: ShardRunnerDeps, work: ShardWork): RunContext {
  const now = () => new Date(deps.store.time.whenJudging());
  const { head } = work.lease;
  const context: RunContext = {
    ...deps,
    committer: work.committer,
    tick: work.tick,
    now,
    isOver: work.isOver,
    isNextTick: () => work.isOver() || tickAt(deps.store.time.whenJudging(), deps.intervalSeconds) > work.tick,
    safe: safeModeOf(head, work.committer, work.alone),
    held: new Set(),
    accepted: { mail: new Map(), anything: new Map() },
    counts: createRunCounts(),
    crowd: createCrowd(),
    mark(kind) {
      head.flags |= coldKinds[kind];
    },
    has: (kind) => has(head, kind),
    kept: (mailboxId) => work.memory.take(work.shard, mailboxId),
    tell(book, type, occasion, data) {
      const id = eventId(book.id, type, ...occasion);
      book.addOutbox({ mailboxId: book.id, id, type, at: now(), data: JSON.stringify(data) });
      context.mark('outbox');
    },
  };
  return context;
}

/** Polls a mailbox if it is due, and notes how it fared. @returns true if it has work left for a continuation */
async function attend(context: RunContext, head: Head, guest: Guest, takeTurn: TakeTurn): Promise<boolean> {
  const { book, row } = guest;
  const { tick, intervalSeconds, committer } = context;
  const now = context.now();
  const slot = head.sched[row.slot] ?? emptySlot;
  const due = isDue(book.state, slot, row, { now, tick });
  const served = book.state.answered;
  // `answered` is what the hot range showed before the cold rows were read: a later wish is left for the next run.
  const answered = { answered: row.asked };
  if (guest.isAsked) {
    // A poll that is wished for has been made when its outcome is known: until then whoever comes next makes it.
    book.setState({ ...book.state, ...(due ? {} : answered), backoffUntil: undefined });
  }
  if (row.paused && book.state.state !== 'paused') {
    book.setState({ ...book.state, state: 'paused', code: '', since: now });
  }
  committer.include(book);
  if (!due) return false;
  context.counts.polled += 1;
  let verdict: Verdict = { kind: 'failed', code: 'row_broken', retryAfterMs: undefined };
  if (guest.fault === undefined) {
    const failed = await attempt(context, guest, async () => {
      verdict = await poll(context, book, takeTurn);
    });
    verdict = failed ?? verdict;
  } else {
    context.log.error('row_broken', guest.fault, { mailbox: row.id });
  }
  if (verdict.kind === 'failed') context.counts.failed += 1;
  const at = {
    now: context.now(),
    tick,
    intervalSeconds,
    createdAt: row.createdAt,
    lastMailAt: lastMailOf(book),
    isAsked: guest.isAsked,
    served,
  };
  const judged = judge({ ...book.state, ...answered }, slot, verdict, at);
  if (!isDeepStrictEqual(judged.state, book.state)) book.setState(judged.state);
  head.sched[row.slot] = judged.slot;
  if (judged.event !== undefined) {
    context.tell(book, judged.event.type, [judged.state.since.getTime()], judged.event.data);
  }
  return verdict.kind !== 'failed' && verdict.kind !== 'unknown' && verdict.left === 'more';
}

function lastMailOf(book: MailboxBook): Date | undefined {
  const dates = book.folders.flatMap(({ cursor }) => cursor.lastInternalDate?.getTime() ?? []);
  return dates.length === 0 ? undefined : new Date(Math.max(...dates));
}

/** Sends what waits in the outbox of a mailbox, polled or not; what was told in this run is stored first. */
async function sendEvents(context: RunContext, guest: Guest, takeTurn: TakeTurn): Promise<void> {
  if (guest.book.outbox().length === 0 || context.isOver()) return;
  await attempt(context, guest, async () => {
    await context.committer.commit(guest.book);
    const end = await takeTurn(() => sendOutbox(context, guest.book));
    if (end !== 'yields') return;
    const visitor = context.crowd.enter(guest.row.destinationId);
    await visitor.othersDone().finally(visitor.leave);
    await takeTurn(() => sendOutbox(context, guest.book, { insists: true }));
  });
}

/**
 * Does something for one mailbox, whose failure is its own: it is noted, and the others go on.
 * @returns how it failed. @throws LeaseLost
 */
async function attempt(context: RunContext, guest: Guest, work: () => Promise<void>): Promise<Verdict | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (context.committer.signal.aborted) throw context.committer.signal.reason;
    const fields = { mailbox: guest.row.id };
    if (isBrokerError(error)) {
      context.log.warn('mailbox_failed', { ...fields, code: error.code });
      return { kind: 'failed', code: error.code, retryAfterMs: error.retry?.afterMs };
    }
    context.log.error('mailbox_failed', error, fields);
    return isStoreError(error)
      ? { kind: 'unknown' }
      : { kind: 'failed', code: 'internal_error', retryAfterMs: undefined };
  }
}

/** The table does not take the rows of a mailbox: what is in memory is void, and only that is noted. */
function degrade(context: RunContext, found: HotMailbox, error: StoreError): void {
  const { row } = found;
  context.log.error('row_refused', error, { mailbox: row.id });
  if (row.deletedAt !== undefined) return;
  const code = 'row_refused';
  const known = found.state?.state === 'degraded' && found.state.code === code;
  const state: StateRow = {
    mailboxId: row.id,
    state: 'degraded',
    code,
    since: known ? (found.state?.since ?? context.now()) : context.now(),
    backoffUntil: undefined,
    answered: row.asked,
    told: found.state?.told,
  };
  let operations: BatchOperation[] = [{ kind: 'upsert', row: encodeState(state) }];
  const unit: CommitUnit = {
    id: row.id,
    pending: () => operations,
    sent() {
      operations = [];
    },
    refused: (second) => context.log.error('row_refused', second, { mailbox: row.id }),
  };
  context.committer.include(unit);
}
