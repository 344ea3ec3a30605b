import { expect, it } from 'vitest';
import { createTaskGroup } from './task-group.ts';

it('waits for the tasks that are added while another one is under way', async () => {
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const group = createTaskGroup([() => first.promise]);
  let isSettled = false;
  const settled = group.settled().then(() => {
    isSettled = true;
  });
  expect(group.add(() => second.promise)).toBe(true);
  first.resolve();
  await first.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSettled).toBe(false);
  second.resolve();
  await settled;
});

it('takes no task once all are done', async () => {
  const group = createTaskGroup([async () => {}]);
  await group.settled();
  let hasBegun = false;
  const late = async () => {
    hasBegun = true;
  };
  expect(group.add(late)).toBe(false);
  expect(hasBegun).toBe(false);
  expect(createTaskGroup([]).add(late)).toBe(false);
});

it('throws what the first task that failed threw, once the others are done', async () => {
  const other = Promise.withResolvers<void>();
  let isDone = false;
  const group = createTaskGroup([
    async () => {
      await other.promise;
      isDone = true;
    },
    async () => {
      await other.promise;
      throw new Error('the first in the list');
    },
    async () => {
      throw new Error('the first in time');
    },
  ]);
  const settled = group.settled();
  other.resolve();
  await expect(settled).rejects.toThrow('the first in the list');
  expect(isDone).toBe(true);
});
