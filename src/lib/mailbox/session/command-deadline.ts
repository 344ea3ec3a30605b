/**
 * Waits for `work`, but no longer than `limitMs`; then calls `late`, which is to make `work` fail, and continues
 * waiting for
 * that failure for a moment, so that its own error is told rather than ours. A plain timer, not the clock that is passed
 * around elsewhere: a socket lives in real time, and this runs for every command.
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
