import { setTimeout as delay } from 'node:timers/promises';

/** What a process holds in memory, in bytes. */
export interface Held {
  /** Objects of JavaScript that are in use. */
  readonly heap: number;
  /** Buffers, and what else lies outside of that heap for objects in it. */
  readonly external: number;
  /** All pages of the process, those of its code and of TLS included. */
  readonly rss: number;
  /** The same before: with what was in use once and V8 has not given back yet. Under a limit it gives back sooner. */
  readonly rssBefore: number;
}

/**
 * Measures after all garbage was collected. An ordinary collection leaves V8 the pages that it has emptied, some hundred
 * MiB after a tick with new connections; this one gives them back, so that what remains is needed. Needs `--expose-gc`.
 */
export async function heldNow(): Promise<Held> {
  const { rss: rssBefore } = process.memoryUsage();
  for (let times = 0; times < 3; times++) {
    await globalThis.gc?.({ type: 'major', execution: 'async', flavor: 'last-resort' });
    await delay(200);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, rss, rssBefore };
}
