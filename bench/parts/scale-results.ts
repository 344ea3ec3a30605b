import { z } from 'zod';
import { countsForm } from './count.ts';
import { scaleAssumptions } from './scale-assumptions.ts';
import { scaleCountsForm } from './scale-counts.ts';
import { type Counted, liveThrough } from './scale-model.ts';
import { enough, intervals, type Live, largeSizes, sizes } from './scale-sizes.ts';

const spread = z.strictObject({ median: z.number(), p95: z.number(), most: z.number() });
const outcome = z.strictObject({
  mailboxes: z.number(),
  instances: z.number(),
  polled: spread,
  delivered: spread,
  messages: z.number(),
  activeSecondsPerTick: z.number(),
  processor: z.number(),
  transactionsPerTick: z.number(),
  mostTransactions: z.number(),
  mostUnits: z.number(),
  unitsPerTick: z.number(),
  runsPerTick: z.number(),
});

/** What `npm run scale` keeps in bench/scale.json, and docs/scale.md is made from. */
export const scaleResultsForm = z.strictObject({
  counted: z.strictObject({ cost: countsForm, store: scaleCountsForm }),
  /** For each size: an hour with mail, and one without, on as many instances. */
  sizes: z.array(z.strictObject({ tickSeconds: z.number(), busy: outcome, quiet: outcome })),
  /** Large ones, the shards on one account and divided among two. */
  accounts: z.array(z.strictObject({ one: outcome, two: outcome })),
  /** The largest of them on one account, were its limit counted in requests. */
  inRequests: outcome,
});

export type ScaleResults = z.infer<typeof scaleResultsForm>;

/** What comes of a size: on the fewest instances that are enough, with mail and without. */
export function resultsOf(mailboxes: number, tickSeconds: number, counted: Counted): Live {
  const given = { ...scaleAssumptions, tickSeconds };
  const busy = enough(mailboxes, counted, given);
  const { instances } = busy;
  const quiet = liveThrough({ mailboxes, instances }, counted, { ...given, messagesPerMailboxAndHour: 0 });
  return { busy, quiet };
}

/** Runs the model for all sizes; takes a minute. */
export function runScale(counted: ScaleResults['counted']): ScaleResults {
  const largest = largeSizes[largeSizes.length - 1] ?? 0;
  return {
    counted,
    sizes: intervals.flatMap((tickSeconds) =>
      sizes.map((mailboxes) => ({ tickSeconds, ...resultsOf(mailboxes, tickSeconds, counted) })),
    ),
    accounts: largeSizes.map((mailboxes) => ({
      one: enough(mailboxes, counted),
      two: enough(mailboxes, counted, { ...scaleAssumptions, accounts: 2 }),
    })),
    inRequests: enough(largest, counted, { ...scaleAssumptions, accountUnitsPerSecond: 1e9 }),
  };
}
