import { storedBytes } from '../../src/lib/store/table/row-size.ts';
import type { BatchOperation, Row, Store, Table, TableName } from '../../src/lib/store/table/table.ts';

/** What was asked of a store. */
export interface StoreCounts {
  /** Requests, as they are billed: a batch is one, each page of a list is one. */
  readonly transactions: number;
  /** The most of them that were under way at the same time. */
  readonly mostAtOnce: number;
  /** Rows read or written in units of 1 KiB, each row rounded up: the unit of the service's limits. */
  readonly units: number;
}

/** Rows of a page, the most that the service answers at once. */
const pageRows = 1000;

const unitsOf = (row: Row): number => Math.ceil(storedBytes(row) / 1024);
const sum = (rows: readonly Row[]): number => rows.reduce((total, row) => total + unitsOf(row), 0);

/** A store that counts what it is asked before it passes it on. */
export function countingStore(store: Store) {
  let transactions = 0;
  let units = 0;
  let underWay = 0;
  let mostAtOnce = 0;

  async function counted<T>(ask: () => Promise<T>, unitsIn: (answer: T) => number, pages = (_: T) => 1): Promise<T> {
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    try {
      // As over a network, an answer is not there in the same turn.
      await new Promise<void>((resolve) => setImmediate(resolve));
      const answer = await ask();
      transactions += pages(answer);
      units += unitsIn(answer);
      return answer;
    } finally {
      underWay -= 1;
    }
  }

  const written = (operations: readonly BatchOperation[]) =>
    operations.reduce((total, one) => total + (one.kind === 'delete' ? 1 : unitsOf(one.row)), 0);

  function table(name: TableName): Table {
    const own = store.table(name);
    return {
      name: own.name,
      get: (partitionKey, rowKey) =>
        counted(
          () => own.get(partitionKey, rowKey),
          (row) => (row === undefined ? 1 : unitsOf(row)),
        ),
      list: (partitionKey, range) => counted(() => own.list(partitionKey, range), sum, pagesOf),
      async *scan() {
        const rows: Row[] = [];
        for await (const row of own.scan()) {
          rows.push(row);
          yield row;
        }
        transactions += pagesOf(rows);
        units += sum(rows);
      },
      insert: (row) =>
        counted(
          () => own.insert(row),
          () => unitsOf(row),
        ),
      replace: (row, etag) =>
        counted(
          () => own.replace(row, etag),
          () => unitsOf(row),
        ),
      delete: (partitionKey, rowKey, etag) =>
        counted(
          () => own.delete(partitionKey, rowKey, etag),
          () => 1,
        ),
      batch: (partitionKey, operations) =>
        counted(
          () => own.batch(partitionKey, operations),
          () => written(operations),
        ),
    };
  }

  return {
    store: { time: store.time, table } satisfies Store,
    /** What was asked since the last call. */
    take(): StoreCounts {
      const counts = { transactions, mostAtOnce, units };
      [transactions, units, mostAtOnce] = [0, 0, 0];
      return counts;
    },
  };
}

const pagesOf = (rows: readonly unknown[]): number => Math.max(1, Math.ceil(rows.length / pageRows));
