import { describe, expect, test } from 'vitest';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { rowsOfTable } from '../../../test/support/tables.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import type { Log } from '../log.ts';
import { createLastRuns } from '../store/deployment/last-runs.ts';
import { type Store, StoreError } from '../store/table/table.ts';
import { type Chore, createHousekeeping, housekeepingEveryMs } from './housekeeping.ts';

let store: Store;
onMemoryTables((memory) => {
  store = memory;
});

function house(chores: readonly Chore[], on = store) {
  const logged: unknown[][] = [];
  const note = (...line: unknown[]) => void logged.push(line);
  const log: Log = { info: note, warn: note, error: note };
  const lastRuns = createLastRuns({ store: on, clock: systemClock, random: systemRandom });
  return { logged, ...createHousekeeping({ log, chores, lastRuns }) };
}

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 10, 22, 10);

/** An hourly chore that counts its runs, and fails when told to. */
function hourly(failing: { error?: Error } = {}) {
  const counted = { runs: 0 };
  const chore: Chore = {
    name: 'hourly',
    everyMs: hour,
    run: async () => {
      counted.runs++;
      if (failing.error !== undefined) throw failing.error;
      return undefined;
    },
  };
  return { counted, chore };
}

describe('a chore', () => {
  test.each([0, 1500, housekeepingEveryMs - 1])(
    'is run once in each of its periods, by whichever instance, %i ms past the full hour as well as on it',
    async (lateMs) => {
      const { counted, chore } = hourly();
      for (let at = start + lateMs; at < start + 3 * hour; at += housekeepingEveryMs) await house([chore]).run(at);
      expect(counted.runs).toBe(3);
    },
  );

  test('is run once an hour, not less, though the timer comes some seconds early or late', async () => {
    const { counted, chore } = hourly();
    const offMs = [4_000, -3_000, 0, 9_000, -9_000];
    for (let n = 0; n <= 24 * 12; n++) await house([chore]).run(start + n * housekeepingEveryMs + (offMs[n % 5] ?? 0));
    expect(counted.runs).toBe(25);
  });

  test.each([12, 37, 59])('runs in the next run if it was missed, %i minutes past the hour', async (late) => {
    const { counted, chore } = hourly();
    await house([chore]).run(start);
    // The app was down at the full hour, and for a while after it.
    await house([chore]).run(start + hour + late * minute);
    expect(counted.runs).toBe(2);
    await house([chore]).run(start + hour + late * minute + housekeepingEveryMs);
    expect(counted.runs).toBe(2);
  });

  test('runs again in the next run if it failed', async () => {
    const failing: { error?: Error } = { error: new Error('no storage') };
    const { counted, chore } = hourly(failing);
    await expect(house([chore]).run(start)).rejects.toThrow(AggregateError);
    delete failing.error;
    await house([chore]).run(start + housekeepingEveryMs);
    await house([chore]).run(start + 2 * housekeepingEveryMs);
    expect(counted.runs).toBe(2);
  });

  test('runs again with the timer for as long as it says that something is left', async () => {
    const left = [7, 2, 0];
    let runs = 0;
    const chore: Chore = { name: 'long', everyMs: hour, run: async () => ({ left: left[runs++] ?? 0 }) };
    for (let n = 0; n < 8; n++) await house([chore]).run(start + n * housekeepingEveryMs);
    expect(runs).toBe(3);
  });

  test('is due if its last run is in the future or unreadable', async () => {
    const { counted, chore } = hourly();
    await house([chore]).run(start + 30 * 24 * hour);
    await house([chore]).run(start);
    expect(counted.runs).toBe(2);
    const table = store.table('destinations');
    const [row] = await rowsOfTable(store, 'destinations');
    if (row === undefined) throw new Error('no row');
    await table.replace({ ...row, values: { v: 2, at: 'yesterday' } }, row.etag);
    await house([chore]).run(start + housekeepingEveryMs);
    expect(counted.runs).toBe(3);
  });

  test('leaves no row of its own if it runs every time', async () => {
    let runs = 0;
    const chore: Chore = {
      name: 'each',
      everyMs: housekeepingEveryMs,
      run: async () => {
        runs++;
        return undefined;
      },
    };
    for (let n = 0; n < 3; n++) await house([chore]).run(start + n * 1000);
    const rows = await rowsOfTable(store, 'destinations');
    expect([runs, rows.map(({ rowKey }) => rowKey)]).toEqual([3, ['housekeeping']]);
  });
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
  const { run, logged } = house([chore('first', broken), chore('second')]);
  await expect(run(start)).rejects.toThrow(AggregateError);
  expect(ran).toEqual(['first', 'second']);
  expect(logged).toEqual([
    ['housekeeping.failed', broken, { chore: 'first' }],
    ['housekeeping.done', { chore: 'second', things: 3 }],
  ]);
});

test('a storage that is down fails the run, which says so', async () => {
  const { counted, chore } = hourly();
  const down: Store = {
    ...store,
    table: (name) => ({
      ...store.table(name),
      list: async () => {
        throw new StoreError('unreachable', { table: name });
      },
    }),
  };
  await expect(house([chore], down).run(start)).rejects.toMatchObject({ code: 'storage_unreachable' });
  expect(counted.runs).toBe(0);
});
