import type { Store, Table } from '../../src/lib/store/table/table.ts';

/** The process that used the store is dead. Nothing may catch this and continue. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

export interface Death {
  /** Which write is the last, counted from 1. */
  readonly atWrite: number;
  /** Whether that write still reached the store. */
  readonly applied: boolean;
}

/** A store whose user is killed at a write: that call and all later ones fail with {@link Killed}. `writes` counts them. */
export interface MortalStore extends Store {
  readonly writes: number;
  readonly dead: boolean;
}

/** The store of a process that is killed as soon as `isDead` says so. */
export function mortalWhen(store: Store, isDead: () => boolean): Store {
  const wrap = (table: Table): Table =>
    new Proxy(table, {
      get: (target, name, receiver) =>
        isDead() ? () => Promise.reject(new Killed()) : Reflect.get(target, name, receiver),
    });
  return { time: store.time, table: (name) => wrap(store.table(name)) };
}

export function mortalStore(store: Store, death?: Death): MortalStore {
  let writes = 0;
  let dead = false;

  const read = async <T>(request: () => Promise<T>): Promise<T> => {
    if (dead) throw new Killed();
    return request();
  };
  const write = async <T>(request: () => Promise<T>): Promise<T> => {
    if (dead) throw new Killed();
    writes++;
    if (writes !== death?.atWrite) return request();
    dead = true;
    if (death.applied) await request();
    throw new Killed();
  };

  const wrap = (table: Table): Table => ({
    name: table.name,
    get: (partitionKey, rowKey) => read(() => table.get(partitionKey, rowKey)),
    list: (partitionKey, range) => read(() => table.list(partitionKey, range)),
    async *scan() {
      if (dead) throw new Killed();
      yield* table.scan();
    },
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
    get dead() {
      return dead;
    },
  };
}
