import type { Clock } from '../../domain/clock.ts';
import type { Waiter } from './commit-parts.ts';
import { createOverlap } from './overlap.ts';

/** So many who wait are worth a batch of their own: it takes about as much of this process as one delivery. */
const worthABatch = 12;

/**
 * Tells those who wait that their rows are stored. What they do next keeps this process busy, while a distant service has
 * nothing to do. So if they are many, half of them are told first; what these hand in goes out before the others are told.
 * From then on one half works while the rows of the other are on their way.
 */
export interface Halves {
  /** True while some whose rows are stored have not been told. */
  readonly areLeft: boolean;
  /** The rows of these are stored. */
  add(waiters: readonly Waiter[]): void;
  tellAll(): void;
  /** Tells them, or half of them if that pays. */
  tellFirst(): Promise<void>;
  /** Tells those who are left once the next batch has left this process. */
  tellOthers(): Promise<void>;
  /** True if what has been handed in by now is worth a batch of its own. */
  isWorthABatch(): boolean;
  /** One who waits has handed in rows. */
  asked(): void;
  /** A batch is on its way. @returns to be called when it is stored */
  sending(): () => void;
}

export function createHalves(parts: {
  readonly clock: Clock;
  /** How many wait for the next batch. */
  readonly queued: () => number;
  readonly tell: (waiters: readonly Waiter[]) => void;
}): Halves {
  const { clock } = parts;
  const overlap = createOverlap(() => clock.monotonic());
  const stored: Waiter[] = [];

  function tellAll(count = stored.length): void {
    overlap.told();
    parts.tell(stored.splice(0, count));
  }

  const isWorthABatch = () => overlap.pays && parts.queued() >= worthABatch;

  return {
    get areLeft() {
      return stored.length > 0;
    },
    add: (waiters) => void stored.push(...waiters),
    tellAll: () => tellAll(),
    async tellFirst() {
      if (overlap.pays && stored.length > worthABatch && !isWorthABatch()) {
        tellAll(Math.ceil(stored.length / 2));
        await clock.caughtUp(isWorthABatch);
      }
      if (!isWorthABatch()) tellAll();
    },
    async tellOthers() {
      if (stored.length === 0) return;
      await clock.caughtUp();
      tellAll();
    },
    isWorthABatch,
    asked: overlap.asked,
    sending: () => overlap.sending(stored.length > 0),
  };
}
