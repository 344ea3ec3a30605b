import type { Clock } from '../../domain/clock.ts';
import { withDeadline } from '../../domain/with-deadline.ts';
import type { Log } from '../../log.ts';
import { failure, notAnswered } from './findings.ts';
import type { Check, Finding, KeyAccess, Result } from './types.ts';

export interface RunDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** After this time a check without an answer counts as unknown. */
  readonly limitMs: number;
}

/**
 * Runs all checks side by side and answers what each found, in the order of the checks. Never throws: a check that fails
 * is a finding, one that hangs is cut off at the limit and keeps what it has reported so far.
 */
export async function runChecks(
  checks: readonly Check[],
  access: KeyAccess,
  { clock, log, limitMs }: RunDeps,
): Promise<Result[]> {
  const over = new AbortController();
  const late = new Error('The time for the checks is over');
  const results = await Promise.all(
    checks.map(async (check): Promise<Result[]> => {
      const found: Finding[] = [];
      let isOpen = true;
      const report = (finding: Finding) => {
        if (isOpen) found.push(finding);
      };
      try {
        await withDeadline(
          clock,
          limitMs,
          start(() => check.run(report, over.signal, access)),
          () => late,
        );
      } catch (error) {
        if (error === late) found.push(notAnswered(limitMs));
        else {
          found.push(failure(error));
          log.warn('doctor.check_failed', { check: check.name, error: error instanceof Error ? error.message : '' });
        }
      }
      isOpen = false;
      return found.map((finding) => ({ check: check.name, ...finding }));
    }),
  );
  over.abort(late);
  return results.flat();
}

/** One that throws before it waits fails like any other. */
const start = async (run: () => Promise<void>): Promise<void> => run();

/** Runs `work` for each item, at most `most` at a time; begins none after the signal fired. */
export async function eachBounded<T>(
  items: readonly T[],
  most: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const lane = async () => {
    // All lanes take from one iterator.
    for (const item of left) {
      if (signal.aborted) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
}
