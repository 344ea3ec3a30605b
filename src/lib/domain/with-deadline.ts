import type { Clock } from './clock.ts';

// One for all: creating an error takes longer than everything else here.
const settled = new Error('No longer waited for');

/**
 * What `work` answers, unless that takes longer than `limitMs`. Then `work` continues, and how it ends is of no
 * interest.
 * @throws what `work` throws; what `late` answers
 */
export async function withDeadline<T>(clock: Clock, limitMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  const done = new AbortController();
  const limit = async (): Promise<never> => {
    await clock.sleep(limitMs, done.signal);
    throw late();
  };
  try {
    return await Promise.race([work, limit()]);
  } finally {
    done.abort(settled);
    work.catch(() => undefined);
  }
}
