/**
 * Anything that listens and can be stopped. `stop` resolves when its sockets and processes are gone; calling it twice
 * is harmless.
 */
export interface Running {
  stop(): Promise<void>;
}
