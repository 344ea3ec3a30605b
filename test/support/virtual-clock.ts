import type { Clock } from '../../src/lib/domain/clock.ts';

/** A clock that stands still until it is moved. */
export interface VirtualClock extends Clock {
  /** Moves time ahead; who sleeps wakes in order, and what they start in turn is waited for. */
  advance(ms: number): Promise<void>;
}

/** Runs everything that waits only for a turn of the event loop. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export function virtualClock(start = Date.parse('2026-11-22T12:00:00Z')): VirtualClock {
  let now = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  return {
    now: () => start + now,
    monotonic: () => now,
    caughtUp: async () => {},
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const done = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', abort);
        };
        const sleeper = {
          at: now + ms,
          wake: () => {
            done();
            resolve();
          },
        };
        const abort = () => {
          done();
          reject(signal?.reason);
        };
        if (signal?.aborted === true) return reject(signal.reason);
        signal?.addEventListener('abort', abort);
        sleepers.add(sleeper);
      }),
    async advance(ms) {
      const until = now + ms;
      await settled();
      for (;;) {
        const next = [...sleepers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        now = Math.max(now, next.at);
        next.wake();
        await settled();
      }
      now = until;
      await settled();
    },
  };
}
