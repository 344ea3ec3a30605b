import type { Log } from '../log.ts';
import { housekeepingName, type LastRuns } from '../store/deployment/last-runs.ts';

/** A chore of the housekeeping timer. */
export interface Chore {
  readonly name: string;
  /** How often it is due; the timer itself comes every 5 minutes. */
  readonly everyMs: number;
  /**
   * What it did, for the log; undefined if there was nothing to do. Safe to repeat. With `left` above 0 it is not done,
   * and runs again with the timer.
   */
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

/**
 * Whether its period is over since it last ended well: a run that was missed, or that failed, is made up by the next. The
 * timer comes some seconds early or late; half its rhythm keeps an hour an hour. A time to come is a clock that was wrong.
 */
function isDue({ name, everyMs }: Chore, lastRuns: ReadonlyMap<string, Date>, nowMs: number): boolean {
  const last = lastRuns.get(name)?.getTime();
  return isEachTime(everyMs) || last === undefined || last > nowMs || nowMs - last >= everyMs - housekeepingEveryMs / 2;
}

/** Of those that come with every run nothing is noted. */
const isEachTime = (everyMs: number): boolean => everyMs <= housekeepingEveryMs;

export function createHousekeeping(deps: {
  readonly log: Log;
  readonly chores: readonly Chore[];
  readonly lastRuns: LastRuns;
}): Housekeeping {
  return {
    async run(nowMs) {
      const failures: unknown[] = [];
      const lastRuns = await deps.lastRuns.read();
      for (const chore of deps.chores.filter((each) => isDue(each, lastRuns, nowMs))) {
        try {
          const did = await chore.run();
          const isDone = (did?.left ?? 0) === 0;
          if (isDone && !isEachTime(chore.everyMs)) await deps.lastRuns.note(chore.name, new Date(nowMs));
          if (did !== undefined) deps.log.info('housekeeping.done', { chore: chore.name, ...did });
        } catch (error) {
          failures.push(error);
          deps.log.error('housekeeping.failed', error, { chore: chore.name });
        }
      }
      // For the doctor: the timer runs, even if chores fail.
      await deps.lastRuns.note(housekeepingName, new Date(nowMs)).catch((error: unknown) => void failures.push(error));
      if (failures.length > 0) throw new AggregateError(failures, `${failures.length} chores failed`);
    },
  };
}
