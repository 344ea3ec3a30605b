import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startTimer, type Timer } from './timers.ts';

let timer: Timer | undefined;
let runs = 0;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 22, 8, 4, 58) });
  runs = 0;
});
afterEach(() => {
  timer?.stop();
  vi.useRealTimers();
});

const everyFiveMinutes = (isDisabled: boolean): Timer => {
  const invoke = async () => {
    runs += 1;
  };
  const fn = { name: 'chores', schedule: '0 */5 * * * *', runOnStartup: false, useMonitor: false, isDisabled, invoke };
  timer = startTimer(fn);
  return timer;
};

it('goes off when the clock says so', async () => {
  everyFiveMinutes(false);
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(runs).toBe(2);
});

it('runs a disabled timer on request, regardless of the clock', async () => {
  const chores = everyFiveMinutes(true);
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  expect(runs).toBe(0);
  await chores.runNow();
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  expect(runs).toBe(1);
});
