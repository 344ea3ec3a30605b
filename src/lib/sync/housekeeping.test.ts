import { expect, test } from 'vitest';
import type { Log } from '../log.ts';
import { type Chore, createHousekeeping, housekeepingEveryMs } from './housekeeping.ts';

function house(...chores: Chore[]) {
  const logged: unknown[][] = [];
  const note = (...line: unknown[]) => void logged.push(line);
  const log: Log = { info: note, warn: note, error: note };
  return { logged, ...createHousekeeping({ log, chores }) };
}

const hour = 60 * 60_000;
const aligned = Date.UTC(2026, 10, 22, 10);

test('a chore is run once in each of its periods, however late in its slot the timer fires', async () => {
  for (const lateMs of [0, 1500, housekeepingEveryMs - 1]) {
    let runs = 0;
    const { run } = house({
      name: 'hourly',
      everyMs: hour,
      run: async () => {
        runs++;
        return undefined;
      },
    });
    for (let at = aligned + lateMs; at < aligned + 3 * hour; at += housekeepingEveryMs) await run(at);
    expect(runs).toBe(3);
  }
});

test('a chore that fails is logged, does not keep the others from running, and fails the run', async () => {
  const ran: string[] = [];
  const chore = (name: string, failure?: Error): Chore => ({
    name,
    everyMs: housekeepingEveryMs,
    run: async () => {
      ran.push(name);
      if (failure !== undefined) throw failure;
      return { things: 3 };
    },
  });
  const broken = new Error('no storage');
  const { run, logged } = house(chore('first', broken), chore('second'));
  await expect(run(aligned)).rejects.toThrow(AggregateError);
  expect(ran).toEqual(['first', 'second']);
  expect(logged).toEqual([
    ['housekeeping.failed', broken, { chore: 'first' }],
    ['housekeeping.done', { chore: 'second', things: 3 }],
  ]);
});
