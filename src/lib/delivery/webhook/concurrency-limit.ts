/** A number of places, given out in the order of asking. */
export interface ConcurrencyLimit {
  /** Resolves with the place's return, when one is free. @throws the signal's reason when aborted while waiting */
  take(signal: AbortSignal): Promise<() => void>;
  /** True while no place is taken. */
  readonly isIdle: boolean;
}

export function createConcurrencyLimit(count: number): ConcurrencyLimit {
  let free = count;
  const waiting = new Set<() => void>();

  const giveBack = () => {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
    } else {
      waiting.delete(next);
      next();
    }
  };

  return {
    get isIdle() {
      return free === count;
    },
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return giveBack;
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const leave = () => {
        waiting.delete(resolve);
        reject(signal.reason);
      };
      waiting.add(resolve);
      signal.addEventListener('abort', leave, { once: true });
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', leave);
      }
      return giveBack;
    },
  };
}
