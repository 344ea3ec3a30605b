import { expect, it } from 'vitest';
import { countReads } from '../../../../test/support/count-reads.ts';
import type { DeadRow, RetryRow } from '../../store/rows/rows.ts';
import { createRetryItems, type RetryItem } from './retry-items.ts';

const start = new Date('2026-11-22T10:00:00Z').getTime();
const keyOf = (number: number): Uint8Array => new Uint8Array(new Uint32Array([number, 0, 0, 0]).buffer);

const mark = (number: number) => ({
  mailboxId: 'mbx_0000_0123456789abcdef',
  folderId: `f${number % 2}`,
  uidValidity: 1n,
  uid: number,
  key: keyOf(number),
  hash: new Uint8Array(8),
  day: 20_000,
  attempts: 1,
  reason: 'destination_refused_message' as const,
  status: 422,
});

const retry = (number: number, nextAt: number): RetryRow => ({
  ...mark(number),
  tries: 1,
  failedAt: new Date(start),
  nextAt: new Date(start + nextAt),
  missing: 0,
  variant: 'full',
});

const dead = (number: number, at: number): DeadRow => ({ ...mark(number), at: new Date(start + at) });

it('keeps the messages of a folder that are tried again in the order in which they are due, and those that were given up by age', () => {
  const items = createRetryItems();
  items.found([5, 1, 9, 3, 7].map((number) => ({ kind: 'retry', row: retry(number, number) })));
  items.found([6, 2, 4].map((number) => ({ kind: 'dead', row: dead(number, number) })));
  items.put({ kind: 'retry', row: retry(1, 8) });
  items.put({ kind: 'dead', row: dead(9, 1) });
  items.put({ kind: 'retry', row: retry(4, 0) });
  items.remove(keyOf(3));
  items.remove(keyOf(3));
  expect(items.retriesOf('f1').map(({ uid }) => uid)).toEqual([5, 7, 1]);
  expect(items.summaryOf('f1')).toEqual({ count: 3, nextAt: new Date(start + 5) });
  expect(items.retriesOf('f0').map(({ uid }) => uid)).toEqual([4]);
  expect(items.summaryOf('f2')).toEqual({ count: 0, nextAt: undefined });
  expect(items.dead().map(({ uid }) => uid)).toEqual([9, 2, 6]);
  expect(items.of(keyOf(9))?.kind).toBe('dead');
  expect(items.of(keyOf(3))).toBeUndefined();
});

it('looks at few of the other messages when one is put aside, tried again or given up', () => {
  const readsOf = (count: number) => {
    const reads = countReads();
    const items = createRetryItems();
    const numbers = Array.from({ length: count }, (_, number) => number);
    const known = (number: number): RetryItem =>
      number % 2 === 0
        ? { kind: 'retry', row: reads.of(retry(number, number)) }
        : { kind: 'dead', row: reads.of(dead(number, number)) };
    for (const number of numbers) items.put(known(number));
    // Each is tried and waits anew, and the dead are replayed.
    for (const number of numbers) items.put({ kind: 'retry', row: reads.of(retry(number, (number * 7919) % count)) });
    for (const number of numbers) items.summaryOf(`f${number % 2}`);
    for (const number of numbers) items.remove(keyOf(number));
    return reads.take() / count;
  };
  // Ten times as many: a search takes a few steps more, and nothing is gone through.
  expect(readsOf(2_000) / readsOf(200)).toBeLessThan(2);
});
