import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Random } from './clock.ts';

/** From the socket to whoever waits for it, an answer over HTTP takes as many turns of the event loop. */
const turnsOfAnAnswer = 4;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
  caughtUp: async () => {
    for (let turn = 0; turn < turnsOfAnAnswer; turn++) await nextTurn();
  },
};

/** The machine's own source of randomness. */
export const systemRandom: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };
