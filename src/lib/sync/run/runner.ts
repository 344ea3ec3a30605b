import { shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { isBrokerError } from '../../errors.ts';
import { correlated } from '../../log.ts';
import { polledRowRange, shardRowKey } from '../../store/rows/keys.ts';
import { decodeShard } from '../../store/rows/shard-row.ts';
import { type Committer, createCommitter } from '../../store/shard/committer.ts';
import { acquireLease, isHeld, LeaseLost } from '../../store/shard/lease.ts';
import { isStoreError } from '../../store/table/table.ts';
import { traced } from '../../trace.ts';
import { createDoorbell, type Doorbell } from '../state/doorbell.ts';
import { createRowMemory } from '../state/row-memory.ts';
import { runBudgetMs } from '../state/run-context.ts';
import type { ShardRunner, ShardRunnerDeps } from '../state/types.ts';
import { dropReason, putBack, type ShardWakeUp, tickAt, workingTick } from '../state/wake-up.ts';
import { createPolledRowSorter, type PolledRows } from './polled-rows.ts';
import { createSemaphore } from './semaphore.ts';
import { workShard } from './shard-run.ts';

/** How long work under way may settle when the process ends. */
const settleMs = 5_000;

/** A run under way. */
interface Active {
  readonly shard: number;
  readonly committer: Committer;
  readonly doorbell: Doorbell;
  done: Promise<void>;
}

/** The reason for a run: a wake-up, or the bell of a mailbox. */
type Occasion = ShardWakeUp | ShardBell;

/** It has no tick: in a new process the time of the store is not known before the store has answered. */
interface ShardBell extends Omit<ShardWakeUp, 'why' | 'tick'> {
  readonly why: 'bell';
  readonly mailbox: string;
}

interface Ended {
  readonly next?: ShardWakeUp;
  /** Another run has the shard. */
  readonly isTaken?: boolean;
}

/** @returns a runner for one process; it may run several shards at the same time */
export function createShardRunner(deps: ShardRunnerDeps): ShardRunner {
  const { store, clock, log, intervalSeconds } = deps;
  const active = new Set<Active>();
  /** The epoch in which this process last held each shard. */
  const ownEpochs = new Map<number, number>();
  const alone = createSemaphore(1);
  const memory = createRowMemory();
  const sortPolledRows = createPolledRowSorter();
  let stopping = false;

  async function run(wakeUp: Occasion): Promise<Ended> {
    const { shard } = wakeUp;
    if (stopping) return { isTaken: true };
    const startedAt = clock.monotonic();
    // One query, `!` first: any commit after `!` was read makes the acquire fail.
    const rows = await store.table('mail').list(shardKey(shard), polledRowRange);
    const head = rows.find((row) => row.rowKey === shardRowKey);
    const nowTick = tickAt(store.time.whenJudging(), intervalSeconds);
    const tick = wakeUp.why === 'bell' ? nowTick : workingTick(wakeUp, nowTick);
    const why = (reason: string, ended: Ended = {}) => {
      log.info('shard.skipped', { shard, tick: wakeUp.why === 'bell' ? tick : wakeUp.tick, why: wakeUp.why, reason });
      return ended;
    };
    if (head === undefined) return why('no such shard');
    let polled: PolledRows;
    let shardTick: number;
    try {
      const known = decodeShard(head);
      if (wakeUp.why !== 'bell') {
        const dropped = dropReason(wakeUp, { tick: nowTick, intervalSeconds }, known);
        if (dropped !== undefined) return why(dropped);
      } else if (known.intervalSeconds !== intervalSeconds) {
        // Ticks of another length: the wake-up of a tick converts them and makes every mailbox due.
        return why('interval');
      }
      shardTick = known.tick;
      if (isHeld(known, store.time.whenJudging())) return why('held', { isTaken: true });
      polled = sortPolledRows(rows.filter((row) => row !== head));
    } catch (error) {
      // A newer version of the broker runs this shard, with its own row format.
      if (isBrokerError(error, 'row_newer')) return why('newer');
      throw error;
    }
    if (polled.mailboxes.length === 0 && polled.broken.length === 0) return why('empty');
    const isBell = wakeUp.why === 'bell';
    // The dispatcher's own wake-up of this tick still counts after a bell.
    const lease = await acquireLease(deps, shard, head, { tick: isBell ? shardTick : tick, intervalSeconds });
    if (lease === undefined) return why('taken', { isTaken: true });
    if (lease.previousEpoch !== ownEpochs.get(shard)) deps.otherHeld?.(shard);
    ownEpochs.set(shard, lease.epoch);
    memory.begin(shard, lease);
    if (lease.head.starts > 1) log.warn('shard.restarted', { shard, tick, starts: lease.head.starts });
    const committer = createCommitter(deps, lease);
    const over = () => stopping || clock.monotonic() - startedAt >= runBudgetMs;
    const doorbell = createDoorbell(isBell ? wakeUp.mailbox : undefined);
    const self: Active = { shard, committer, doorbell, done: Promise.resolve() };
    active.add(self);
    try {
      const working = workShard(deps, {
        ...{ shard, lease, committer, polled, tick, isOver: over, alone, memory, doorbell },
      });
      self.done = working.then(
        () => {},
        () => {},
      );
      const more = await working;
      if (!more || stopping) return {};
      const next = tickAt(store.time.whenJudging(), intervalSeconds);
      return { next: { v: 1, kind: 'shard', shard, tick: next, cont: wakeUp.cont + 1, why: 'continue' } };
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      // The lease expired because the store did not answer: fail the invocation. Otherwise another run has the shard.
      if (isStoreError(error.cause, 'unreachable')) throw error.cause;
      log.warn('shard.lease_lost', { shard, tick, why: error.why });
      return { isTaken: true };
    } finally {
      active.delete(self);
      await committer.release();
    }
  }

  const recorded = (runId: string, occasion: Occasion) =>
    traced('poll', 'internal', { 'broker.run_id': runId }, () => correlated({ runId }, () => run(occasion)));

  return {
    // The dispatcher's log line has shard and tick, too; a continuation has its number.
    async run(wakeUp) {
      const of = `${shardKey(wakeUp.shard)}.${wakeUp.tick}.${wakeUp.cont}`;
      return (await recorded(of, wakeUp)).next;
    },
    async ring(bell) {
      const { mailbox } = bell;
      const shard = shardOfMailbox(mailbox);
      if (shard === undefined) return {};
      const own = [...active].find((one) => one.shard === shard);
      if (own?.doorbell.ring(mailbox) === true) return {};
      const occasion: ShardBell = { v: 1, kind: 'shard', shard, cont: 0, why: 'bell', mailbox };
      // The clock of this process is near enough to tell runs apart in the log.
      const of = `${shardKey(shard)}.${tickAt(clock.now(), intervalSeconds)}.bell`;
      const { next, isTaken } = own === undefined ? await recorded(of, occasion) : { next: undefined, isTaken: true };
      const again = isTaken === true ? putBack(bell) : undefined;
      if (isTaken === true && again === undefined) log.warn('bell.dropped', { mailboxId: mailbox, tries: bell.tries });
      return { ...(next === undefined ? {} : { next }), ...(again === undefined ? {} : { again }) };
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
