/** A number of places, given out in the order of asking. */
export interface ConcurrencyLimit {
  /** Resolves with the place's return, when one is free. @throws the signal's reason when aborted while waiting */
  take(signal: AbortSignal): Promise<() => void>;
  /** Changes how many there are. Places that are taken beyond a smaller number are not given out again. */
  resize(count: number): void;
  /** True while no place is taken. */
  readonly isIdle: boolean;
}

export function createConcurrencyLimit(places: number): ConcurrencyLimit {
  let count = places;
  let taken = 0;
  const waiting = new Set<() => void>();

  const giveOut = () => {
    for (const next of waiting) {
      if (taken >= count) return;
      waiting.delete(next);
      taken += 1;
      next();
    }
  };

  const giveBack = () => {
    taken -= 1;
    giveOut();
  };

  return {
    get isIdle() {
      return taken === 0;
    },
    resize(next) {
      count = next;
      giveOut();
    },
    async take(signal) {
      signal.throwIfAborted();
      if (taken < count) {
        taken += 1;
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
