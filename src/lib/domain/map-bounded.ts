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
