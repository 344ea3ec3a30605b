/** Begins all tasks and waits for all, also when one fails. @throws what the first in the list that failed threw */
export async function allSettledThenThrow(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const ended = await Promise.allSettled(tasks.map((task) => task()));
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/**
 * What `work` answers for each item, in their order, with at most `most` under way at a time. After one has failed no
 * other is begun. @throws what the first to fail threw, when all that were under way have ended
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = [];
  const failures: unknown[] = [];
  const left = items.entries();
  const lane = async () => {
    // All lanes take from one iterator.
    for (const [at, item] of left) {
      if (failures.length > 0) return;
      try {
        answers[at] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return answers;
}

/** What became of messages for a queue. */
export interface SentBounded<T> {
  /** Those that did not get in: refused, or not tried because another one was. */
  readonly left: readonly T[];
  /** What the first of them failed with. */
  readonly failure: unknown;
}

/** Sends messages, so many at a time and in no order, until one fails: where the queue is down, each waits for its time-out. */
export async function sendBounded<T>(
  messages: readonly T[],
  most: number,
  send: (message: T) => Promise<void>,
): Promise<SentBounded<T>> {
  const left: T[] = [];
  let failure: unknown;
  await mapBounded(messages, most, async (message) => {
    if (left.length > 0) {
      left.push(message);
      return;
    }
    try {
      await send(message);
    } catch (error) {
      failure ??= error;
      left.push(message);
    }
  });
  return { left, failure };
}

/** A promise that is awaited later, or never: that it fails before is not an unhandled rejection. @returns the same */
export function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
