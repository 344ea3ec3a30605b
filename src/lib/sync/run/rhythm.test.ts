import { describe, expect, it } from 'vitest';
import { pollInterval } from './rhythm.ts';

const minutes = (n: number) => n * 60_000;

describe('a quiet mailbox', () => {
  it.each([
    // [interval before, quiet for, tick in seconds, interval]
    [1, 0, 60, 1],
    [5, minutes(59), 60, 1],
    [5, minutes(60), 60, 1],
    [5, minutes(119), 60, 1],
    [5, minutes(120), 60, 2],
    [5, minutes(240), 60, 4],
    [5, minutes(300), 60, 5],
    [5, minutes(100_000), 60, 5],
    // It grows by double at most, also from the 0 of a slot that was reset.
    [0, minutes(100_000), 60, 1],
    [1, minutes(100_000), 60, 2],
    [2, minutes(100_000), 60, 4],
    [4, minutes(100_000), 60, 5],
    // Other ticks: 5 minutes at most, 15 ticks at most, one tick at least.
    [50, minutes(100_000), 20, 15],
    [50, minutes(3), 5, 1],
    [50, minutes(59), 2, 1],
    [50, minutes(100_000), 5, 15],
    [50, minutes(100_000), 120, 2],
    [50, minutes(100_000), 900, 1],
    // A mail server's date may lie ahead of our time.
    [5, minutes(-10), 60, 1],
  ])(
    'polled every %i ticks until now, quiet for %i ms, with ticks of %i s, is polled every %i',
    (before, quiet, tick, every) => {
      expect(pollInterval(before, { quietMs: quiet, intervalSeconds: tick })).toBe(every);
    },
  );

  it.each([
    ['in the hours of its mail every tick', 15, 0, 1],
    ['shortly before them when they begin', 15, 90_000, 5],
    ['long before them by its quiet', 15, minutes(40), 15],
    ['after them a little less often each time', 1, undefined, 2],
  ])('is polled %s', (_, before, usualInMs, every) => {
    expect(pollInterval(before, { quietMs: minutes(600), intervalSeconds: 20, usualInMs })).toBe(every);
  });

  it('is left to its bell in the hours of its mail, too', () => {
    const rhythm = { quietMs: minutes(600), intervalSeconds: 20, hasBell: true, usualInMs: 0 };
    expect(pollInterval(15, rhythm)).toBe(30);
  });
});
