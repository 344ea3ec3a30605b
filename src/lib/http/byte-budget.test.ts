import { expect, it } from 'vitest';
import { createByteBudget } from './byte-budget.ts';

it('gives bytes as long as there are some, and takes them back once', () => {
  const budget = createByteBudget(100);
  const first = budget.take(60);
  const second = budget.take(40);
  const busy = { code: 'uploads_busy', status: 503, retry: { afterMs: 5_000 } };
  expect(() => budget.take(1)).toThrow(expect.objectContaining(busy));
  second();
  second();
  expect(() => budget.take(41)).toThrow(expect.objectContaining(busy));
  budget.take(40)();
  first();
  budget.take(100)();
});

it('lets one through that is larger than everything, alone', () => {
  const budget = createByteBudget(100);
  const giveBack = budget.take(200);
  expect(() => budget.take(1)).toThrow();
  giveBack();
  const small = budget.take(1);
  expect(() => budget.take(200)).toThrow();
  small();
});
