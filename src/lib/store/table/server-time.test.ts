import { expect, test } from 'vitest';
import { createServerTime } from './server-time.ts';

const at = (text: string) => Date.parse(text);

function watch() {
  let now = 0;
  return { monotonic: () => now, set: (ms: number) => (now = ms) };
}

test('has no time before the first answer', () => {
  const time = createServerTime(watch());
  expect(() => time.whenWriting()).toThrow();
  expect(() => time.whenJudging()).toThrow();
});

test('the true time lies between the two, whenever within the exchange and the second the date was written', () => {
  const dateMs = at('2026-11-22T10:00:00Z');
  // Sent at 1,000 ms, received at 1,400 ms on our clock; asked at 5,000 ms.
  for (const writtenAtMs of [1000, 1200, 1400]) {
    for (const fractionMs of [0, 500, 999]) {
      const clock = watch();
      const time = createServerTime(clock);
      time.sample({ dateMs, sentMs: 1000, receivedMs: 1400 });
      clock.set(5000);
      const truth = dateMs + fractionMs + (5000 - writtenAtMs);
      expect(time.whenWriting()).toBeGreaterThanOrEqual(truth);
      expect(time.whenJudging()).toBeLessThanOrEqual(truth);
      expect(time.whenWriting() - time.whenJudging()).toBe(1400);
    }
  }
});

test('a slow answer to an old request does not replace a newer one', () => {
  const clock = watch();
  const time = createServerTime(clock);
  time.sample({ dateMs: 100_000, sentMs: 2000, receivedMs: 2010 });
  time.sample({ dateMs: 90_000, sentMs: 1000, receivedMs: 9000 });
  clock.set(9000);
  expect(time.whenJudging()).toBe(100_000 + 9000 - 2010);
});

test('it follows the service when its clock is set back', () => {
  const clock = watch();
  const time = createServerTime(clock);
  time.sample({ dateMs: 100_000, sentMs: 0, receivedMs: 0 });
  time.sample({ dateMs: 50_000, sentMs: 10, receivedMs: 10 });
  clock.set(10);
  expect(time.whenJudging()).toBe(50_000);
  expect(time.whenWriting()).toBe(51_000);
});
