/** A mailbox with urgent work for a destination in this run. */
export interface Participant {
  /** Resolves when every other one is done, or waits here too. */
  othersDone(): Promise<void>;
  /** This one is done. May be called twice. */
  leave(): void;
}

/**
 * Tracks which mailboxes are busy with which destination in a run, so that a message that failed last can let all
 * others go first.
 */
export function createBarrier(): { enter(destinationId: string): Participant } {
  const places = new Map<string, { busy: number; waiting: (() => void)[] }>();

  return {
    enter(destinationId) {
      const place = places.get(destinationId) ?? { busy: 0, waiting: [] };
      places.set(destinationId, place);
      place.busy += 1;
      let isIn = true;
      const stepOut = () => {
        place.busy -= 1;
        if (place.busy > 0) return;
        // All that waited continue at once; only one of them can be the probe.
        const waiting = place.waiting.splice(0);
        place.busy = waiting.length;
        for (const goOn of waiting) goOn();
      };
      return {
        othersDone: () =>
          new Promise((resolve) => {
            if (!isIn) return resolve();
            place.waiting.push(resolve);
            stepOut();
          }),
        leave() {
          if (!isIn) return;
          isIn = false;
          stepOut();
        },
      };
    },
  };
}
