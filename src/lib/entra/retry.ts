import type { Clock, Random } from '../domain/clock.ts';
import { retrying } from '../domain/schedule.ts';
import { isBrokerError } from '../errors.ts';

/** Waits between the attempts of one call, when Microsoft's service stumbles; then the next tick. */
const waitsMs = [400, 1_600];
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
  const mayPass = (error: unknown, waitMs: number) =>
    isBrokerError(error, 'entra_unavailable') &&
    error.retry === undefined &&
    clock.monotonic() - startedAt + waitMs <= triesWithinMs;
  return retrying({ waitsMs, mayPass, pause: (ms) => clock.sleep(jitter(ms, random)) }, ask);
}

/** Half to one and a half times `ms`, so that a crowd does not come back as one. */
function jitter(ms: number, random: Random): number {
  return Math.round(ms * (0.5 + (random.bytes(1)[0] ?? 0) / 255));
}
