import { expect, it } from 'vitest';
import { countReads } from '../../../../test/support/count-reads.ts';
import { createListedMessages } from './listed-messages.ts';

const at = new Date('2026-11-22T10:00:00Z');

it('passes what is settled up to the first message that is not, and tells what is settled beyond it', () => {
  const listed = createListedMessages();
  for (const uid of [4, 8, 15, 16, 23]) listed.add({ uid, at }, uid === 16);
  expect(listed.pass()).toBeUndefined();
  listed.settle(15);
  listed.settle(4);
  listed.settle(99);
  expect(listed.pass()).toEqual({ uid: 4, at });
  listed.settle(4);
  expect(listed.head?.uid).toBe(8);
  expect(listed.ahead).toBe(2);
  expect(listed.settledAhead(64)).toEqual([15, 16]);
  expect(listed.settledAhead(1)).toEqual([15]);
  listed.settle(8);
  expect(listed.pass()?.uid).toBe(16);
  listed.settle(23);
  expect(listed.pass()?.uid).toBe(23);
  expect(listed.head).toBeUndefined();
  listed.add({ uid: 42, at }, false);
  expect(listed.head?.uid).toBe(42);
});

it('looks at the messages around the head alone, however many are listed', () => {
  const readsOf = (count: number) => {
    const reads = countReads();
    const listed = createListedMessages();
    for (let uid = 1; uid <= count; uid++) listed.add(reads.of({ uid, at }), false);
    // Eight go at once, and the one at the head comes last.
    for (let uid = 1; uid <= count; uid += 8) {
      for (let other = uid + 7; other >= uid; other--) {
        listed.settle(other);
        listed.pass();
        listed.settledAhead(64);
      }
    }
    expect(listed.head).toBeUndefined();
    return reads.take() / count;
  };
  expect(readsOf(8_000) / readsOf(800)).toBeLessThan(1.1);
});
