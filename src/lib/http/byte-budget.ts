import { BrokerError } from '../errors.ts';

/** How much of a process's memory the bodies of requests may take at a time. */
export interface ByteBudget {
  /**
   * Sets bytes aside until they are given back.
   * @returns gives them back; more than once is harmless
   * @throws BrokerError `uploads_busy` if so many are not free
   */
  take(bytes: number): () => void;
}

/** A large body is dealt with in some seconds. */
const retryAfterMs = 5_000;

/** Without a queue, which would hold the very bodies that are too many. */
export function createByteBudget(totalBytes: number): ByteBudget {
  let taken = 0;
  return {
    take(bytes) {
      // One that is larger than all there is goes alone.
      if (taken > 0 && taken + bytes > totalBytes) {
        throw new BrokerError('uploads_busy', { retry: { afterMs: retryAfterMs } });
      }
      taken += bytes;
      let isTaken = true;
      return () => {
        if (isTaken) taken -= bytes;
        isTaken = false;
      };
    },
  };
}
