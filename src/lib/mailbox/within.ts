import type { Clock } from '../domain/clock.ts';

/**
 * Waits for `work`, but no longer than `limitMs`; then calls `late`, which is to make `work` fail, and goes on waiting for
 * that failure for a moment, so that its own error is told rather than ours.
 * @throws Error with code `ETIMEOUT` if `work` does not even then settle
 */
export async function within<T>(clock: Clock, limitMs: number, work: Promise<T>, late: () => void): Promise<T> {
  const done = new AbortController();
  const limit = async (): Promise<never> => {
    await clock.sleep(limitMs, done.signal);
    late();
    await clock.sleep(graceMs, done.signal);
    throw Object.assign(new Error('No answer in time'), { code: 'ETIMEOUT' });
  };
  try {
    return await Promise.race([work, limit()]);
  } finally {
    done.abort();
  }
}

const graceMs = 250;
