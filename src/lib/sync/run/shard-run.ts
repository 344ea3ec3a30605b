import { createTaskGroup } from '../../domain/task-group.ts';
import { addHour, hourOf } from '../../store/rows/hour-counts.ts';
import type { OutboxRow } from '../../store/rows/rows.ts';
import { emptySlot } from '../../store/rows/shard-row.ts';
import type { Head } from '../../store/shard/lease.ts';
import { LeaseLost } from '../../store/shard/lease.ts';
import type { Doorbell } from '../state/doorbell.ts';
import { concurrentMailboxes, concurrentTasks } from '../state/run-context.ts';
import { countFields } from '../state/run-counts.ts';
import type { ShardRunnerDeps } from '../state/types.ts';
import { tickAt } from '../state/wake-up.ts';
import { attend, type Reason } from './attend.ts';
import { erase } from './erase.ts';
import { isolateFailure } from './isolate-failure.ts';
import { isDue } from './mailbox-state.ts';
import type { PolledRows } from './polled-rows.ts';
import { createSemaphore } from './semaphore.ts';
import { sendEvents } from './send-events.ts';
import { createShardContext, type ShardHold } from './shard-context.ts';
import { clearFlags, openMailboxes, type ShardMailbox } from './shard-mailboxes.ts';
import { unwatch, unwatched } from './unwatch.ts';

export interface ShardWork extends ShardHold {
  readonly polled: PolledRows;
  readonly doorbell: Doorbell;
}

/**
 * Works on a shard under its lease: erases removed mailboxes, polls those that are due, delivers, and releases the
 * lease in the commit that records each mailbox's outcome. @returns true if work is left for a continuation
 * @throws LeaseLost, StoreError
 */
export async function workShard(deps: ShardRunnerDeps, work: ShardWork): Promise<boolean> {
  const { committer, polled, shard, lease } = work;
  const { head } = lease;
  const context = createShardContext(deps, work);
  const startedAt = deps.clock.monotonic();
  for (const { rowKey, error } of polled.broken) deps.log.error('shard.row_broken', error, { shard, rowKey });

  const mailboxes = await openMailboxes(context, work);
  const run = { context, head, takeTurn: createSemaphore(concurrentMailboxes, concurrentTasks) };
  let more = false;
  let isErased = true;
  let isUnwatchPending = false;

  async function eraseRemoved({ record, row }: ShardMailbox): Promise<void> {
    let farewell: readonly OutboxRow[] | undefined;
    await isolateFailure(context, row.id, async () => {
      farewell = await erase(context, row);
    });
    if (farewell === undefined) isErased = false;
    for (const event of farewell ?? []) record.foundOutbox(event);
    if (record.outbox().length > 0) context.mark('outbox');
  }

  async function eraseUnwatched({ record, row, cursors, isRemoved, fault }: ShardMailbox): Promise<void> {
    const stale = isRemoved || fault !== undefined ? [] : unwatched(row, cursors);
    if (stale.length === 0) return;
    const failed = await isolateFailure(context, row.id, () => unwatch({ context, mailbox: record }, stale));
    if (failed !== undefined) isUnwatchPending = true;
  }

  async function look(mailbox: ShardMailbox, reason: Reason): Promise<void> {
    if (!mailbox.isRemoved) more = (await attend(run, mailbox, reason)) || more;
    await sendEvents(run, mailbox.record);
  }

  const { madeFor } = work.doorbell;
  const reasonOf = ({ row }: ShardMailbox): Reason =>
    madeFor === undefined ? 'tick' : row.id === madeFor ? 'bell' : 'bell of another';
  const group = createTaskGroup(
    mailboxes.all.map((mailbox) => async () => {
      if (mailbox.isErasing) await eraseRemoved(mailbox);
      await eraseUnwatched(mailbox);
      await mailbox.inTurn(() => look(mailbox, reasonOf(mailbox)));
    }),
  );
  const rung = new Set<string>();
  work.doorbell.answer((mailboxId) => {
    const mailbox = mailboxes.byId.get(mailboxId);
    // One bell that waits stands for all that ring after it.
    if (mailbox === undefined || mailbox.isRemoved || rung.has(mailboxId)) return true;
    const answer = async () => {
      rung.delete(mailboxId);
      if (!context.isOver()) await look(mailbox, 'bell');
      // A continuation answers a bell for which this run has no time left.
      else more = makeDue(head, mailbox, context.tick) || more;
    };
    const isTaken = !context.isOver() && group.add(() => mailbox.inTurn(answer));
    if (isTaken) rung.add(mailboxId);
    return isTaken;
  });
  await group.settled();

  clearFlags(head, mailboxes, { isErased, isUnwatchPending, isBroken: polled.broken.length > 0 });
  // Wake-ups that met the lease of a run for a bell were dropped: what they were to do is done by a continuation.
  const at = { now: context.now(), tick: tickAt(deps.store.time.whenJudging(), deps.intervalSeconds) };
  more ||=
    madeFor !== undefined &&
    mailboxes.all.some(
      ({ record, row, isRemoved }) =>
        !isRemoved && isDue({ state: record.state, slot: head.sched[row.slot] ?? emptySlot, account: row }, at),
    );
  head.hours = addHour(head.hours, hourOf(context.now()), context.counts);
  await committer.release();
  const { reason } = committer.signal;
  if (reason instanceof LeaseLost && reason.why !== 'released') throw reason;
  const kept = mailboxes.all.flatMap(({ record }) => {
    const rows = record.kept();
    return rows === undefined ? [] : [[record.id, rows] as const];
  });
  work.memory.end(shard, lease.epoch, new Map(kept));
  const states = mailboxes.all.flatMap(({ record, isRemoved }) => (isRemoved ? [] : [record.state.state]));
  const ms = deps.clock.monotonic() - startedAt;
  const { held } = context.delivery;
  deps.log.info('shard.finished', countFields(context.counts, states, { shard, tick: work.tick, ms, held: held.size }));
  return more;
}

/** Makes a mailbox due in this tick, unless it waits after a failure. @returns true if it is due then */
function makeDue(head: Head, { row }: ShardMailbox, tick: number): boolean {
  const slot = head.sched[row.slot] ?? emptySlot;
  if (slot.failures > 0) return false;
  head.sched[row.slot] = { ...slot, nextDue: Math.min(slot.nextDue, tick) };
  return true;
}
