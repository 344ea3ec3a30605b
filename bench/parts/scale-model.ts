import { sendsAtOnce } from '../../src/lib/sync/run/send-many.ts';
import type { Counts } from './count.ts';
import { dice } from './dice.ts';
import { type ScaleAssumptions, scaleAssumptions } from './scale-assumptions.ts';
import type { ScaleCounts } from './scale-counts.ts';
import { createEvents } from './scale-events.ts';

// A discrete-event model of many instances on one storage account. What a run asks for was counted on the engine itself;
// how long the answers take, what Azure allows and how the host hands out messages is modelled.

/** What was counted: commands and processor time by `npm run cost`, requests to the tables by `npm run scale`. */
export interface Counted {
  readonly cost: Pick<Counts, 'idle' | 'message'>;
  readonly store: ScaleCounts;
}

export interface Load {
  readonly mailboxes: number;
  readonly instances: number;
}

/** What came of it. Times in seconds after the tick. */
export interface Outcome extends Load {
  readonly polled: Spread;
  readonly delivered: Spread;
  readonly messages: number;
  /** Of all instances, together. */
  readonly activeSecondsPerTick: number;
  /** Share of the processor time that all instances have in a tick. */
  readonly processor: number;
  readonly transactionsPerTick: number;
  /** The most that was asked for in one second, of all accounts. */
  readonly mostTransactions: number;
  readonly mostUnits: number;
  readonly unitsPerTick: number;
  readonly runsPerTick: number;
}

export interface Spread {
  readonly median: number;
  readonly p95: number;
  readonly most: number;
}

interface Instance {
  running: number;
  processorFreeAt: number;
  processorSeconds: number;
  /** When each of the places for a connect is free again. */
  readonly connects: number[];
  isLooking: boolean;
  activeSince: number;
  activeSeconds: number;
}

