import { type Store, StoreError, type Table } from '../../src/lib/store/table/table.ts';

/** What becomes of one table call: it never arrives, or it is done and its answer is lost. */
export type Fault = 'lost' | 'unheard';

/** A store whose n-th call fails as a broken line does; before and after it works. `calls` counts them. */
export interface FaultyStore extends Store {
  readonly calls: number;
}

export function faultyStore(store: Store, fault?: { readonly at: number; readonly how: Fault }): FaultyStore {
  let calls = 0;
  const through = async <T>(table: string, request: () => Promise<T>): Promise<T> => {
    calls++;
    if (calls !== fault?.at) return request();
    if (fault.how === 'unheard') await request();
    throw new StoreError('unreachable', { table });
  };
  const wrap = (table: Table): Table => ({
    name: table.name,
    get: (...args) => through(table.name, () => table.get(...args)),
    list: (...args) => through(table.name, () => table.list(...args)),
    scan: () => table.scan(),
    insert: (...args) => through(table.name, () => table.insert(...args)),
    replace: (...args) => through(table.name, () => table.replace(...args)),
    delete: (...args) => through(table.name, () => table.delete(...args)),
    batch: (...args) => through(table.name, () => table.batch(...args)),
  });
  return {
    time: store.time,
    table: (name) => wrap(store.table(name)),
    get calls() {
      return calls;
    },
  };
}
