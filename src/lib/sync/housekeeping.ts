import type { Log } from '../log.ts';

/** A chore of the housekeeping timer. */
export interface Chore {
  readonly name: string;
  /** How often it is due; the timer itself comes every 5 minutes. */
  readonly everyMs: number;
  /** What it did, for the log; undefined if there was nothing to do. Safe to repeat. */
  run(): Promise<Readonly<Record<string, number>> | undefined>;
}

export interface Housekeeping {
  /**
   * Runs the chores that are due at `nowMs`, one after the other; one that fails does not keep the others from running.
   * @throws AggregateError if some failed, so that the invocation counts as failed
   */
  run(nowMs: number): Promise<void>;
}

/** Rhythm of the timer. */
export const housekeepingEveryMs = 5 * 60_000;

/** No memory between runs: a chore is due in the first run of each of its periods, counted from 1970. */
const isDue = (chore: Chore, nowMs: number): boolean => nowMs % chore.everyMs < housekeepingEveryMs;

export function createHousekeeping(deps: { readonly log: Log; readonly chores: readonly Chore[] }): Housekeeping {
  return {
    async run(nowMs) {
      const failures: unknown[] = [];
      for (const chore of deps.chores.filter((each) => isDue(each, nowMs))) {
        try {
          const did = await chore.run();
          if (did !== undefined) deps.log.info('housekeeping.done', { chore: chore.name, ...did });
        } catch (error) {
          failures.push(error);
          deps.log.error('housekeeping.failed', error, { chore: chore.name });
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, `${failures.length} chores failed`);
    },
  };
}
