import { expect, it } from 'vitest';
import { mapBounded } from './all-settled.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('answers in the order of the items, with no more under way than it may have', async () => {
  let underWay = 0;
  let most = 0;
  const answers = await mapBounded([5, 1, 4, 2, 3], 2, async (turns) => {
    underWay += 1;
    most = Math.max(most, underWay);
    for (let done = 0; done < turns; done++) await turn();
    underWay -= 1;
    return turns * 10;
  });
  expect(answers).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
  expect(await mapBounded([], 2, async () => 1)).toEqual([]);
});

it('begins nothing after a failure, and throws it when what was under way has ended', async () => {
  const ended: number[] = [];
  const work = mapBounded([3, 1, 2, 4], 2, async (number) => {
    for (let done = 0; done < number; done++) await turn();
    ended.push(number);
    if (number === 1) throw new Error('one');
  });
  await expect(work).rejects.toThrow('one');
  expect(ended).toEqual([1, 3]);
});
