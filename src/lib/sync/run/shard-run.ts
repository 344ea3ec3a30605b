import { isDeepStrictEqual } from 'node:util';
import { allSettledThenThrow } from '../../domain/all-settled.ts';
import { isBrokerError } from '../../errors.ts';
import { addHour, hourOf } from '../../store/rows/hour-counts.ts';
import { type OutboxRow, onDemandKinds, type StateRow } from '../../store/rows/rows.ts';
import { emptySlot } from '../../store/rows/shard-row.ts';
import { encodeState } from '../../store/rows/state-row.ts';
import type { CommitUnit } from '../../store/shard/committer.ts';
import { type Head, LeaseLost } from '../../store/shard/lease.ts';
import { type BatchOperation, isStoreError, type StoreError } from '../../store/table/table.ts';
import { sendOutbox } from '../delivering/outbox.ts';
import { createMailboxRecord, type MailboxRecord } from '../state/mailbox-record.ts';
import { concurrentMailboxes, concurrentTasks } from '../state/run-context.ts';
import { countFields } from '../state/run-counts.ts';
import type { ShardRunnerDeps } from '../state/types.ts';
import { erase, isFarewell } from './erase.ts';
import { isDue, judge, type Verdict } from './mailbox-state.ts';
import { readOnDemandRows } from './on-demand-rows.ts';
import { poll } from './poll.ts';
import type { PolledMailbox, PolledRows } from './polled-rows.ts';
import { createSemaphore, type TakeTurn } from './semaphore.ts';
import { createShardContext, has, type ShardContext, type ShardHold } from './shard-context.ts';
import { unwatch, unwatched } from './unwatch.ts';

export interface ShardWork extends ShardHold {
  readonly polled: PolledRows;
}

/** The run of a shard. */
interface ShardRun {
  readonly context: ShardContext;
  readonly head: Head;
  readonly takeTurn: TakeTurn;
}

/** A mailbox in this run. */
interface ShardMailbox extends PolledMailbox {
  readonly record: MailboxRecord;
  readonly isAsked: boolean;
  readonly isRemoved: boolean;
}

/**
 * Works on a shard under its lease: erases what was removed, polls what is due, delivers, and gives the lease back in
 * the commit that records how everybody fared. @returns true if work is left that a continuation can go on with at once
 * @throws LeaseLost, StoreError
 */
