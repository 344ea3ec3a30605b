import { assumptions, month, prices } from './cost-model.ts';
import type { Counts } from './count.ts';
import { type ScaleAssumptions, scaleAssumptions } from './scale-assumptions.ts';
import { type Counted, liveThrough, type Outcome } from './scale-model.ts';

/** A deployment is large enough if no run of a tick is left out, and nearly all of them have polled in this part of it. */
export const mostOfTick = 0.75;

/** Lengths of a tick that are tried: the default, and a longer one. */
export const intervals = [scaleAssumptions.tickSeconds, 60] as const;

/** Numbers of instances that are tried, in order. */
const steps = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192];

/** The sizes of the page. */
export const sizes = [1_000, 10_000, 100_000] as const;

/** Sizes that are tried with one storage account and with two. */
export const largeSizes = [20_000, 40_000, 60_000, 80_000, 100_000] as const;

/** The share of the shards that had their run in each tick. */
const complete = ({ runsPerTick, mailboxes }: Outcome, counted: Counted): number =>
  runsPerTick / Math.ceil(mailboxes / counted.store.mailboxes);

export const isEnough = (outcome: Outcome, counted: Counted, { tickSeconds }: ScaleAssumptions): boolean =>
  outcome.polled.p95 <= mostOfTick * tickSeconds && complete(outcome, counted) > 0.999;

/** The fewest instances that are enough; if none are, those with which the most shards have their run. */
export function enough(mailboxes: number, counted: Counted, given: ScaleAssumptions = scaleAssumptions): Outcome {
  let best: Outcome | undefined;
  // Far fewer than the processor needs are not worth a try.
  const least = (mailboxes / 6_000) * Math.min(1, 60 / given.tickSeconds);
  for (const instances of steps.filter((step) => step >= least)) {
    const outcome = liveThrough({ mailboxes, instances }, counted, given);
    if (isEnough(outcome, counted, given)) return outcome;
    if (best === undefined || complete(outcome, counted) > complete(best, counted)) best = outcome;
  }
  if (best === undefined) throw new Error(`No number of instances was tried for ${mailboxes} mailboxes.`);
  return best;
}

/** An hour with mail, and one without, on as many instances. */
export interface Live {
  readonly busy: Outcome;
  readonly quiet: Outcome;
}

/** What a month costs in USD, by the list prices of docs/cost.md: eight hours a day with mail, sixteen without. */
export function monthOf(counts: Counts, { busy, quiet }: Live, a: ScaleAssumptions): number {
  const ticks = (30 * 86_400) / a.tickSeconds;
  const of = (value: (one: Outcome) => number) => (ticks * (8 * value(busy) + 16 * value(quiet))) / 24;
  // The timer is an execution of a second in each tick.
  const gbSeconds = (of(({ activeSecondsPerTick }) => activeSecondsPerTick) + ticks) * a.instanceGb;
  const executions = of(({ runsPerTick }) => runsPerTick) + ticks;
  const transactions = of(({ transactionsPerTick, runsPerTick }) => transactionsPerTick + runsPerTick);
  const looks = busy.instances * (a.tickSeconds / a.lookSeconds) * ticks;
  const queue = of(({ runsPerTick }) => runsPerTick) * 3 + looks;
  // The log as docs/cost.md has it: it depends on ticks and shards alone.
  const { logGb } = month(busy.mailboxes, counts, { ...assumptions, tickSeconds: a.tickSeconds });
  return (
    Math.max(0, gbSeconds - prices.freeGbSeconds) * prices.gbSecond +
    (Math.max(0, executions - prices.freeExecutions) / 1_000_000) * prices.executionsPerMillion +
    (transactions * prices.tablePer10k + queue * prices.queuePer10k) / 10_000 +
    Math.max(0, logGb - prices.freeLogGb) * prices.logGb
  );
}
