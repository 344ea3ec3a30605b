/** What a look at a folder, or at all of a mailbox, showed for the first time. */
export interface Arrived {
  /** Mail came since the look before. */
  readonly hasArrived: boolean;
  /** When it came (INTERNALDATE), as far as it was settled. */
  readonly arrivals: readonly Date[];
}

/** More that came between two looks say nothing more. */
const mostArrivals = 64;

export interface Arrivals {
  /** A look showed the UIDs below `uidNext`; those below `seen` had been shown before. */
  looked(seen: number, uidNext: number): void;
  settled(uid: number, internalDate: Date): void;
  /** What came; once. */
  take(): Arrived;
}

export function createArrivals(): Arrivals {
  let from = Number.POSITIVE_INFINITY;
  let hasArrived = false;
  let arrivals: Date[] = [];
  return {
    looked(seen, uidNext) {
      from = seen;
      hasArrived ||= uidNext > seen;
    },
    settled(uid, internalDate) {
      if (uid >= from && arrivals.length < mostArrivals) arrivals.push(internalDate);
    },
    take() {
      const taken = { hasArrived, arrivals };
      [hasArrived, arrivals] = [false, []];
      return taken;
    },
  };
}
