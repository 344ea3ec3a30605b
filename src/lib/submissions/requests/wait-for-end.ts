import type { Clock } from '../../domain/clock.ts';
import { isEnded, type Submission } from '../../domain/submission.ts';

/** How long a request with `wait=true` takes at the longest, composing included. */
export const longestWaitMs = 4_000;

/** A message that goes out at once has usually left within a second; a look is one read of a row. */
const looksAfterMs = [150, 150, 200, 300, 400, 600, 800, 1_000];

/**
 * Waits until a submission has ended, for a short while.
 * @param untilMs on the monotonic clock; once it has passed, what was last seen is answered
 * @param read the submission as it is now; its errors are not answered, since the message was accepted
 */
export async function waitForEnd(
  accepted: Submission,
  untilMs: number,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  read: (id: string) => Promise<Submission | undefined>,
): Promise<Submission> {
  let last = accepted;
  for (const waitMs of looksAfterMs) {
    if (isEnded(last) || isHeldUp(last) || untilMs - clock.monotonic() <= waitMs) return last;
    await clock.sleep(waitMs);
    last = (await read(last.id).catch(() => undefined)) ?? last;
  }
  return last;
}

/** Nothing will happen to it in the time that a request waits. */
const isHeldUp = ({ state, waitingFor, nextAt, createdAt }: Submission): boolean =>
  waitingFor !== undefined || (state === 'queued' && nextAt.getTime() - createdAt.getTime() > longestWaitMs);
