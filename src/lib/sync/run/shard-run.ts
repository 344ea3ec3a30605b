import { createTaskGroup } from '../../domain/task-group.ts';
import { addHour, hourOf } from '../../store/rows/hour-counts.ts';
import { type OutboxRow, onDemandKinds } from '../../store/rows/rows.ts';
import { emptySlot } from '../../store/rows/shard-row.ts';
import { LeaseLost } from '../../store/shard/lease.ts';
import type { Doorbell } from '../state/doorbell.ts';
import { createMailboxRecord } from '../state/mailbox-record.ts';
import { concurrentMailboxes, concurrentTasks } from '../state/run-context.ts';
import { countFields } from '../state/run-counts.ts';
import type { ShardRunnerDeps } from '../state/types.ts';
import { tickAt } from '../state/wake-up.ts';
import { attempt, attend, degrade, type Reason, type ShardMailbox, type ShardRun, sendEvents } from './attend.ts';
import { erase, isFarewell } from './erase.ts';
import { isDue } from './mailbox-state.ts';
import { readOnDemandRows } from './on-demand-rows.ts';
import type { PolledRows } from './polled-rows.ts';
import { createSemaphore } from './semaphore.ts';
import { createShardContext, has, type ShardHold } from './shard-context.ts';
import { unwatch, unwatched } from './unwatch.ts';

export interface ShardWork extends ShardHold {
  readonly polled: PolledRows;
  readonly doorbell: Doorbell;
}

/**
 * Works on a shard under its lease: erases what was removed, polls what is due, delivers, and gives the lease back in
 * the commit that records how everyone fared. @returns true if work is left that a continuation can go on with at once
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
    const isAsked = !isRemoved && record.state.served !== found.row.asked;
    return { ...found, record, isRemoved, isAsked, inTurn: createSemaphore(1) };
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
    // While a mailbox is being erased, what is still told of it is not complete. Nor is it where the mailbox was removed
    // after this run had read it: the next one erases it first.
    if (mailbox === undefined || erasing.includes(mailbox)) continue;
    if (mailbox.isRemoved ? isFarewell(event) : event.type !== 'mailbox.removed') mailbox.record.foundOutbox(event);
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
  const look = async (mailbox: ShardMailbox, reason: Reason) => {
    if (!mailbox.isRemoved) more = (await attend(run, mailbox, reason)) || more;
    await sendEvents(run, mailbox);
  };
  const { madeFor } = work.doorbell;
  const reasonOf = ({ row }: ShardMailbox): Reason =>
    madeFor === undefined ? 'tick' : row.id === madeFor ? 'bell' : 'bell of another';
  const group = createTaskGroup(
    mailboxes.map((mailbox) => async () => {
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
      await mailbox.inTurn(() => look(mailbox, reasonOf(mailbox)));
    }),
  );
  const rung = new Set<string>();
  work.doorbell.answer((mailboxId) => {
    const mailbox = byId.get(mailboxId);
    // One that waits stands for all that come after it.
    if (mailbox === undefined || mailbox.isRemoved || rung.has(mailboxId)) return true;
    const answer = () => {
      rung.delete(mailboxId);
      return context.isOver() ? postpone(mailbox) : look(mailbox, 'bell');
    };
    const isTaken = !context.isOver() && group.add(() => mailbox.inTurn(answer));
    if (isTaken) rung.add(mailboxId);
    return isTaken;
  });
  /** A bell for which this run has no time left is answered by the continuation. */
  const postpone = async ({ row }: ShardMailbox) => {
    const slot = head.sched[row.slot] ?? emptySlot;
    if (slot.failures > 0) return;
    head.sched[row.slot] = { ...slot, nextDue: Math.min(slot.nextDue, context.tick) };
    more = true;
  };
  await group.settled();

  if (erased) head.flags &= ~onDemandKinds.tombstone;
  // Events and jobs of a mailbox whose row is broken wait until that is fixed.
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
  // Wake-ups that met the lease of a run for a bell were dropped: what they were to do is done by a continuation.
  const at = { now: context.now(), tick: tickAt(deps.store.time.whenJudging(), deps.intervalSeconds) };
  more ||=
    madeFor !== undefined &&
    mailboxes.some(
      ({ record, row, isRemoved }) => !isRemoved && isDue(record.state, head.sched[row.slot] ?? emptySlot, row, at),
    );
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
