import { describe, expect, it } from 'vitest';
import { mapBounded, sendBounded } from './all-settled.ts';

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

describe('sending while it works', () => {
  const numbers = Array.from({ length: 100 }, (_, number) => number);

  it('sends all, sixteen at a time', async () => {
    const sent: number[] = [];
    let [underWay, most] = [0, 0];
    const outcome = await sendBounded(numbers, 16, async (number) => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      sent.push(number);
    });
    expect(outcome).toEqual({ left: [], failure: undefined });
    expect(sent.toSorted((a, b) => a - b)).toEqual(numbers);
    expect(most).toBe(16);
  });

  it('tries no more once one was refused, and answers all that did not get in', async () => {
    const sent: number[] = [];
    const { left, failure } = await sendBounded(numbers, 16, async (number) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (number === 20) throw new Error('busy');
      sent.push(number);
    });
    expect(failure).toEqual(new Error('busy'));
    expect(sent.length).toBeLessThan(40);
    expect([...sent, ...left].toSorted((a, b) => a - b)).toEqual(numbers);
  });
});
