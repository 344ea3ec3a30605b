import { createBoundedMap } from '../domain/bounded-map.ts';
import type { Clock } from '../domain/clock.ts';
import { createExpiringMap } from '../domain/expiring-map.ts';

export interface MemoOptions<T> {
  readonly clock: Clock;
  /** How long a value is used without asking again. */
  readonly ttlMs: (value: T) => number;
  /** How much longer it is used if asking fails in a way that `survives`. */
  readonly staleMs: number;
  readonly survives: (error: unknown) => boolean;
  /** How long a failure is repeated instead of asking again, so that a crowd does not wait for one time-out each. */
  readonly failureMs: number;
  readonly onStale?: (key: string, error: unknown) => void;
}

interface Entry<T> {
  readonly value: T;
  readonly at: number;
  /** While the source is down: not asked again before. */
  retryAt?: number;
}

/** Values by key, each asked for once however many wait for it. */
export interface Memo<T> {
  get(key: string, load: () => Promise<T>, options?: { readonly fresh?: boolean }): Promise<T>;
  put(key: string, value: T): void;
  /** Forgets a value: the next one to want it asks. */
  drop(key: string): void;
}

/** Many more than there are secrets and versions of them; what is forgotten is asked for again. */
const mostRemembered = 1_000;

export function createMemo<T>(options: MemoOptions<T>): Memo<T> {
  const { clock } = options;
  const entries = createBoundedMap<string, Entry<T>>(mostRemembered);
  const flights = new Map<string, Promise<T>>();
  const failures = createExpiringMap<string, { readonly error: unknown }>(mostRemembered, () => clock.monotonic());

  const run = async (key: string, load: () => Promise<T>): Promise<T> => {
    try {
      // The microtask lets the flight be noted before it can end.
      const value = await Promise.resolve().then(load);
      entries.set(key, { value, at: clock.monotonic() });
      failures.delete(key);
      return value;
    } catch (error) {
      failures.set(key, { error }, clock.monotonic() + options.failureMs);
      const entry = entries.get(key);
      if (entry !== undefined && !options.survives(error)) entries.delete(key);
      throw error;
    } finally {
      flights.delete(key);
    }
  };

  const fly = (key: string, load: () => Promise<T>): Promise<T> => {
    const flight = flights.get(key) ?? run(key, load);
    flights.set(key, flight);
    return flight;
  };

  return {
    async get(key, load, { fresh = false } = {}) {
      if (fresh) return fly(key, load);
      const now = clock.monotonic();
      const entry = entries.get(key);
      if (entry !== undefined && now - entry.at < options.ttlMs(entry.value)) return entry.value;
      const isStale = entry !== undefined && now - entry.at < options.ttlMs(entry.value) + options.staleMs;
      if (isStale && entry.retryAt !== undefined && now < entry.retryAt) return entry.value;
      const failure = failures.get(key);
      if (!isStale && failure !== undefined) throw failure.error;
      try {
        return await fly(key, load);
      } catch (error) {
        if (!isStale || !options.survives(error)) throw error;
        entry.retryAt = now + options.failureMs;
        options.onStale?.(key, error);
        return entry.value;
      }
    },
    put(key, value) {
      entries.set(key, { value, at: clock.monotonic() });
    },
    drop: (key) => void entries.delete(key),
  };
}
