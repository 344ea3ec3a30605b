/** Waits between attempts, in milliseconds, in their order. */
export type Schedule = readonly number[];

/** The wait after so many failures in a row, from 1; the last one repeats. */
export const waitAfter = (waitsMs: Schedule, failures: number): number =>
  waitsMs[Math.max(0, Math.min(failures, waitsMs.length) - 1)] ?? 0;

export interface RetryPlan {
  /** Waits before the second attempt and those after it; the failure after the last one is thrown. */
  readonly waitsMs: Schedule;
  /** True if the last wait repeats for as long as it takes. */
  readonly isEndless?: boolean;
  /** Whether a failure may pass, so that another attempt is worth its wait. */
  readonly mayPass: (error: unknown, waitMs: number) => boolean;
  /** Waits; what it throws ends the attempts. Jitter belongs here. */
  readonly pause: (waitMs: number, error: unknown) => Promise<void>;
}

/**
 * Runs `attempt` by a schedule until it succeeds.
 * @param attempt told how many attempts failed before
 * @throws what the last attempt threw, or what `pause` throws
 */
export async function retrying<T>(
  { waitsMs, isEndless = false, mayPass, pause }: RetryPlan,
  attempt: (failures: number) => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt(failures);
    } catch (error) {
      const waitMs = isEndless ? waitAfter(waitsMs, failures + 1) : waitsMs[failures];
      if (waitMs === undefined || !mayPass(error, waitMs)) throw error;
      await pause(waitMs, error);
    }
  }
}
