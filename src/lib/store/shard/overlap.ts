/** Measures whether work and batches are to go on at the same time. */
export interface Overlap {
  /**
   * True if those who deliver do better in two halves, one of which works while the rows of the other are being stored.
   * They do as long as a batch takes less time than the work of all of them; else the halves wait for each other's batches.
   */
  readonly pays: boolean;
  /** Some were told that their rows are stored, and begin to work. */
  told(): void;
  /** One of them has handed in its next rows. */
  asked(): void;
  /**
   * A batch is on its way.
   * @param inHalves true if some whose rows are stored work only now
   * @returns to be called when it is stored
   */
  sending(inHalves: boolean): () => void;
}

/** @param monotonic milliseconds of a clock that never steps */
export function createOverlap(monotonic: () => number): Overlap {
  /** Moving averages, in milliseconds: of a batch, and of the work of all between two. */
  let batchMs = 0;
  let workMs = 0;
  let toldAt = monotonic();
  let askedAt = toldAt;
  return {
    get pays() {
      return workMs >= batchMs;
    },
    told() {
      toldAt = monotonic();
    },
    asked() {
      askedAt = monotonic();
    },
    sending(inHalves) {
      const sendingAt = monotonic();
      if (!inHalves) workMs = (workMs + sendingAt - toldAt) / 2;
      return () => {
        batchMs = (batchMs + monotonic() - sendingAt) / 2;
        // The other half needs as long.
        if (inHalves) workMs = (workMs + 2 * Math.max(0, askedAt - sendingAt)) / 2;
      };
    },
  };
}
