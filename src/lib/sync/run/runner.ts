import { shardKey } from '../../domain/ids.ts';
import { isBrokerError } from '../../errors.ts';
import { correlated } from '../../log.ts';
import { polledRowRange, shardRowKey } from '../../store/rows/keys.ts';
import { decodeShard } from '../../store/rows/shard-row.ts';
import { type Committer, createCommitter } from '../../store/shard/committer.ts';
import { acquireLease, isHeld, LeaseLost } from '../../store/shard/lease.ts';
import { isStoreError } from '../../store/table/table.ts';
import { traced } from '../../trace.ts';
import { createRowMemory } from '../state/row-memory.ts';
import { runBudgetMs } from '../state/run-context.ts';
import type { ShardRunner, ShardRunnerDeps } from '../state/types.ts';
import { dropReason, type ShardWakeUp, tickAt, workingTick } from '../state/wake-up.ts';
import { createPolledRowSorter, type PolledRows } from './polled-rows.ts';
import { createSemaphore } from './semaphore.ts';
import { workShard } from './shard-run.ts';

/** What is under way may settle for so long when the process ends. */
const settleMs = 5_000;

/** A run under way. */
interface Active {
  readonly committer: Committer;
  done: Promise<void>;
}

/** @returns a runner for one process; it may run several shards at the same time */
export function createShardRunner(deps: ShardRunnerDeps): ShardRunner {
  const { store, clock, log, intervalSeconds } = deps;
  const active = new Set<Active>();
  /** The epoch under which this process last held each shard. */
  const ownEpochs = new Map<number, number>();
  const alone = createSemaphore(1);
  const memory = createRowMemory();
  const sortPolledRows = createPolledRowSorter();
  let stopping = false;

  async function run(wakeUp: ShardWakeUp): Promise<ShardWakeUp | undefined> {
    const { shard } = wakeUp;
    if (stopping) return undefined;
    const startedAt = clock.monotonic();
    // One query, `!` first: whatever is committed after `!` was read makes the acquire fail.
    const rows = await store.table('mail').list(shardKey(shard), polledRowRange);
    const head = rows.find((row) => row.rowKey === shardRowKey);
    const why = (reason: string) => {
      log.info('shard.skipped', { shard, tick: wakeUp.tick, why: wakeUp.why, reason });
      return undefined;
    };
    if (head === undefined) return why('no such shard');
    let polled: PolledRows;
    const nowTick = tickAt(store.time.whenJudging(), intervalSeconds);
    try {
      const known = decodeShard(head);
      const dropped = dropReason(wakeUp, { tick: nowTick, intervalSeconds }, known);
      if (dropped !== undefined) return why(dropped);
      if (isHeld(known, store.time.whenJudging())) return why('held');
      polled = sortPolledRows(rows.filter((row) => row !== head));
    } catch (error) {
      // A newer version of the broker is at work on this shard, in its own form of the rows.
      if (isBrokerError(error, 'row_newer')) return why('newer');
      throw error;
    }
    if (polled.mailboxes.length === 0 && polled.broken.length === 0) return why('empty');
    const tick = workingTick(wakeUp, nowTick);
    const lease = await acquireLease(deps, shard, head, { tick, intervalSeconds });
    if (lease === undefined) return why('taken');
    if (lease.previousEpoch !== ownEpochs.get(shard)) deps.otherHeld?.(shard);
    ownEpochs.set(shard, lease.epoch);
    memory.begin(shard, lease);
    if (lease.head.starts > 1) log.warn('shard.restarted', { shard, tick, starts: lease.head.starts });
    const committer = createCommitter(deps, lease);
    const over = () => stopping || clock.monotonic() - startedAt >= runBudgetMs;
    const self: Active = { committer, done: Promise.resolve() };
    active.add(self);
    try {
      const working = workShard(deps, { shard, lease, committer, polled, tick, isOver: over, alone, memory });
      self.done = working.then(
        () => {},
        () => {},
      );
      const more = await working;
      if (!more || stopping) return undefined;
      const next = tickAt(store.time.whenJudging(), intervalSeconds);
      return { v: 1, kind: 'shard', shard, tick: next, cont: wakeUp.cont + 1, why: 'continue' };
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      // The lease ran out because the store did not answer: that fails the invocation. Else another run has the shard.
      if (isStoreError(error.cause, 'unreachable')) throw error.cause;
      log.warn('shard.lease_lost', { shard, tick, why: error.why });
      return undefined;
    } finally {
      active.delete(self);
      await committer.release();
    }
  }

  return {
    // Shard and tick stand in the line of the dispatcher, too; a continuation says that it is one.
    run: (wakeUp) => {
      const runId = `${shardKey(wakeUp.shard)}.${wakeUp.tick}.${wakeUp.cont}`;
      return traced('poll', 'internal', { 'broker.run_id': runId }, () => correlated({ runId }, () => run(wakeUp)));
    },
    async stop() {
      stopping = true;
      const done = new AbortController();
      const all = Promise.all([...active].map((one) => one.done));
      await Promise.race([all, clock.sleep(settleMs, done.signal)]).finally(() => done.abort());
      await Promise.all([...active].map((one) => one.committer.release()));
    },
  };
}
