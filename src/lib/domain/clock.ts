/** Time as the engine sees it; passed in, so that the same code runs under a simulated one. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 (UTC). */
  now(): number;
  /** Milliseconds of a clock that never steps. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Resolves when what has arrived at this process by now has been dealt with, or as much of it as is enough. No time
   * needs to pass for it.
   */
  caughtUp(isEnough?: () => boolean): Promise<void>;
}

/** Randomness, passed in for the same reason. */
export interface Random {
  bytes(count: number): Uint8Array;
}
