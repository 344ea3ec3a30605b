import type { Clock } from '../../domain/clock.ts';
import { createExpiringMap } from '../../domain/expiring-map.ts';

/** Values as they were a moment ago, for what is asked far more often than it changes. */
export interface Recent<T> {
  /** The value as it was read at most 15 s ago. What is not there is asked for each time. */
  get(key: string, read: () => Promise<T | undefined>): Promise<T | undefined>;
  /** To be called after every change of what `key` stands for. */
  forget(key: string): void;
}

/** So long another process may still go by what this one has changed. */
export const recentMs = 15_000;

// Every mailbox of a large deployment; past it the oldest is read again.
const rememberAtMost = 10_000;

export function createRecent<T>(clock: Pick<Clock, 'now'>): Recent<T> {
  const values = createExpiringMap<string, T>(rememberAtMost, () => clock.now());
  let changes = 0;

  return {
    async get(key, read) {
      const known = values.get(key);
      if (known !== undefined) return known;
      const [seen, since] = [changes, clock.now()];
      const value = await read();
      // A read that began before a change must not bring back what was true before it.
      if (value !== undefined && seen === changes) values.set(key, value, since + recentMs);
      return value;
    },
    forget(key) {
      changes += 1;
      values.delete(key);
    },
  };
}
