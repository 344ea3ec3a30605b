/** What someone inside knows of those outside. */
export interface Permit {
  /** True while someone waits who would have this place next. */
  isWanted(): boolean;
}

/**
 * A place for the time of `work`. `after others` waits as long as anyone waits for a place who does not say so.
 */
export type TakeTurn = <T>(work: (permit: Permit) => Promise<T>, when?: 'after others') => Promise<T>;

/**
 * Lets `most` through at a time, the others in the order in which they came: who goes to the end of the queue after a turn
 * has it fairly.
 * @param mostAfter how many places those may have who come after others, so that some are free when the others come
 */
export function createSemaphore(most: number, mostAfter = most): TakeTurn {
  const first: (() => void)[] = [];
  const after: (() => void)[] = [];
  let inside = 0;
  let insideAfter = 0;

  /** Places are handed over, not given up, so that nobody slips in between. */
  function admit(): void {
    while (inside < most) {
      const next = first.shift() ?? (insideAfter < mostAfter ? after.shift() : undefined);
      if (next === undefined) return;
      next();
    }
  }

  return async (work, when) => {
    const isAfter = when !== undefined;
    await new Promise<void>((resolve) => {
      (isAfter ? after : first).push(() => {
        inside += 1;
        if (isAfter) insideAfter += 1;
        resolve();
      });
      admit();
    });
    try {
      return await work({ isWanted: () => first.length > 0 || (isAfter && after.length > 0) });
    } finally {
      inside -= 1;
      if (isAfter) insideAfter -= 1;
      admit();
    }
  };
}
