import { dayMs, hourMs } from '../../domain/duration.ts';
import { habitSlots } from '../../store/rows/habit-column.ts';
import type { Habit } from '../../store/rows/rows.ts';

/** What a mailbox was used to a month ago counts half as much as what it does now, and half of that after another fortnight. */
const halvedEveryDays = 14;

/** Mail of one day in an hour may be chance. */
const leastDays = 2;

/** An hour is of the habit if mail comes in it on so large a share of the days as in the busiest hour. */
const shareOfBusiest = 1 / 4;

/** Older mail was moved or copied in, and newer is dated by a clock that is wrong. */
const oldestMs = 7 * dayMs;
const aheadMs = 5 * 60_000;

const daysOfWeek = { working: 5, weekend: 2 };

/** 1970 began on a Thursday. */
const isWeekend = (hour: number): boolean => [0, 6].includes((Math.floor(hour / 24) + 4) % 7);

const slotOf = (hour: number): number => (isWeekend(hour) ? 24 : 0) + (hour % 24);

/**
 * The habit of a mailbox after mail has arrived (INTERNALDATE). On how many days mail came in an hour is counted, not how
 * much: one night with five hundred messages makes no habit. Pure.
 */
export function habitAfter(before: Habit | undefined, arrivals: readonly Date[], now: Date): Habit | undefined {
  const hours = arrivals
    .map((date) => date.getTime())
    .filter((ms) => ms > now.getTime() - oldestMs && ms < now.getTime() + aheadMs)
    .map((ms) => Math.floor(ms / hourMs))
    .sort((a, b) => a - b);
  return hours.reduce(
    (habit, hour) => (habit !== undefined && hour <= habit.hour ? habit : counted(habit, hour)),
    before,
  );
}

function counted(before: Habit | undefined, hour: number): Habit {
  const day = Math.floor(hour / 24);
  const { halvedOn, days } = before ?? { halvedOn: day, days: Array.from({ length: habitSlots }, () => 0) };
  const times = Math.max(0, Math.floor((day - halvedOn) / halvedEveryDays));
  const halved = days.map((count) => Math.floor(count / 2 ** times));
  const slot = slotOf(hour);
  return {
    hour,
    halvedOn: halvedOn + times * halvedEveryDays,
    days: halved.map((count, at) => (at === slot ? Math.min(count + 1, 255) : count)),
  };
}

/** In how many milliseconds the next hour begins in which mail is usual, if that is this hour (0) or the next one. Pure. */
export function usualMailInMs(habit: Habit | undefined, now: Date): number | undefined {
  if (habit === undefined) return undefined;
  const share = (slot: number) => (habit.days[slot] ?? 0) / (slot < 24 ? daysOfWeek.working : daysOfWeek.weekend);
  const busiest = Math.max(...habit.days.map((_, slot) => share(slot)));
  const isUsual = (slot: number) => (habit.days[slot] ?? 0) >= leastDays && share(slot) >= busiest * shareOfBusiest;
  const hour = Math.floor(now.getTime() / hourMs);
  if (isUsual(slotOf(hour))) return 0;
  return isUsual(slotOf(hour + 1)) ? (hour + 1) * hourMs - now.getTime() : undefined;
}
