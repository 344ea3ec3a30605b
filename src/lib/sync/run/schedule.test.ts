import { describe, expect, it } from 'vitest';
import { timerSchedule } from './schedule.ts';

describe('the schedule of the dispatcher', () => {
  it.each([
    ['1', '* * * * * *'],
    ['2', '*/2 * * * * *'],
    ['45', '*/45 * * * * *'],
    ['60', '0 * * * * *'],
    ['90', '0 * * * * *'],
    ['300', '0 */5 * * * *'],
    ['3600', '0 0 * * * *'],
    [undefined, '0 * * * * *'],
    ['', '0 * * * * *'],
    ['often', '0 * * * * *'],
    ['0', '0 * * * * *'],
    ['-5', '0 * * * * *'],
    ['7200', '0 * * * * *'],
  ])('is computed from %j as %s', (setting, schedule) => {
    expect(timerSchedule(setting)).toBe(schedule);
  });
});
