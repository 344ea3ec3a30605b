import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import { manualClock } from '../../../test/support/http.ts';
import { rowsOfTable, storeAt } from '../../../test/support/tables.ts';
import { systemRandom } from '../domain/system.ts';
import { auditDay, createAudit } from './audit.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

it('notes deeds by the day (UTC) and in order of time, two of one millisecond apart', async () => {
  const store = storeAt(azurite);
  const clock = manualClock(Date.UTC(2026, 11, 31, 23, 59, 59, 998));
  const audit = createAudit({ table: store.table('audit'), clock, random: systemRandom });
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
