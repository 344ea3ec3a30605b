/** A signal for one piece of work. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  /** True if the time was over before anything else ended the work. */
  readonly timedOut: boolean;
  abort(reason: unknown): void;
  /** To be called when the work is done, however it went. */
  release(): void;
}

// One for all: creating an error takes longer than everything else here.
const tooLate = new DOMException('The time for this was over.', 'TimeoutError');

/**
 * A signal that fires with `outer`, when `limitMs` of real time have passed, or when its owner says so.
 *
 * AbortSignal.any and AbortSignal.timeout do the same without a release. They pay for that with weak references, which
 * for some thousand requests on a signal that lives as long as a run cost more than the requests' own bookkeeping.
 */
export function linkedAbort(outer?: AbortSignal, limitMs?: number): LinkedAbort {
  const own = new AbortController();
  const follow = () => own.abort(outer?.reason);
  if (outer?.aborted === true) follow();
  else outer?.addEventListener('abort', follow, { once: true });
  const timer = limitMs === undefined ? undefined : setTimeout(() => own.abort(tooLate), limitMs);
  return {
    signal: own.signal,
    get timedOut() {
      return own.signal.reason === tooLate;
    },
    abort: (reason) => own.abort(reason),
    release() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}
