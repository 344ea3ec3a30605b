import { hourMs } from '../domain/duration.ts';
import type { Chore } from './housekeeping.ts';
import { type SweepDeps, sweep } from './sweep.ts';

// What is swept is a day old, so that an hour more does not matter; and it reads every grant with its sealed cache.
const sweepEveryMs = hourMs;

/** The sweep as a chore of housekeeping. */
export const sweepChore = (deps: SweepDeps): Chore => ({
  name: 'sweep',
  everyMs: sweepEveryMs,
  async run() {
    const swept = await sweep(deps);
    return Object.values(swept).some((count) => count > 0) ? { ...swept } : undefined;
  },
});
