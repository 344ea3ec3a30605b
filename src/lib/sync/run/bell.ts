import { hourMs } from '../../domain/duration.ts';
import type { BellState } from '../../store/rows/rows.ts';
import type { Arrived } from '../state/arrivals.ts';

/** What a poll says about the bell of its mailbox. */
export interface Heard extends Arrived {
  /** A bell asked for this poll. */
  readonly isRung: boolean;
  /** The same, or one asked for a poll before, which did not find anything yet. */
  readonly isAnnounced: boolean;
}

/** A bell may be ahead of the mail: Graph and the IMAP server show a message at different times. */
export const eagerTicks = 3;

/** A mailbox whose bell rings is polled this seldom at most: a bell that is lost costs no more than that. */
export const bellIntervalMs = 10 * 60_000;

/** Older mail that is found without a bell was announced by none. Graph promises no time; most bells come within seconds. */
const unannouncedMs = 60_000;

/** A bell that missed mail is not relied on for so long, however often it rings meanwhile. */
const distrustMs = hourMs;

/** In how many of the ticks to come the mailbox is due in any case. Pure. */
export function eagerAfter(before: number, { isRung, hasArrived }: Heard): number {
  if (hasArrived) return 0;
  return isRung ? eagerTicks : Math.max(0, before - 1);
}

/**
 * Whether mail came that a bell should have announced, and none did. Mail that is dated before the look before came by
 * other ways than from a sender (it was moved or copied in), or its date is wrong: it says nothing.
 * @param lookedAt when the mailbox was looked at before
 */
export const isUnannounced = ({ isAnnounced, arrivals }: Heard, now: Date, lookedAt: Date): boolean =>
  !isAnnounced && arrivals.some((date) => date >= lookedAt && now.getTime() - date.getTime() > unannouncedMs);

/** What is known of the bell after a poll. Pure. @param isMissed mail came unannounced, to a mailbox that has a bell */
export function bellAfter(
  before: BellState | undefined,
  { isAnnounced, hasArrived }: Heard,
  { isMissed, now }: { readonly isMissed: boolean; readonly now: Date },
): BellState | undefined {
  if (isMissed) return { hears: 'silent', since: now };
  if (!isAnnounced || !hasArrived || before?.hears === 'rings') return before;
  if (before !== undefined && now.getTime() - before.since.getTime() < distrustMs) return before;
  return { hears: 'rings', since: now };
}
