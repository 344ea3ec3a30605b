import { describe, expect, it } from 'vitest';
import { monthBefore, syncFromOf } from './sync-from.ts';

describe('from when on mail is wanted', () => {
  it.each([
    ['2026-11-22T08:00:00.000Z', '2026-10-22T08:00:00.000Z'],
    ['2026-01-15T00:00:00.000Z', '2025-12-15T00:00:00.000Z'],
    ['2026-03-31T23:59:59.000Z', '2026-02-28T23:59:59.000Z'],
    ['2028-03-31T12:00:00.000Z', '2028-02-29T12:00:00.000Z'],
    ['2026-07-31T12:00:00.000Z', '2026-06-30T12:00:00.000Z'],
  ])('is the past month: of %s since %s', (now, since) => {
    expect(monthBefore(new Date(now)).toISOString()).toBe(since);
    expect(syncFromOf(undefined, new Date(now))?.toISOString()).toBe(since);
  });

  it('is what was said, or never', () => {
    const now = new Date('2026-11-22T08:00:00Z');
    const at = new Date('2020-01-01T00:00:00Z');
    expect(syncFromOf(at, now)).toBe(at);
    expect(syncFromOf('now', now)).toBeUndefined();
  });
});
