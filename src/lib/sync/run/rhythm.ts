import { hourMs } from '../../domain/duration.ts';
import { bellIntervalMs } from './bell.ts';

/**
 * A mailbox that had mail within this time is polled every tick: an answer in a conversation mostly comes within the
 * hour, and whoever has just connected a mailbox tries it out.
 */
export const busyMs = hourMs;

/** A mailbox that has been quiet for long is polled this seldom at most. */
const quietestMs = 5 * 60_000;

/** And never more seldom than this many ticks: whoever sets a short tick wants mail quickly. */
const quietestTicks = 5;

export interface Rhythm {
  /** Since the last mail, the connect or the last change of state. */
  readonly quietMs: number;
  readonly intervalSeconds: number;
  /** Its bell rings: it is polled more seldom still, from the first poll on that has nothing left to do. */
  readonly hasBell?: boolean;
}

/**
 * After how many ticks a mailbox without work is polled again. Pure.
 * The wait is a sixtieth of how long the mailbox has been quiet: a tick of a minute for the first hour, 5 minutes after
 * five hours. What is polled seldom costs at most that share of its own silence. It also grows from one poll to the next
 * by no more than double, so that a mailbox about which something was said just now (it was asked for, it failed) is
 * looked at often for a while.
 * @param before the interval until now, in ticks; 0 or 1 after a reset
 */
export function pollInterval(before: number, { quietMs, intervalSeconds, hasBell = false }: Rhythm): number {
  const tickMs = intervalSeconds * 1000;
  if (hasBell) return Math.max(1, Math.min(Math.floor(bellIntervalMs / tickMs), 2 * before));
  const longest = Math.max(1, Math.min(quietestTicks, Math.floor(quietestMs / tickMs)));
  const wanted = quietMs < busyMs ? 1 : Math.max(1, Math.floor(quietMs / 60 / tickMs));
  return Math.min(wanted, longest, Math.max(1, 2 * before));
}
