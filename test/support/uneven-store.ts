import { setImmediate as turn } from 'node:timers/promises';
import type { Store, Table } from '../../src/lib/store/table/table.ts';

/** Waits for `count` turns of the event loop, in which others go on. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn();
}

/**
 * `store` in which requests overtake each other: each takes effect, and is answered, after some turns of the event loop.
 * How many, `seed` decides: the same seed is the same race.
 */
export function unevenStore<S extends Store>(store: S, seed: number): S {
  let state = seed;
  const some = () => {
    // Numerical Recipes' linear congruential generator; its upper bits are even enough for a few turns.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return turns(state >>> 30);
  };
  const late = async <T>(request: () => Promise<T>): Promise<T> => {
    await some();
    try {
      return await request();
    } finally {
      await some();
    }
  };
  const wrap = (table: Table): Table => ({
    name: table.name,
    get: (partitionKey, rowKey) => late(() => table.get(partitionKey, rowKey)),
    list: (partitionKey, range) => late(() => table.list(partitionKey, range)),
    scan: () => table.scan(),
    insert: (row) => late(() => table.insert(row)),
    replace: (row, etag) => late(() => table.replace(row, etag)),
    delete: (partitionKey, rowKey, etag) => late(() => table.delete(partitionKey, rowKey, etag)),
    batch: (partitionKey, operations) => late(() => table.batch(partitionKey, operations)),
  });
  return { ...store, table: (name) => wrap(store.table(name)) };
}
