import { hourMs } from '../../domain/duration.ts';
import { bellIntervalMs } from './bell.ts';

/**
 * A mailbox that had mail within this time is polled every tick: an answer in a conversation mostly comes within the
 * hour, and a mailbox that was just connected is being tried out.
 */
export const busyMs = hourMs;

/** The longest interval of a quiet mailbox. */
const quietestMs = 5 * 60_000;

/** And at least once in this many ticks: an administrator who sets a short tick wants mail quickly. */
const quietestTicks = 15;

export interface Rhythm {
  /** Since the last mail, the connect or the last change of state. */
  readonly quietMs: number;
  readonly intervalSeconds: number;
  /** Its bell rings: it is polled more seldom still, from the first poll on that has nothing left to do. */
  readonly hasBell?: boolean;
  /** When the hour begins in which its mail usually comes, if that is this one (0) or the next. */
  readonly usualInMs?: number | undefined;
}

/**
 * After how many ticks a mailbox without work is polled again. Pure. The wait is a sixtieth of how long the mailbox has
 * been quiet: a tick for the first hour, 2 minutes after two hours, 5 minutes after five. The added delay is at most that
 * share of the quiet time. The interval also no more than doubles from one poll to the next, so that a mailbox whose schedule
 * was just reset (it was requested, it failed) is polled often for a while.
 * In the hours in which its mail usually comes, a mailbox is polled every tick, however quiet it is: otherwise the first mail
 * of the morning would meet the long interval of the night.
 * @param before the interval until now, in ticks; 0 or 1 after a reset
 */
export function pollInterval(before: number, rhythm: Rhythm): number {
  const { quietMs, intervalSeconds, hasBell = false, usualInMs = Number.POSITIVE_INFINITY } = rhythm;
  const tickMs = intervalSeconds * 1000;
  if (hasBell) return Math.max(1, Math.min(Math.floor(bellIntervalMs / tickMs), 2 * before));
  const longest = Math.max(1, Math.min(quietestTicks, Math.floor(quietestMs / tickMs)));
  const wanted = quietMs < busyMs ? 1 : Math.max(1, Math.floor(quietMs / 60 / tickMs));
  return Math.min(wanted, longest, Math.max(1, 2 * before), Math.max(1, Math.ceil(usualInMs / tickMs)));
}
