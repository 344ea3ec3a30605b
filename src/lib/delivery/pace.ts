import { windowSizes } from '../domain/events/window-size.ts';

/** How much a destination takes at once, by how fast it answers. */
export interface Pace {
  /** Messages of a folder that may be under way. */
  readonly window: number;
  /** The fastest answer since the pace began, and the usual one by now (a moving average), in milliseconds. */
  readonly fastestMs: number;
  readonly usualMs: number;
  /** Answers since the window was last considered. */
  readonly answers: number;
  /** When the last answer came, on the monotonic clock. */
  readonly at: number;
}

/** After a pause nothing is known any more of how busy the receiver is. */
const forgetMs = 10_000;

/** A window grows by this much, when as many answers as it holds have come in time. */
const step = 8;

/** An answer in the moving average counts this much. */
const weight = 1 / 8;

/** Answers are in time up to twice the fastest one, and late from three times on; a few milliseconds do not count. */
const inTimeMs = (fastest: number): number => 2 * fastest + 10;
const lateMs = (fastest: number): number => 3 * fastest + 20;

export const firstPace: Pace = {
  window: windowSizes.least,
  fastestMs: Number.POSITIVE_INFINITY,
  usualMs: 0,
  answers: 0,
  at: Number.NEGATIVE_INFINITY,
};

/**
 * The pace after an answer. Pure. A receiver that works on several messages at once answers as fast as ever when it gets
 * more of them (TCP Vegas: the growth of the round trip is the queue); one that works on one after the other answers later.
 * The first gets a larger window, which hides how far away our own store is; the second does not.
 */
export function afterAnswer(before: Pace, answer: { readonly tookMs: number; readonly at: number }): Pace {
  const { tookMs, at } = answer;
  const known = at - before.at > forgetMs ? firstPace : before;
  const fastestMs = Math.min(known.fastestMs, tookMs);
  const usualMs = known.at === firstPace.at ? tookMs : known.usualMs + weight * (tookMs - known.usualMs);
  const next = { ...known, fastestMs, usualMs, answers: known.answers + 1, at };
  if (next.answers < known.window) return next;
  const window =
    usualMs <= inTimeMs(fastestMs)
      ? Math.min(windowSizes.most, known.window + step)
      : usualMs >= lateMs(fastestMs)
        ? Math.max(windowSizes.least, known.window - step)
        : known.window;
  return { ...next, window, answers: 0 };
}