/** Lives through some ticks of a deployment. Pure: the same numbers give the same outcome. */
export function liveThrough(
  { mailboxes, instances: count }: Load,
  { cost: counts, store: asked }: Counted,
  a: ScaleAssumptions = scaleAssumptions,
): Outcome {
  const random = dice(mailboxes * 31 + count);
  const events = createEvents();
  const shards = Math.ceil(mailboxes / asked.mailboxes);
  const sizeOf = (shard: number) => Math.min(asked.mailboxes, mailboxes - shard * asked.mailboxes);
  const queue: number[] = [];
  const heldUntil = new Float64Array(shards).fill(0);
  const lastInstance = new Int32Array(shards).fill(-1);
  const instances = Array.from(
    { length: count },
    (): Instance => ({
      running: 0,
      processorFreeAt: 0,
      processorSeconds: 0,
      connects: new Array<number>(a.connectsAtOnce).fill(0),
      isLooking: false,
      activeSince: 0,
      activeSeconds: 0,
    }),
  );

  // The store: each request waits for its turn in its partition and in the account, at the rate that each allows.
  const accountFreeAt = new Float64Array(a.accounts);
  const partitionFreeAt = new Float64Array(shards);
  const perSecond = { transactions: new Map<number, number>(), units: new Map<number, number>() };
  let transactions = 0;
  let units = 0;
  const isCounted = () => events.now >= a.tickSeconds;
  function table(shard: number, one: { readonly transactions: number; readonly units: number }): number {
    const { now } = events;
    const own = shard % a.accounts;
    const account = Math.max(now, accountFreeAt[own] ?? 0) + one.units / a.accountUnitsPerSecond;
    const partition = Math.max(now, partitionFreeAt[shard] ?? 0) + one.units / a.partitionUnitsPerSecond;
    accountFreeAt[own] = account;
    partitionFreeAt[shard] = partition;
    if (isCounted()) {
      transactions += one.transactions;
      units += one.units;
      const second = Math.floor(now);
      perSecond.transactions.set(second, (perSecond.transactions.get(second) ?? 0) + one.transactions);
      perSecond.units.set(second, (perSecond.units.get(second) ?? 0) + one.units);
    }
    return Math.max(account, partition) + a.tableSeconds * one.transactions;
  }

  function processor(instance: Instance, seconds: number): number {
    instance.processorFreeAt = Math.max(events.now, instance.processorFreeAt) + seconds / a.cores;
    instance.processorSeconds += seconds;
    return instance.processorFreeAt;
  }

  const polled: number[] = [];
  const delivered: number[] = [];
  let runs = 0;

  /** One run of a shard: rows and lease, polls side by side, messages, and the commit that gives the lease back. */
  function run(number: number, shard: number, tick: number): void {
    const instance = instances[number];
    if (instance === undefined) return;
    const head = { transactions: 1, units: 2 };
    const rows = { transactions: 1, units: asked.idle.units - 2 * head.units };
    const done = () => {
      instance.running -= 1;
      if (instance.running === 0) instance.activeSeconds += Math.max(1, events.now - instance.activeSince);
      look(number);
    };
    events.at(table(shard, rows), () => {
      // The run of the tick before still has the lease: the wake-up is dropped.
      if ((heldUntil[shard] ?? 0) > events.now) return done();
      heldUntil[shard] = Number.POSITIVE_INFINITY;
      if (tick > 0) runs += 1;
      events.at(table(shard, head), () => {
        const isSame = lastInstance[shard] === number;
        const warmShare = isSame ? Math.min(1, (a.warmSessions * count) / mailboxes) : 0;
        lastInstance[shard] = number;
        let end = events.now;
        let processorSeconds = 0;
        let withMail = 0;
        const share = a.polledShare;
        for (let at = 0; at < sizeOf(shard); at++) {
          if (random() >= share) continue;
          const isWarm = random() < warmShare;
          processorSeconds += (isWarm ? counts.idle.warmCpuMs : counts.idle.coldCpuMs) / 1000;
          const commands = (isWarm ? counts.idle.warmCommands : counts.idle.coldCommands) * a.imapRoundTripSeconds;
          end = Math.max(end, isWarm ? events.now + commands : connect(instance, commands));
          // Those that are due are those that get mail, so all of it falls to them.
          if (random() < (a.messagesPerMailboxAndHour * a.tickSeconds) / 3600 / share) withMail += 1;
        }
        events.at(Math.max(end, processor(instance, processorSeconds)), () => {
          if (tick > 0) polled.push(events.now - tick * a.tickSeconds);
          deliver(instance, { shard, tick, messages: withMail }, () => {
            events.at(table(shard, head), () => {
              heldUntil[shard] = 0;
              done();
            });
          });
        });
      });
    });
  }

  /** A log-in with its commands, when a place for it is free. */
  function connect({ connects }: Instance, seconds: number): number {
    let first = 0;
    for (let at = 1; at < connects.length; at++) if ((connects[at] ?? 0) < (connects[first] ?? 0)) first = at;
    const end = Math.max(events.now, connects[first] ?? 0) + seconds;
    connects[first] = end;
    return end;
  }

  interface Batch {
    readonly shard: number;
    readonly tick: number;
    readonly messages: number;
  }

  /** Each message in a mailbox of its own: read, entry committed, posted; its acceptance goes with a later commit. */
  function deliver(instance: Instance, { shard, tick, messages }: Batch, done: () => void): void {
    let left = messages;
    let begun = 0;
    if (left === 0) {
      done();
      return;
    }
    const next = () => {
      if (begun === messages) return;
      begun += 1;
      const read = events.now + counts.message.commands * a.imapRoundTripSeconds;
      events.at(Math.max(read, processor(instance, counts.message.cpuMs / 1000)), () =>
        events.at(table(shard, { transactions: asked.one.transactions, units: asked.one.units }), () =>
          events.at(events.now + a.postSeconds, () => {
            if (tick > 0) delivered.push(events.now - tick * a.tickSeconds);
            left -= 1;
            if (left === 0) done();
            else next();
          }),
        ),
      );
    };
    for (let lane = 0; lane < a.deliveringAtOnce; lane++) next();
  }

  /** The host's look into the queue. */
  function look(number: number): void {
    const instance = instances[number];
    if (instance === undefined || instance.isLooking || instance.running > a.newBatchThreshold) return;
    instance.isLooking = true;
    events.at(events.now + a.queueSeconds, () => {
      instance.isLooking = false;
      const tick = Math.floor(events.now / a.tickSeconds);
      const taken = queue.splice(0, a.batchSize);
      if (taken.length === 0) {
        if (instance.running === 0) events.at(events.now + random() * a.lookSeconds, () => look(number));
        return;
      }
      if (instance.running === 0) instance.activeSince = events.now;
      instance.running += taken.length;
      for (const shard of taken) run(number, shard, tick);
      look(number);
    });
  }

  /** The timer: reads the directory, asks which accounts have mail to send, and puts in a message a shard. */
  function dispatch(): void {
    const pages = Math.ceil(shards / 1000);
    const lanes = Math.ceil(shards / a.askedAtOnce);
    const before = (pages + lanes) * a.tableSeconds;
    const atOnce = sendsAtOnce(shards, a.tickSeconds);
    for (let shard = 0; shard < shards; shard++) {
      events.at(events.now + before + Math.ceil((shard + 1) / atOnce) * a.queueSeconds, () => void queue.push(shard));
    }
  }

  for (let tick = 0; tick < a.ticks; tick++) events.at(tick * a.tickSeconds, dispatch);
  for (let number = 0; number < count; number++) look(number);
  events.runUntil(a.ticks * a.tickSeconds);

  const counted = a.ticks - 1;
  const seconds = instances.reduce((sum, one) => sum + one.processorSeconds, 0) / a.ticks;
  const active = instances.reduce(
    (sum, one) => sum + one.activeSeconds + (one.running > 0 ? events.now - one.activeSince : 0),
    0,
  );
  return {
    mailboxes,
    instances: count,
    polled: spread(polled),
    delivered: spread(delivered),
    messages: delivered.length / counted,
    activeSecondsPerTick: active / a.ticks,
    processor: seconds / (a.tickSeconds * a.cores * count),
    transactionsPerTick: transactions / counted,
    unitsPerTick: units / counted,
    mostTransactions: Math.max(0, ...perSecond.transactions.values()),
    mostUnits: Math.max(0, ...perSecond.units.values()),
    runsPerTick: runs / counted,
  };
}

/** All 0 if there are none. */
function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { median: at(0.5), p95: at(0.95), most: at(1) };
}
