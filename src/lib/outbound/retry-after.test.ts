import { expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const now = Date.parse('2026-11-22T10:00:00Z');

it.each([
  [undefined, undefined],
  [null, undefined],
  ['', undefined],
  ['0', 0],
  ['  12 ', 12_000],
  ['1', 1_000],
  ['soon', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['99999999', 3_600_000],
  ['9'.repeat(400), 3_600_000],
  ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
  ['Sun, 22 Nov 2026 10:00:30 GMT', 30_000],
  ['Mon, 23 Nov 2026 10:00:00 GMT', 3_600_000],
  ['2027', 2_027_000],
  ['Sun, 22 Nov 2026 10:00:60 GMT', 60_000],
  ['Sunday, 22-Nov-26 10:00:30 GMT', 30_000],
  ['Monday, 23-Nov-26 10:00:00 GMT', 3_600_000],
  ['Sunday, 22-Nov-76 10:00:00 GMT', 3_600_000],
  // More than 50 years ahead is a century back.
  ['Monday, 22-Nov-77 10:00:00 GMT', 0],
  ['Sun Nov 22 10:00:30 2026', 30_000],
  ['Sun Nov  1 10:00:30 2026', 0],
  ['Tue Dec  1 10:00:30 2026', 3_600_000],
  ['Sun Nov 31 10:00:30 2026', undefined],
  ['Sun, 31 Nov 2026 10:00:30 GMT', undefined],
  ['Sun, 22 Nov 2026 25:00:30 GMT', undefined],
  ['Sun, 22 Nov 2026 10:00:30', undefined],
  ['Sun, 22 Nov 2026 10:00:30 CET', undefined],
  ['2026-11-22T10:00:30Z', undefined],
  ['Sun, 22 Foo 2026 10:00:30 GMT', undefined],
])('reads Retry-After: %s as %s', (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});
