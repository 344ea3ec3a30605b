import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Random } from './clock.ts';

/** From the socket to anyone who waits for it, an answer over HTTP takes as many turns of the event loop. */
const turnsOfAnAnswer = 4;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', abort, { once: true });
    }),
  caughtUp: async (isEnough) => {
    for (let turn = 0; turn < turnsOfAnAnswer && isEnough?.() !== true; turn++) await nextTurn();
  },
};

/** The machine's own source of randomness. */
export const systemRandom: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };
