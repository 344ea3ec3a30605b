import type { Clock, Random } from '../domain/clock.ts';
import { BrokerError } from '../errors.ts';

/** Tries within one call, when Microsoft's service stumbles; then the next tick. */
const tries = [0, 400, 1_600] as const;
/** No further try after this long: the caller has a time-out of its own. */
const triesWithinMs = 8_000;

/**
 * Runs `ask`, and again after a moment if the sign-in service did not answer as it should. Not if it said when to come
 * again: that is for the caller to wait.
 */
export async function withRetries<T>(
  parts: { readonly clock: Clock; readonly random: Random },
  ask: () => Promise<T>,
): Promise<T> {
  const { clock, random } = parts;
  const startedAt = clock.monotonic();
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const pauseMs = tries[attempt];
      const passes = error instanceof BrokerError && error.code === 'entra_unavailable' && error.retry === undefined;
      if (!passes || pauseMs === undefined || clock.monotonic() - startedAt + pauseMs > triesWithinMs) throw error;
      await clock.sleep(jitter(pauseMs, random));
    }
  }
}

/** Half to one and a half times `ms`, so that a crowd does not come back as one. */
function jitter(ms: number, random: Random): number {
  return Math.round(ms * (0.5 + (random.bytes(1)[0] ?? 0) / 255));
}
