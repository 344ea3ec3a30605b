import { expect, it } from 'vitest';
import { createConcurrencyLimit } from './concurrency-limit.ts';

const never = new AbortController().signal;

it('gives out no more places than there are, in the order of asking', async () => {
  const limit = createConcurrencyLimit(2);
  const order: number[] = [];
  const leave = [await limit.take(never), await limit.take(never)];
  const waiting = [1, 2, 3].map(async (number) => {
    const give = await limit.take(never);
    order.push(number);
    give();
  });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(order).toEqual([]);
  leave[0]?.();
  await Promise.all(waiting);
  expect(order).toEqual([1, 2, 3]);
});

it('lets one go who does not want to wait any longer, and loses no place by it', async () => {
  const limit = createConcurrencyLimit(1);
  const leave = await limit.take(never);
  const reason = new Error('lease lost');
  const impatient = new AbortController();
  const waiting = limit.take(impatient.signal);
  const next = limit.take(never);
  impatient.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  leave();
  (await next)();
  (await limit.take(never))();
  await expect(limit.take(impatient.signal)).rejects.toBe(reason);
});
