import { expect, it } from 'vitest';
import { createGate } from './gate.ts';

it('lets the first bell of a mailbox through at once, the second after five seconds, and no third meanwhile', () => {
  let now = 1000;
  const gate = createGate({ monotonic: () => now });
  expect(gate.admit('one')).toBe(0);
  now += 1000;
  expect(gate.admit('one')).toBe(4000);
  expect(gate.admit('two')).toBe(0);
  for (let times = 0; times < 1000; times++) expect(gate.admit('one')).toBeUndefined();
  // The second one has rung; what comes now may be new.
  now += 4001;
  expect(gate.admit('one')).toBe(4999);
  now += 60_000;
  expect(gate.admit('one')).toBe(0);
});

it('forgets a bell that could not be queued', () => {
  const gate = createGate({ monotonic: () => 0 });
  gate.admit('one');
  gate.reopen('one');
  expect(gate.admit('one')).toBe(0);
});
