import type { Clock } from '../domain/clock.ts';
import { BrokerError } from '../errors.ts';

/**
 * Grants for which Microsoft asked us to wait; in memory, since the wait is short and every instance gets the answer.
 */
export interface Backoff {
  /** @throws BrokerError the failure that began the pause, while it lasts */
  check(id: string): void;
  /** Begins a pause: as long as the server said, else longer each time. Answers the error with the wait in it. */
  pause(id: string, error: BrokerError): BrokerError;
  clear(id: string): void;
}

// Without Retry-After: 60 s, doubling with each failure in a row, up to 15 min.
const firstMs = 60_000;
const longestMs = 15 * 60_000;

interface Pause {
  readonly until: number;
  readonly count: number;
  readonly error: BrokerError;
}

export function createBackoff(clock: Clock): Backoff {
  const backoff = new Map<string, Pause>();
  const withWait = (error: BrokerError, afterMs: number) =>
    new BrokerError(error.code, { cause: error.cause, retry: { afterMs } });

  return {
    check(id) {
      const found = backoff.get(id);
      const restMs = (found?.until ?? 0) - clock.monotonic();
      if (found !== undefined && restMs > 0) throw withWait(found.error, restMs);
    },
    pause(id, error) {
      const count = (backoff.get(id)?.count ?? 0) + 1;
      const afterMs = error.retry?.afterMs ?? Math.min(longestMs, firstMs * 2 ** (count - 1));
      backoff.set(id, { until: clock.monotonic() + afterMs, count, error });
      return withWait(error, afterMs);
    },
    clear: (id) => void backoff.delete(id),
  };
}