export async function workShard(deps: ShardRunnerDeps, work: ShardWork): Promise<boolean> {
  const { committer, polled, shard } = work;
  const { head } = work.lease;
  const context = createShardContext(deps, work);
  const startedAt = deps.clock.monotonic();
  for (const { rowKey, error } of polled.broken) deps.log.error('shard.row_broken', error, { shard, rowKey });

  const mailboxes = polled.mailboxes.map((found): ShardMailbox => {
    const isRemoved = found.row.deletedAt !== undefined;
    // Of a removed mailbox only the outbox is worked with: nothing may bring its other rows back.
    const [state, cursors] = isRemoved ? [undefined, new Map()] : [found.state, found.cursors];
    const record = createMailboxRecord({ row: found.row, state, cursors }, context.now(), (_, error) =>
      degrade(context, found, error),
    );
    return { ...found, record, isRemoved, isAsked: !isRemoved && record.state.served !== found.row.asked };
  });
  // A tombstone whose rows are still there, or whose last steps outside this table may not be done.
  const erasing = mailboxes.filter(
    (mailbox) =>
      mailbox.isRemoved && (mailbox.state !== undefined || mailbox.cursors.size > 0 || has(head, 'tombstone')),
  );
  if (erasing.length > 0) head.flags |= onDemandKinds.tombstone;

  const asked = mailboxes.filter((mailbox) => mailbox.isAsked);
  const onDemand = await readOnDemandRows(
    deps,
    shard,
    {
      outbox: has(head, 'outbox') || asked.length > 0 || erasing.length > 0,
      jobs: has(head, 'job') || asked.length > 0,
    },
    asked.map((mailbox) => mailbox.row.id),
  );
  head.flags |= onDemand.flags;
  const byId = new Map(mailboxes.map((mailbox) => [mailbox.row.id, mailbox]));
  for (const event of onDemand.outbox) {
    const mailbox = byId.get(event.mailboxId);
    // While a mailbox is being erased, what is still told of it is not complete.
    if (mailbox !== undefined && !erasing.includes(mailbox) && (!mailbox.isRemoved || isFarewell(event)))
      mailbox.record.foundOutbox(event);
  }
  for (const job of onDemand.jobs) {
    const mailbox = byId.get(job.mailboxId);
    if (mailbox?.isRemoved === false) mailbox.record.foundJob(job);
  }
  for (const { record } of mailboxes) record.applyCancellations();

  const run: ShardRun = { context, head, takeTurn: createSemaphore(concurrentMailboxes, concurrentTasks) };
  let more = false;
  let erased = true;
  let left = false;
  await allSettledThenThrow([
    ...mailboxes.map((mailbox) => async () => {
      if (erasing.includes(mailbox)) {
        let farewell: readonly OutboxRow[] | undefined;
        await attempt(context, mailbox, async () => {
          farewell = await erase(context, mailbox.row);
        });
        if (farewell === undefined) erased = false;
        for (const event of farewell ?? []) mailbox.record.foundOutbox(event);
        if (mailbox.record.outbox().length > 0) context.mark('outbox');
      }
      const stale = mailbox.isRemoved || mailbox.fault !== undefined ? [] : unwatched(mailbox.row, mailbox.cursors);
      if (stale.length > 0) {
        const failed = await attempt(context, mailbox, () => unwatch({ context, mailbox: mailbox.record }, stale));
        if (failed !== undefined) left = true;
      }
      if (!mailbox.isRemoved) more = (await attend(run, mailbox)) || more;
      await sendEvents(run, mailbox);
    }),
  ]);

  if (erased) head.flags &= ~onDemandKinds.tombstone;
  // Events and jobs of a mailbox whose row is broken wait until that is mended.
  const isStuck = (rows: readonly { readonly mailboxId: string }[]) =>
    polled.broken.length > 0 && rows.some(({ mailboxId }) => !byId.has(mailboxId));
  const keeps = (kind: 'outbox' | 'job', rows: readonly { readonly mailboxId: string }[], isLeft: boolean) => {
    if (isLeft || isStuck(rows) || (onDemand.unreadable & onDemandKinds[kind]) !== 0) return;
    head.flags &= ~onDemandKinds[kind];
  };
  keeps(
    'outbox',
    onDemand.outbox,
    mailboxes.some(({ record }) => record.outbox().length > 0),
  );
  keeps(
    'job',
    onDemand.jobs,
    mailboxes.some(({ record }) => record.jobs().length > 0),
  );
  // A cursor says how many of its messages are tried again. Rows of folders that could not be erased are still there.
  const retrying = mailboxes.some(({ record, fault }) => {
    if (fault !== undefined || left) return has(head, 'retry');
    return record.folders.some((folder) => folder.cursor.retries > 0);
  });
  head.flags = retrying ? head.flags | onDemandKinds.retry : head.flags & ~onDemandKinds.retry;
  head.hours = addHour(head.hours, hourOf(context.now()), context.counts);
  await committer.release();
  const { reason } = committer.signal;
  if (reason instanceof LeaseLost && reason.why !== 'released') throw reason;
  const kept = mailboxes.flatMap(({ record }) => {
    const rows = record.kept();
    return rows === undefined ? [] : [[record.id, rows] as const];
  });
  work.memory.end(shard, work.lease.epoch, new Map(kept));
  const states = mailboxes.flatMap(({ record, isRemoved }) => (isRemoved ? [] : [record.state.state]));
  const ms = deps.clock.monotonic() - startedAt;
  deps.log.info(
    'shard.finished',
    countFields(context.counts, states, { shard, tick: work.tick, ms, held: context.held.size }),
  );
  return more;
}

