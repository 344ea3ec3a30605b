import { waitAfter } from '../../domain/schedule.ts';
import type { OutboxRow } from '../../store/rows/rows.ts';
import { failureWaitsMs } from './failure-waits.ts';

/**
 * While nothing else is accepted either, the destination may be at fault: then neither the event nor later events about
 * the same subject, which wait behind it, should be late by an hour.
 */
const longestDoubtMs = 5 * 60_000;

/** Given up after so many failures that count: after five hours, or 40 minutes where others wait behind it. */
const mostAttempts = 10;

/**
 * The row of an event after it failed once more, or undefined if it is given up. Pure.
 * @param failure `refused`: the destination refused it. `held`: the destination failed; that prolongs no wait, since its
 * hold has waits of its own. `counts`: it accepted something else since this event failed before
 */
export function afterFailure(
  row: OutboxRow,
  failure: { readonly kind: 'refused' | 'held'; readonly counts: boolean; readonly now: Date },
): OutboxRow | undefined {
  const { kind, counts, now } = failure;
  const attempts = (row.attempts ?? 0) + (counts ? 1 : 0);
  if (attempts >= mostAttempts) return undefined;
  if (kind === 'held' && !counts) return { ...row, attempts, failedAt: now, nextAt: undefined };
  const tries = (row.tries ?? 0) + 1;
  const own = waitAfter(failureWaitsMs, tries);
  const nextAt = new Date(now.getTime() + (counts ? own : Math.min(own, longestDoubtMs)));
  return { ...row, attempts, tries, failedAt: now, nextAt };
}

/**
 * Whether an event may be sent now. Pure.
 * @param isInTheWay whether another waits behind it, about the same message or mailbox; asked only where that counts
 */
export function isOutboxDue({ nextAt, failedAt }: OutboxRow, now: Date, isInTheWay: () => boolean): boolean {
  if (nextAt === undefined || nextAt <= now) return true;
  const isLong = failedAt !== undefined && now.getTime() - failedAt.getTime() >= longestDoubtMs;
  return isLong && isInTheWay();
}
