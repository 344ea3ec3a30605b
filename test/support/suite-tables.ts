import { beforeAll, beforeEach, inject } from 'vitest';
import { type Azurite, startAzurite } from '../../local/azure/azurite.ts';
import { systemClock } from '../../src/lib/domain/system.ts';
import type { Store } from '../../src/lib/store/table/table.ts';
import { type MemoryStore, memoryStore } from './memory-store.ts';
import { emptyTables, storeAt } from './tables.ts';

export type SuiteAzurite = Pick<Azurite, 'connectionString' | 'tablePort' | 'queuePort' | 'stop'>;

/**
 * Tables and queues of the suite's own. A suite that stops the emulator, kills it or counts its requests starts one of
 * its own (`local/azure/azurite.ts`).
 */
export async function azuriteOfSuite(): Promise<SuiteAzurite> {
  const accounts: string | undefined = inject('azuriteAccounts');
  // The suites with a real NocoBase are few, and have no common beginning.
  if (accounts === undefined) return startAzurite();
  const given = (await (await fetch(accounts)).json()) as Omit<SuiteAzurite, 'stop'>;
  return { ...given, stop: async () => {} };
}

/** Every test of the file begins with empty tables: `begin` gets them. */
export function onEmptyTables(begin: (store: Store, azurite: SuiteAzurite) => void | Promise<void>): void {
  let azurite: SuiteAzurite;
  beforeAll(async () => {
    azurite = await azuriteOfSuite();
    return () => azurite.stop();
  });
  beforeEach(async () => {
    const store = storeAt(azurite);
    await emptyTables(store);
    await begin(store, azurite);
  });
}

/**
 * Every test of the file begins with empty tables in memory: for what is about mail and not about storage, and would
 * otherwise spend most of its time in the emulator.
 */
export function onMemoryTables(begin: (store: MemoryStore) => void | Promise<void>): void {
  beforeEach(() => begin(memoryStore(systemClock)));
}
