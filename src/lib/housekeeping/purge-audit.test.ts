import { expect, it } from 'vitest';
import { memoryLog } from '../../../test/support/http.ts';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { rowsOfTable } from '../../../test/support/tables.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import { createAudit } from '../store/deployment/audit.ts';
import { StoreError } from '../store/table/table.ts';
import { auditKeptDays, purgeAudit, purgeAuditChore } from './purge-audit.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 10, 22, 8);

it('deletes the days that are past their time, however much happened on one, and nothing later', async () => {
  const store = memoryStore(systemClock);
  const write = async (daysAgo: number, times: number) => {
    const clock = { ...systemClock, now: () => now - daysAgo * dayMs };
    const audit = createAudit({ table: store.table('audit'), clock, random: systemRandom, log: memoryLog() });
    await Promise.all(
      Array.from({ length: times }, () => audit.write({ actor: 'k', action: 'key.create', result: 'ok' })),
    );
  };
  await write(0, 3);
  await write(auditKeptDays - 1, 2);
  await write(auditKeptDays, 4);
  await write(auditKeptDays + 1, 230);
  await write(400, 5);
  const clock = { now: () => now };
  const chore = purgeAuditChore({ store, clock });
  expect(await chore.run()).toEqual({ entries: 235 });
  expect(await rowsOfTable(store, 'audit')).toHaveLength(9);
  expect(await chore.run()).toBeUndefined();
});

it('fails with the store, so that the run counts as failed', async () => {
  const store = memoryStore(systemClock);
  const broken = {
    ...store,
    table: () => ({
      ...store.table('audit'),
      scan: async function* () {
        yield await Promise.reject(new StoreError('unreachable'));
      },
    }),
  };
  await expect(purgeAudit({ store: broken, clock: { now: () => now } })).rejects.toMatchObject({ kind: 'unreachable' });
});
