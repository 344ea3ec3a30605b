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

it('gives out more places when it grows, and fewer when it shrinks', async () => {
  const limit = createConcurrencyLimit(1);
  const leave = [await limit.take(never)];
  const waiting = [1, 2].map(() => limit.take(never));
  limit.resize(3);
  leave.push(...(await Promise.all(waiting)));
  limit.resize(1);
  let isIn = false;
  const next = limit.take(never).then((give) => {
    isIn = true;
    return give;
  });
  for (const give of leave.splice(0, 2)) give();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isIn).toBe(false);
  leave[0]?.();
  (await next)();
  expect(limit.isIdle).toBe(true);
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
