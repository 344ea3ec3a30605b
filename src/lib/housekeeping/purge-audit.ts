import type { Clock } from '../domain/clock.ts';
import { dayMs } from '../domain/duration.ts';
import { auditDay } from '../store/deployment/audit.ts';
import { batchLimits, type Store } from '../store/table/table.ts';
import type { Chore } from './housekeeping.ts';

/** Who did what is kept for so long. */
export const auditKeptDays = 90;

// At most a quarter of a day late, and a run that is missed costs no day.
const purgeEveryMs = dayMs / 4;

/**
 * Deletes the days of the audit that are past their time; answers how many entries went. A table answers in order of its
 * partitions, which are days, so that no more than the old ones are read.
 * @throws StoreError `unreachable`; may be repeated
 */
export async function purgeAudit({ store, clock }: { readonly store: Store; readonly clock: Pick<Clock, 'now'> }) {
  const table = store.table('audit');
  const firstKept = auditDay(new Date(clock.now() - auditKeptDays * dayMs));
  let count = 0;
  let day = '';
  let keys: string[] = [];
  // Entries of that age are written no more, so that they need no ETag.
  const flush = async (): Promise<void> => {
    if (keys.length === 0) return;
    await table.batch(
      day,
      keys.map((rowKey) => ({ kind: 'delete', rowKey })),
    );
    count += keys.length;
    keys = [];
  };
  for await (const { partitionKey, rowKey } of table.scan()) {
    if (partitionKey >= firstKept) break;
    if (partitionKey !== day || keys.length === batchLimits.operations) await flush();
    day = partitionKey;
    keys.push(rowKey);
  }
  await flush();
  return count;
}

/** The purge as a chore of housekeeping. */
export const purgeAuditChore = (deps: Parameters<typeof purgeAudit>[0]): Chore => ({
  name: 'purge-audit',
  everyMs: purgeEveryMs,
  async run() {
    const entries = await purgeAudit(deps);
    return entries > 0 ? { entries } : undefined;
  },
});
