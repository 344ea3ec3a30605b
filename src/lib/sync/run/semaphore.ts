/** What the holder of a place can see of the queue. */
export interface Permit {
  /** True while another waits for this place. */
  isWanted(): boolean;
}

/**
 * Runs `work` in a place of the semaphore. `after others` waits as long as any other call waits without that option.
 */
export type TakeTurn = <T>(work: (permit: Permit) => Promise<T>, when?: 'after others') => Promise<T>;

/**
 * Runs at most `most` at a time, the others in order of arrival; going to the end of the queue after each turn shares
 * time fairly.
 * @param mostAfter how many places calls with `after others` may have, so that some stay free for the rest
 */
export function createSemaphore(most: number, mostAfter = most): TakeTurn {
  const first: (() => void)[] = [];
  const after: (() => void)[] = [];
  let inside = 0;
  let insideAfter = 0;

  /** A place is handed to the next in line, so that no newcomer takes it in between. */
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
