import type { Clock } from './clock.ts';
import { type LinkedAbort, linkedAbort } from './linked-abort.ts';

/** As {@link linkedAbort}, by a clock that is passed in: for what is also tried in simulated time. */
export function clockedAbort(
  clock: Pick<Clock, 'sleep'>,
  outer: AbortSignal,
  limitMs: number,
): Pick<LinkedAbort, 'signal' | 'release'> {
  const linked = linkedAbort(outer);
  const done = new AbortController();
  clock.sleep(limitMs, done.signal).then(
    () => linked.abort(new DOMException('The time for this was over.', 'TimeoutError')),
    // It was done in time.
    () => undefined,
  );
  return {
    signal: linked.signal,
    release() {
      done.abort();
      linked.release();
    },
  };
}
