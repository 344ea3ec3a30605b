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

/** A promise that is awaited later, or never: that it fails before is not an unhandled rejection. @returns the same */
export function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
