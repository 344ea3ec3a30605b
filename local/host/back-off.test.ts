import { expect, it } from 'vitest';
import { createBackOff } from './back-off.ts';

const rests = (random: number, count: number, mostMs = 2_000) => {
  const backOff = createBackOff(mostMs, () => random);
  return [backOff.next(true), ...Array.from({ length: count }, () => Math.round(backOff.next(false)))];
};

it.each([
  ['in the middle', 0.5, [100, 200, 300, 500, 900, 1_700, 2_000, 2_000]],
  ['at its least', 0, [100, 180, 260, 420, 740, 1_380, 2_000, 2_000]],
  ['at its most', 1, [100, 220, 340, 580, 1_060, 2_000, 2_000, 2_000]],
])('the rest doubles up to the longest, its random part %s', (_, random, expected) => {
  expect(rests(random, 7)).toEqual(expected);
});

it('the longest rest is not varied, and a message begins anew', () => {
  const backOff = createBackOff(300);
  for (let times = 0; times < 5; times++) backOff.next(false);
  expect(backOff.next(false)).toBe(300);
  expect(backOff.next(true)).toBe(100);
  expect(backOff.next(false)).toBeLessThanOrEqual(220);
});
