import { expect, it } from 'vitest';
import { virtualClock } from '../../../test/support/virtual-clock.ts';
import { systemClock } from './system.ts';
import { withDeadline } from './with-deadline.ts';

const late = () => new Error('late');
const never = () => new Promise<never>(() => {});

it('answers what the work answers, and fails as it fails', async () => {
  expect(await withDeadline(systemClock, 60_000, Promise.resolve(7), late)).toBe(7);
  await expect(withDeadline(systemClock, 60_000, Promise.reject(new Error('own')), late)).rejects.toThrow('own');
});

it('ends when the time is over, and minds nothing that comes later', async () => {
  const clock = virtualClock();
  let fail = (_: Error) => {};
  const work = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const waiting = withDeadline(clock, 5_000, work, late).catch((error: unknown) => String(error));
  await clock.advance(4_999);
  expect(await Promise.race([waiting, Promise.resolve('waits')])).toBe('waits');
  await clock.advance(1);
  expect(await waiting).toBe('Error: late');
  // Vitest fails a run in which this were to be nobody's.
  fail(new Error('much later'));
  await systemClock.caughtUp();
});

it('leaves no timer behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  await withDeadline(systemClock, 60_000, Promise.resolve(), late);
  await Promise.race([withDeadline(systemClock, 60_000, never(), late), systemClock.caughtUp()]);
  expect(timers()).toBe(before + 1);
});
