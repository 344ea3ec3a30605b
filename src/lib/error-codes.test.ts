import { expect, it } from 'vitest';
import { errorRooms, errorTable } from './error-codes.ts';

it('names every code once', () => {
  const codes = Object.values(errorRooms).flatMap((room) => Object.keys(room));
  expect(new Set(codes).size).toBe(codes.length);
  expect(Object.keys(errorTable)).toEqual(codes);
});

it.each(Object.entries(errorTable))('%s is told in plain sentences, with a status that is one', (code, entry) => {
  expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  expect(entry.status).toBeGreaterThanOrEqual(400);
  expect(entry.status).toBeLessThan(600);
  for (const text of [entry.sentence, entry.remedy]) expect(text).toMatch(/^[A-Z].*[.?]$/);
});
