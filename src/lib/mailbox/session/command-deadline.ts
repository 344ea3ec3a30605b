/**
 * Waits for `work`, but no longer than `limitMs`; then calls `late`, which must make `work` fail, and waits a moment
 * for that failure, so that its own error is thrown rather than ours. Uses a plain timer, not the injected clock: a
 * socket runs in real time, and this runs for every command.
 * @throws Error with code `ETIMEOUT` if `work` does not even then settle
 */
export async function withCommandDeadline<T>(limitMs: number, work: Promise<T>, late: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late();
      timer = setTimeout(() => reject(Object.assign(new Error('No answer in time'), { code: 'ETIMEOUT' })), graceMs);
    }, limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

const graceMs = 250;
