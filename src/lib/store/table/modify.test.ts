import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { azuriteOfSuite, type SuiteAzurite } from '../../../../test/support/suite-tables.ts';
import { storeAt } from '../../../../test/support/tables.ts';
import { systemClock, systemRandom } from '../../domain/system.ts';
import { BrokerError } from '../../errors.ts';
import { asBrokerError, modify, untilSettled } from './modify.ts';
import { StoreError, type StoreErrorKind, type Table } from './table.ts';

let azurite: SuiteAzurite;
let table: Table;
beforeAll(async () => {
  azurite = await azuriteOfSuite();
  table = storeAt(azurite).table('audit');
});
afterAll(() => azurite.stop());

const pauses: number[] = [];
const parts = {
  random: systemRandom,
  clock: {
    ...systemClock,
    sleep: (ms: number) => {
      pauses.push(ms);
      return systemClock.sleep(ms);
    },
  },
};

const key = (rowKey: string) => ({ partitionKey: 'p', rowKey });
const countOf = (row: Awaited<ReturnType<Table['get']>>) => Number(row?.values.count ?? 0);

describe('a row that is read, changed and written', () => {
  test('is made where there was none, then replaced, then deleted', async () => {
    const one = key('life');
    const write = (values: { count: number }) =>
      modify(parts, table, one, (row) => ({ kind: 'write', values, result: countOf(row) }));
    expect(await write({ count: 1 })).toBe(0);
    expect(await write({ count: 2 })).toBe(1);
    expect(await modify(parts, table, one, (row) => ({ kind: 'delete', result: countOf(row) }))).toBe(2);
    expect(await table.get('p', 'life')).toBeUndefined();
    expect(await modify(parts, table, one, () => ({ kind: 'delete', result: 'nothing' }))).toBe('nothing');
  });

  test('is left as it is where the decision is to keep it', async () => {
    await table.insert({ ...key('kept'), values: { count: 5 } });
    const before = await table.get('p', 'kept');
    expect(await modify(parts, table, key('kept'), (row) => ({ kind: 'keep', result: countOf(row) }))).toBe(5);
    expect(await table.get('p', 'kept')).toEqual(before);
  });

  test('loses no change when many change it at once', async () => {
    const add = () =>
      modify(parts, table, key('counter'), (row) => ({
        kind: 'write',
        values: { count: countOf(row) + 1 },
        result: undefined,
      }));
    for (let round = 0; round < 4; round++) await Promise.all([add(), add(), add(), add()]);
    expect(countOf(await table.get('p', 'counter'))).toBe(16);
  });

  test('gives up with `conflict` when another writer is always faster', async () => {
    await table.insert({ ...key('contested'), values: { count: 0 } });
    let rounds = 0;
    pauses.length = 0;
    const lost = modify(parts, table, key('contested'), async (row) => {
      rounds++;
      const other = await table.get('p', 'contested');
      await table.replace({ ...key('contested'), values: { count: rounds } }, other?.etag ?? '');
      return { kind: 'write', values: { count: countOf(row) + 100 }, result: undefined };
    });
    await expect(lost).rejects.toMatchObject({ code: 'conflict', status: 409 });
    expect(rounds).toBe(8);
    expect(countOf(await table.get('p', 'contested'))).toBe(8);
    expect(pauses).toHaveLength(7);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1000);
  });
});

test('what the attempt itself decides against is not repeated', async () => {
  let runs = 0;
  const attempt = untilSettled(parts, async () => {
    runs++;
    throw new BrokerError('mailbox_taken');
  });
  await expect(attempt).rejects.toMatchObject({ code: 'mailbox_taken' });
  expect(runs).toBe(1);
});

test('an unanswered write is not repeated, since it may have been applied', async () => {
  let runs = 0;
  const attempt = untilSettled(parts, async () => {
    runs++;
    throw new StoreError('unreachable');
  });
  await expect(attempt).rejects.toMatchObject({ code: 'storage_unreachable', retry: { afterMs: 60_000 } });
  expect(runs).toBe(1);
});

test.each([
  ['unreachable', 'storage_unreachable'],
  ['conflict', 'conflict'],
  ['exists', 'conflict'],
  ['missing', 'conflict'],
  ['refused', 'internal_error'],
] satisfies [StoreErrorKind, string][])('people meet %s as %s', (kind, code) => {
  const cause = new StoreError(kind);
  expect(asBrokerError(cause)).toMatchObject({ code, cause });
});

test('other errors stay what they are', () => {
  const error = new TypeError('a fault of ours');
  expect(asBrokerError(error)).toBe(error);
});
