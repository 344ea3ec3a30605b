import { wireBytes } from '../../src/lib/store/table/row-size.ts';
import {
  type BatchOperation,
  batchLimits,
  type Row,
  type StoredRow,
  StoreError,
} from '../../src/lib/store/table/table.ts';
import type { Invocation } from './process.ts';

/** What a request asks for: the operations of a batch, or one alone, which may also be a delete by its ETag. */
export type Operation = BatchOperation | { readonly kind: 'remove'; readonly rowKey: string; readonly etag: string };

/** A write that took effect, with what it found. */
export interface Applied {
  readonly table: string;
  readonly partitionKey: string;
  readonly operations: readonly Operation[];
  /** The row of each operation as it was before. */
  readonly before: readonly (StoredRow | undefined)[];
  readonly by: Invocation | undefined;
}

/** The tables themselves: what the service holds, without the way there. All of it at once, nothing in between. */
export interface Tables {
  get(table: string, partitionKey: string, rowKey: string): StoredRow | undefined;
  list(table: string, partitionKey: string, range?: { readonly from?: string; readonly below?: string }): StoredRow[];
  scan(table: string): StoredRow[];
  /** All operations or none; answers the new ETags. @throws StoreError as the service would */
  apply(table: string, partitionKey: string, operations: readonly Operation[], by: Invocation | undefined): string[];
}

/** What a transaction may weigh on the wire before the service answers 413 [Azure: 4 MiB]. */
const mostBytes = 4 * 1024 * 1024;

export function createTables(onApplied: (write: Applied) => void): Tables {
  const tables = new Map<string, Map<string, StoredRow>>();
  let etags = 0;

  const partition = (table: string, partitionKey: string): Map<string, StoredRow> => {
    const key = `${table}/${partitionKey}`;
    const rows = tables.get(key) ?? new Map<string, StoredRow>();
    tables.set(key, rows);
    return rows;
  };
  const sorted = (rows: Iterable<StoredRow>) => [...rows].sort((a, b) => (a.rowKey < b.rowKey ? -1 : 1));

  return {
    get: (table, partitionKey, rowKey) => partition(table, partitionKey).get(rowKey),
    list(table, partitionKey, range = {}) {
      const { from = '', below } = range;
      const found: StoredRow[] = [];
      for (const row of partition(table, partitionKey).values()) {
        if (row.rowKey >= from && (below === undefined || row.rowKey < below)) found.push(row);
      }
      return sorted(found);
    },
    scan: (table) =>
      [...tables.entries()]
        .filter(([key]) => key.startsWith(`${table}/`))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([, rows]) => sorted(rows.values())),
    apply(table, partitionKey, operations, by) {
      const rows = partition(table, partitionKey);
      const fail = (kind: StoreError['kind'], index?: number) =>
        new StoreError(kind, { table, ...(index === undefined ? {} : { index }) });
      if (operations.length > batchLimits.operations) throw fail('refused');
      const keys = operations.map(rowKeyOf);
      if (new Set(keys).size < keys.length) throw fail('refused');
      const wrong = operations.some((one) => 'row' in one && one.row.partitionKey !== partitionKey);
      if (wrong || weigh(operations) > mostBytes) throw fail('refused');

      const before = keys.map((key) => rows.get(key));
      operations.forEach((operation, index) => {
        const found = before[index];
        if (operation.kind === 'insert' && found !== undefined) throw fail('exists', index);
        if ((operation.kind === 'replace' || operation.kind === 'delete') && found === undefined)
          throw fail('missing', index);
        const etag = operation.kind === 'replace' || operation.kind === 'remove' ? operation.etag : undefined;
        if (etag !== undefined && found !== undefined && found.etag !== etag) throw fail('conflict', index);
      });
      const answer = operations.map((operation) => {
        if (!('row' in operation)) {
          rows.delete(operation.rowKey);
          return '';
        }
        const etag = `W/"${++etags}"`;
        rows.set(operation.row.rowKey, { ...operation.row, etag });
        return etag;
      });
      onApplied({ table, partitionKey, operations, before, by });
      return answer;
    },
  };
}

export const rowKeyOf = (operation: Operation): string =>
  'row' in operation ? operation.row.rowKey : operation.rowKey;

/** Only what could be too large is weighed byte by byte. */
function weigh(operations: readonly Operation[]): number {
  let bytes = 0;
  for (const operation of operations)
    if ('row' in operation) bytes += isLarge(operation.row) ? wireBytes(operation.row) : 2000;
  return bytes;
}

const isLarge = (row: Row): boolean =>
  Object.values(row.values).some(
    (value) => (typeof value === 'string' || value instanceof Uint8Array) && value.length > 1024,
  );
