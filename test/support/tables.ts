import { systemClock } from '../../src/lib/domain/system.ts';
import { createAzureStore } from '../../src/lib/store/table/azure-table.ts';
import { isStoreError, type Store, type StoredRow, tableNames } from '../../src/lib/store/table/table.ts';

export const storeAt = (azurite: { readonly connectionString: string }): Store =>
  createAzureStore(
    { tables: { connectionString: azurite.connectionString }, identityClientId: undefined },
    { clock: systemClock },
  );

/** Nothing listens there, and no neighbour can: the port of a server that has ended is soon given to another. */
export const unreachableTables = {
  connectionString:
    'DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=bm8gc2VjcmV0;TableEndpoint=http://127.0.0.1:1/nobody;',
};

export async function rowsOfTable(store: Store, name: (typeof tableNames)[number]): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for await (const row of store.table(name).scan()) rows.push(row);
  return rows;
}

/** Deletes every row of every table. An emulator that many suites share sometimes ends a connection that was just used. */
export async function emptyTables(store: Store, triesLeft = 3): Promise<void> {
  try {
    await deleteAll(store);
  } catch (error) {
    if (!isStoreError(error, 'unreachable') || triesLeft === 0) throw error;
    await emptyTables(store, triesLeft - 1);
  }
}

async function deleteAll(store: Store): Promise<void> {
  for (const name of tableNames) {
    const table = store.table(name);
    const rows = await rowsOfTable(store, name);
    await Promise.all(rows.map((row) => table.delete(row.partitionKey, row.rowKey, row.etag)));
  }
}
