import type { Store, Table } from '../../src/lib/store/table/table.ts';

/** A store between whose writes something else happens. `writes` counts them. */
export interface InterruptedStore extends Store {
  readonly writes: number;
}

/** @param before called ahead of each write with its number, from 1; the write waits for it */
export function interruptedStore(store: Store, before: (write: number) => Promise<void>): InterruptedStore {
  let writes = 0;
  const write = async <T>(request: () => Promise<T>): Promise<T> => {
    writes += 1;
    await before(writes);
    return request();
  };
  const wrap = (table: Table): Table => ({
    name: table.name,
    get: (partitionKey, rowKey) => table.get(partitionKey, rowKey),
    list: (partitionKey, range) => table.list(partitionKey, range),
    scan: () => table.scan(),
    insert: (row) => write(() => table.insert(row)),
    replace: (row, etag) => write(() => table.replace(row, etag)),
    delete: (partitionKey, rowKey, etag) => write(() => table.delete(partitionKey, rowKey, etag)),
    batch: (partitionKey, operations) => write(() => table.batch(partitionKey, operations)),
  });
  return {
    time: store.time,
    table: (name) => wrap(store.table(name)),
    get writes() {
      return writes;
    },
  };
}
