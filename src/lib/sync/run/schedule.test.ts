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
    [undefined, '*/20 * * * * *'],
    ['', '*/20 * * * * *'],
    ['often', '*/20 * * * * *'],
    ['0', '*/20 * * * * *'],
    ['-5', '*/20 * * * * *'],
    ['7200', '*/20 * * * * *'],
  ])('is computed from %j as %s', (setting, schedule) => {
    expect(timerSchedule({ POLL_INTERVAL: setting })).toBe(schedule);
  });

  it.each([
    ['Mail.ReadBasic', undefined, '0 * * * * *'],
    ['Mail.Send, mail.readbasic', '', '0 * * * * *'],
    ['Mail.ReadBasic', '30', '*/30 * * * * *'],
    ['Mail.Send Mail.ReadWrite', undefined, '*/20 * * * * *'],
  ])('the schedule with the permissions %j and the interval %j is %s', (GRAPH_PERMISSIONS, POLL_INTERVAL, schedule) => {
    expect(timerSchedule({ GRAPH_PERMISSIONS, POLL_INTERVAL })).toBe(schedule);
  });
});
