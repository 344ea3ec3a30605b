import { describe, expect, it } from 'vitest';
import { parseNcrontab } from './ncrontab.ts';

describe('parseNcrontab', () => {
  it.each([
    // The examples of Microsoft's page on the timer trigger.
    ['0 */5 * * * *', '2026-11-22T15:03:20Z', '2026-11-22T15:05:00Z'],
    ['0 0 * * * *', '2026-11-22T15:00:00Z', '2026-11-22T16:00:00Z'],
    ['0 0 */2 * * *', '2026-11-22T15:00:00Z', '2026-11-22T16:00:00Z'],
    ['0 0 9-17 * * *', '2026-11-22T17:00:00Z', '2026-11-23T09:00:00Z'],
    ['0 30 9 * * *', '2026-11-22T09:30:00Z', '2026-11-23T09:30:00Z'],
    ['0 30 9 * * 1-5', '2026-11-20T10:00:00Z', '2026-11-23T09:30:00Z'],
    ['0 30 9 * Jan Mon', '2026-11-22T00:00:00Z', '2027-01-04T09:30:00Z'],
    // What the poll's rhythm needs.
    ['*/2 * * * * *', '2026-11-22T15:03:20.900Z', '2026-11-22T15:03:22Z'],
    ['* * * * * *', '2026-11-22T23:59:59Z', '2026-11-23T00:00:00Z'],
    ['15,45 * * * * *', '2026-11-22T15:03:15Z', '2026-11-22T15:03:45Z'],
    ['5/20 * * * * *', '2026-11-22T15:03:46Z', '2026-11-22T15:04:05Z'],
    ['*/5 * * * *', '2026-11-22T15:03:20Z', '2026-11-22T15:05:00Z'],
    ['0 0 0 29 2 *', '2026-11-22T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 0 0 31 * *', '2026-11-22T00:00:00Z', '2026-12-31T00:00:00Z'],
    // Day and day of week must both hold: the first Friday the 13th.
    ['0 0 0 13 * 5', '2026-11-22T00:00:00Z', '2027-08-13T00:00:00Z'],
  ])('%s after %s comes at %s', (expression, after, expected) => {
    expect(parseNcrontab(expression).next(new Date(after)).toISOString()).toBe(new Date(expected).toISOString());
  });

  it.each([
    ['', 'fields'],
    ['* * * *', 'fields'],
    ['60 * * * * *', 'second'],
    ['* */0 * * * *', 'minute'],
    ['* * 5-3 * * *', 'hour'],
    ['* * * 0 * *', 'day'],
    ['* * * * Foo *', 'month'],
    ['* * * * * 7', 'day of week'],
    ['1.5 * * * * *', 'second'],
    ['00:05:00', 'fields'],
  ])('refuses "%s" and names the %s', (expression, part) => {
    expect(() => parseNcrontab(expression)).toThrow(part);
  });

  it('refuses a day that no month has, when asked for it', () => {
    expect(() => parseNcrontab('0 0 0 31 2 *').next(new Date())).toThrow('never');
  });
});
