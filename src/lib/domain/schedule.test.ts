import { describe, expect, it } from 'vitest';
import { type RetryPlan, retrying, waitAfter } from './schedule.ts';

it.each([
  [[1, 2, 5], 0, 1],
  [[1, 2, 5], 1, 1],
  [[1, 2, 5], 3, 5],
  [[1, 2, 5], 9, 5],
  [[], 1, 0],
])('the schedule %j waits after %i failures %i ms', (waitsMs, failures, waitMs) => {
  expect(waitAfter(waitsMs, failures)).toBe(waitMs);
});

describe('attempts by a schedule', () => {
  function world(plan: Partial<RetryPlan> = {}) {
    const pauses: number[] = [];
    const told: number[] = [];
    const failing = (times: number) =>
      retrying(
        { waitsMs: [10, 20], mayPass: () => true, pause: async (ms) => void pauses.push(ms), ...plan },
        async (failures) => {
          told.push(failures);
          if (failures < times) throw new Error(`failure ${failures}`);
          return 'done';
        },
      );
    return { pauses, told, failing };
  }

  it('end with the first success, and know how many failed before', async () => {
    const { failing, pauses, told } = world();
    expect(await failing(2)).toBe('done');
    expect(told).toEqual([0, 1, 2]);
    expect(pauses).toEqual([10, 20]);
  });

  it('end with the failure after the last wait', async () => {
    const { failing, pauses } = world();
    await expect(failing(3)).rejects.toThrow('failure 2');
    expect(pauses).toEqual([10, 20]);
  });

  it('repeat the last wait where they are endless', async () => {
    const { failing, pauses } = world({ isEndless: true });
    expect(await failing(4)).toBe('done');
    expect(pauses).toEqual([10, 20, 20, 20]);
  });

  it('end at once with a failure that does not pass', async () => {
    const { failing, pauses } = world({ mayPass: (_, waitMs) => waitMs < 20 });
    await expect(failing(9)).rejects.toThrow('failure 1');
    expect(pauses).toEqual([10]);
  });

  it('end with what the pause throws', async () => {
    const { failing } = world({ pause: () => Promise.reject(new Error('no time left')) });
    await expect(failing(1)).rejects.toThrow('no time left');
  });
});