/** Polls a mailbox if it is due, and notes how it fared. @returns true if it has work left for a continuation */
async function attend({ context, head, takeTurn }: ShardRun, mailbox: ShardMailbox): Promise<boolean> {
  const { record, row } = mailbox;
  const { tick, intervalSeconds, committer } = context;
  const now = context.now();
  const slot = head.sched[row.slot] ?? emptySlot;
  const due = isDue(record.state, slot, row, { now, tick });
  const servedBefore = record.state.served;
  // `served` is what the polled rows showed before the on-demand rows were read: a later wish is left for the next run.
  const served = { served: row.asked };
  if (mailbox.isAsked) {
    // A poll that is wished for has been made when its outcome is known: until then whoever comes next makes it.
    record.setState({ ...record.state, ...(due ? {} : served), backoffUntil: undefined });
  }
  if (row.paused && record.state.state !== 'paused') {
    record.setState({ ...record.state, state: 'paused', code: '', since: now });
  }
  committer.include(record);
  if (!due) return false;
  context.counts.polled += 1;
  let verdict: Verdict = { kind: 'failed', code: 'row_broken', retryAfterMs: undefined };
  if (mailbox.fault === undefined) {
    const failed = await attempt(context, mailbox, async () => {
      verdict = await poll({ context, mailbox: record }, takeTurn);
    });
    verdict = failed ?? verdict;
  } else {
    context.log.error('mailbox.row_broken', mailbox.fault, { mailboxId: row.id });
  }
  if (verdict.kind === 'failed') context.counts.failed += 1;
  const at = {
    now: context.now(),
    tick,
    intervalSeconds,
    createdAt: row.createdAt,
    lastMailAt: lastMailOf(record),
    isAsked: mailbox.isAsked,
    servedBefore,
  };
  const judged = judge({ ...record.state, ...served }, slot, verdict, at);
  if (!isDeepStrictEqual(judged.state, record.state)) record.setState(judged.state);
  head.sched[row.slot] = judged.slot;
  if (judged.event !== undefined) {
    context.tell(record, judged.event.type, [judged.state.since.getTime()], judged.event.data);
  }
  return verdict.kind !== 'failed' && verdict.kind !== 'unknown' && verdict.left === 'more';
}

function lastMailOf(record: MailboxRecord): Date | undefined {
  const dates = record.folders.flatMap(({ cursor }) => cursor.lastInternalDate?.getTime() ?? []);
  return dates.length === 0 ? undefined : new Date(Math.max(...dates));
}

/** Sends what waits in the outbox of a mailbox, polled or not; what was told in this run is stored first. */
async function sendEvents({ context, takeTurn }: ShardRun, mailbox: ShardMailbox): Promise<void> {
  if (mailbox.record.outbox().length === 0 || context.isOver()) return;
  const at = { context, mailbox: mailbox.record };
  await attempt(context, mailbox, async () => {
    await context.committer.commit(mailbox.record);
    const end = await takeTurn(() => sendOutbox(at));
    if (end !== 'yields') return;
    const participant = context.barrier.enter(mailbox.row.destinationId);
    await participant.othersDone().finally(participant.leave);
    await takeTurn(() => sendOutbox(at, { insists: true }));
  });
}

/**
 * Does something for one mailbox, whose failure is its own: it is noted, and the others go on.
 * @returns how it failed. @throws LeaseLost
 */
async function attempt(
  context: ShardContext,
  mailbox: ShardMailbox,
  work: () => Promise<void>,
): Promise<Verdict | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (context.committer.signal.aborted) throw context.committer.signal.reason;
    const fields = { mailboxId: mailbox.row.id };
    if (isBrokerError(error)) {
      context.log.warn('mailbox.failed', { ...fields, code: error.code });
      return { kind: 'failed', code: error.code, retryAfterMs: error.retry?.afterMs };
    }
    context.log.error('mailbox.failed', error, fields);
    return isStoreError(error)
      ? { kind: 'unknown' }
      : { kind: 'failed', code: 'internal_error', retryAfterMs: undefined };
  }
}

/** The table does not take the rows of a mailbox: what is in memory is void, and only that is noted. */
function degrade(context: ShardContext, found: PolledMailbox, error: StoreError): void {
  const { row } = found;
  context.log.error('mailbox.row_refused', error, { mailboxId: row.id });
  if (row.deletedAt !== undefined) return;
  const code = 'row_refused';
  const known = found.state?.state === 'degraded' && found.state.code === code;
  const state: StateRow = {
    mailboxId: row.id,
    state: 'degraded',
    code,
    since: known ? (found.state?.since ?? context.now()) : context.now(),
    backoffUntil: undefined,
    served: row.asked,
    told: found.state?.told,
  };
  let operations: BatchOperation[] = [{ kind: 'upsert', row: encodeState(state) }];
  const unit: CommitUnit = {
    id: row.id,
    pending: () => operations,
    sent() {
      operations = [];
    },
    refused: (second) => context.log.error('mailbox.row_refused', second, { mailboxId: row.id }),
  };
  context.committer.include(unit);
}
