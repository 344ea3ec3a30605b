import { systemClock } from '../../src/lib/domain/system.ts';
import { createAzureStore } from '../../src/lib/store/azure-table.ts';
import { type Store, type StoredRow, tableNames } from '../../src/lib/store/table.ts';

export const storeAt = (azurite: { readonly connectionString: string }): Store =>
  createAzureStore(
    { tables: { connectionString: azurite.connectionString }, identityClientId: undefined },
    { clock: systemClock },
  );

export async function rowsOfTable(store: Store, name: (typeof tableNames)[number]): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for await (const row of store.table(name).scan()) rows.push(row);
  return rows;
}

/** Deletes every row of every table. */
export async function emptyTables(store: Store): Promise<void> {
  for (const name of tableNames) {
    const table = store.table(name);
    const rows = await rowsOfTable(store, name);
    await Promise.all(rows.map((row) => table.delete(row.partitionKey, row.rowKey, row.etag)));
  }
}
