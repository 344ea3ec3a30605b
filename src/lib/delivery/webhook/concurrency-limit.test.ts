import { expect, it } from 'vitest';
import { createConcurrencyLimit } from './concurrency-limit.ts';

const never = new AbortController().signal;

it('gives out no more places than there are, in the order of asking', async () => {
  const slots = createConcurrencyLimit(2);
  const order: number[] = [];
  const leave = [await slots.take(never), await slots.take(never)];
  const waiting = [1, 2, 3].map(async (number) => {
    const give = await slots.take(never);
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
  const slots = createConcurrencyLimit(1);
  const leave = await slots.take(never);
  const reason = new Error('lease lost');
  const impatient = new AbortController();
  const waiting = slots.take(impatient.signal);
  const next = slots.take(never);
  impatient.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  leave();
  (await next)();
  (await slots.take(never))();
  await expect(slots.take(impatient.signal)).rejects.toBe(reason);
});
