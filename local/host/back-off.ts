/** How long the host rests after a look into a queue that found nothing. */
export interface BackOff {
  /** @param hasFound a look since the last rest found a message @returns milliseconds */
  next(hasFound: boolean): number;
}

// QueuePollingIntervals.Minimum of the storage extension.
const leastMs = 100;
// RandomizationFactor: a fifth up or down, so that listeners do not march in step.
const spread = 0.2;

/**
 * RandomizedExponentialBackoffStrategy of the WebJobs SDK, which the queue trigger uses: 100 ms after a message, then
 * 100 ms and a part that doubles each time and is varied by a fifth. Once that reaches the longest rest, it stays there
 * to the millisecond until a message is found. With 2 s at most that takes about four seconds.
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#polling-algorithm
 * @param mostMs `maxPollingInterval` of host.json
 * @param random from 0 to 1
 */
export function createBackOff(mostMs: number, random: () => number = Math.random): BackOff {
  let doublings = 0;
  let isLongest = false;
  return {
    next(hasFound) {
      if (hasFound) {
        doublings = 1;
        isLongest = false;
        return leastMs;
      }
      if (isLongest) return mostMs;
      const more = doublings === 0 ? 0 : (1 - spread + 2 * spread * random()) * 2 ** (doublings - 1) * leastMs;
      isLongest = leastMs + more >= mostMs;
      if (isLongest) return mostMs;
      doublings += 1;
      return leastMs + more;
    },
  };
}
