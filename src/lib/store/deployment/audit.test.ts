import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { faultyStore } from '../../../../test/support/faulty-store.ts';
import { manualClock, memoryLog } from '../../../../test/support/http.ts';
import { azuriteOfSuite, type SuiteAzurite } from '../../../../test/support/suite-tables.ts';
import { emptyTables, rowsOfTable, storeAt } from '../../../../test/support/tables.ts';
import { systemRandom } from '../../domain/system.ts';
import { BrokerError } from '../../errors.ts';
import { type Store, StoreError } from '../table/table.ts';
import { auditDay, createAudit } from './audit.ts';

let azurite: SuiteAzurite;
beforeAll(async () => {
  azurite = await azuriteOfSuite();
});
afterAll(() => azurite.stop());
beforeEach(() => emptyTables(storeAt(azurite)));

it('notes audited actions by the day (UTC) and in order of time, two of one millisecond apart', async () => {
  const store = storeAt(azurite);
  const clock = manualClock(Date.UTC(2026, 11, 31, 23, 59, 59, 998));
  const audit = createAudit({ table: store.table('audit'), clock, random: systemRandom, log: memoryLog() });
  const results = ['first', 'second', 'third', 'fourth'];
  for (const result of results) {
    await audit.write({ actor: 'k', action: 'key.create', subject: 's', result });
    if (result !== 'second') clock.advance(1);
  }
  const rows = await rowsOfTable(store, 'audit');
  expect(rows.map(({ partitionKey }) => partitionKey).sort()).toEqual(['20261231', '20261231', '20261231', '20270101']);
  const ofDay = await store.table('audit').list(auditDay(new Date(Date.UTC(2026, 11, 31))));
  const times = ofDay.map(({ values }) => (values.at instanceof Date ? values.at.getTime() : 0));
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect(ofDay).toHaveLength(3);
});

describe('an audited action', () => {
  const audited = { actor: 'k', action: 'key.create' } as const;
  const auditOn = (store: Store) => {
    const log = memoryLog();
    return {
      log,
      audit: createAudit({ table: store.table('audit'), clock: manualClock(), random: systemRandom, log }),
      results: async () =>
        (await rowsOfTable(storeAt(azurite), 'audit')).map(({ values }) => [
          values.action,
          values.subject,
          values.result,
        ]),
    };
  };

  it('stands in the audit while it is done, and says afterwards how it ended', async () => {
    const { audit, results } = auditOn(storeAt(azurite));
    const run = async () => {
      expect(await results()).toEqual([['key.create', undefined, 'begun']]);
      return 'done';
    };
    expect(await audit.audited(audited, run, (done) => ({ subject: done }))).toBe('done');
    expect(await results()).toEqual([['key.create', 'done', 'ok']]);
  });

  it.each([
    ['the code of its failure', new BrokerError('conflict'), 'conflict'],
    ['that the storage did not answer', new StoreError('unreachable'), 'storage_unreachable'],
    ['a fault of ours', new Error('boom'), 'internal_error'],
  ])('ends with %s, which is thrown on', async (_name, error, code) => {
    const { audit, results } = auditOn(storeAt(azurite));
    const run = async (): Promise<never> => {
      throw error;
    };
    await expect(audit.audited({ ...audited, subject: 's' }, run)).rejects.toBe(error);
    expect(await results()).toEqual([['key.create', 's', code]]);
  });

  it.each(['invalid_request', 'not_found', 'destination_in_use'] as const)(
    'an action that was none (%s) leaves no entry',
    async (code) => {
      const { audit, results } = auditOn(storeAt(azurite));
      const error = new BrokerError(code);
      await expect(audit.audited(audited, () => Promise.reject(error))).rejects.toBe(error);
      expect(await results()).toEqual([]);
    },
  );

  it('is not done if it cannot be recorded', async () => {
    const { audit, results } = auditOn(faultyStore(storeAt(azurite), { at: 1, how: 'lost' }));
    let done = false;
    const run = async () => {
      done = true;
    };
    await expect(audit.audited(audited, run)).rejects.toMatchObject({ kind: 'unreachable' });
    expect([done, await results()]).toEqual([false, []]);
  });

  it.each(['lost', 'unheard'] as const)('an action whose end is %s is noted with another try', async (how) => {
    const { audit, results, log } = auditOn(faultyStore(storeAt(azurite), { at: 2, how }));
    expect(await audit.audited(audited, async () => 'shown once')).toBe('shown once');
    expect(await results()).toEqual([['key.create', undefined, 'ok']]);
    expect(log.lines).toEqual([]);
  });

  it('is answered even if its end cannot be recorded, stays begun, and is logged', async () => {
    const store = storeAt(azurite);
    const table = store.table('audit');
    const deaf: Store = {
      ...store,
      table: (name) => ({
        ...store.table(name),
        replace: async () => {
          throw new StoreError('unreachable', { table: name });
        },
      }),
    };
    const { audit, results, log } = auditOn(deaf);
    expect(await audit.audited(audited, async () => 'shown once')).toBe('shown once');
    expect(await results()).toEqual([['key.create', undefined, 'begun']]);
    const [row] = await table.list(auditDay(new Date(manualClock().now())));
    expect(log.lines).toMatchObject([
      { level: 'error', event: 'audit.outcome_not_saved', fields: { rowKey: row?.rowKey, result: 'ok' } },
    ]);
  });
});
