import { describe, expect, it } from 'vitest';
import type { Habit } from '../../store/rows/rows.ts';
import { habitAfter, usualMailInMs } from './habit.ts';

// A Wednesday.
const now = new Date('2026-11-25T12:00:00Z');
const at = (text: string) => new Date(`2026-${text}:00Z`);

/** What a mailbox learns that reads its mail as it comes. */
const learnt = (...arrivals: readonly string[]): Habit | undefined =>
  arrivals.map(at).reduce<Habit | undefined>((habit, date) => habitAfter(habit, [date], date), undefined);

const counts = (habit: Habit | undefined) =>
  Object.fromEntries((habit?.days ?? []).flatMap((count, slot) => (count === 0 ? [] : [[slot, count]])));

describe('the habit of a mailbox', () => {
  it.each([
    ['is unknown before the first mail', learnt(), {}],
    ['counts the day on which mail comes in an hour', learnt('11-25T09:10'), { 9: 1 }],
    ['counts it once, however much comes', learnt('11-25T09:10', '11-25T09:40', '11-25T09:59'), { 9: 1 }],
    ['counts each hour of a day', learnt('11-25T09:10', '11-25T10:00', '11-25T15:00'), { 9: 1, 10: 1, 15: 1 }],
    ['counts the same hour of another day', learnt('11-24T09:10', '11-25T09:50'), { 9: 2 }],
    ['tells the weekend from working days', learnt('11-20T09:00', '11-21T09:00', '11-22T09:00'), { 9: 1, 33: 2 }],
    ['takes mail that is shown late for what it was', habitAfter(undefined, [at('11-24T08:00')], now), { 8: 1 }],
    [
      'counts what comes together by its time',
      habitAfter(undefined, [at('11-25T10:00'), at('11-25T08:00')], now),
      { 8: 1, 10: 1 },
    ],
    ['passes over mail that was moved in', habitAfter(undefined, [at('11-10T08:00')], now), {}],
    ['passes over mail of a clock that is ahead', habitAfter(undefined, [at('11-25T18:00')], now), {}],
    ['does not count an hour again that is past', learnt('11-25T10:00', '11-25T09:00', '11-25T10:30'), { 10: 1 }],
  ])('%s', (_, habit, expected) => {
    expect(counts(habit)).toEqual(expected);
  });

  it.each([
    ['counts half after a fortnight', '11-17T09:00', { 9: 3 }],
    ['counts a quarter after four weeks', '12-01T09:00', { 9: 2 }],
  ])('what was usual %s', (_, later, expected) => {
    // Four days, of which two are left after a fortnight and one after four weeks; then the new one.
    const habit = learnt('11-02T09:00', '11-03T09:00', '11-04T09:00', '11-05T09:00', later);
    expect(counts(habit)).toEqual(expected);
  });
});

describe('usual mail', () => {
  // Mondays to Thursdays at nine and ten, one Monday at eight, Saturdays at noon.
  const office = learnt(
    ...['11-09', '11-10', '11-11', '11-12', '11-16'].flatMap((day) => [
      ...(day === '11-16' ? [`${day}T08:30`] : []),
      `${day}T09:30`,
      `${day}T10:30`,
      ...(day === '11-12' ? ['11-14T12:00'] : []),
    ]),
    '11-21T12:00',
  );
  it.each([
    ['comes now in an hour of the habit', '11-25T09:00', 0],
    ['comes now until that hour ends', '11-25T10:59', 0],
    ['comes when the next hour begins', '11-25T08:50', 10 * 60_000],
    ['does not come in an hour that saw mail on one day', '11-25T06:59', undefined],
    ['does not come after the last hour', '11-25T11:00', undefined],
    ['does not come at the weekend as on working days', '11-28T09:00', undefined],
    ['comes at the weekend by the habit of weekends', '11-28T12:00', 0],
    ['is not looked for beyond the next hour', '11-25T07:30', undefined],
  ])('%s', (_, text, expected) => {
    expect(usualMailInMs(office, at(text))).toBe(expected);
  });

  it('is not known of a mailbox that has no habit yet', () => {
    expect(usualMailInMs(undefined, now)).toBeUndefined();
    expect(usualMailInMs(learnt('11-25T12:00'), now)).toBeUndefined();
  });

  it('does not come in an hour that sees mail on less than a quarter of the days of the busiest', () => {
    const nine = ['09', '10', '11', '12', '13', '16', '17', '18', '19'].map((day) => `11-${day}T09:30`);
    const habit = learnt(...nine.slice(0, 7), '11-17T13:00', '11-18T09:30', '11-18T13:00', '11-19T09:30');
    expect(usualMailInMs(habit, at('11-25T13:00'))).toBeUndefined();
    expect(usualMailInMs(habit, at('11-25T09:00'))).toBe(0);
  });
});
