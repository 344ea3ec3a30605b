import { fromEntity, toEntity } from '../../src/lib/store/table/azure-entity.ts';
import { wireBytes } from '../../src/lib/store/table/row-size.ts';
import {
  type BatchOperation,
  batchLimits,
  type Row,
  type Store,
  type StoredRow,
  StoreError,
  type Table,
  type Value,
} from '../../src/lib/store/table/table.ts';

/** A write on its way, as a test may disturb it. */
export interface MemoryWrite {
  readonly table: string;
  readonly operations: readonly BatchOperation[];
  /** How often a write like this one has been asked about. */
  readonly attempt: number;
}

/**
 * What becomes of a write: `lost` before it arrives, or applied with its answer lost (`unheard`); a StoreError refuses
 * it; a promise holds it up.
 */
export type Disturbance = 'lost' | 'unheard' | StoreError | undefined;

export interface MemoryStore extends Store {
  disturb: (write: MemoryWrite) => Disturbance | Promise<Disturbance>;
  /** Every batch that was applied. */
  readonly batches: (readonly BatchOperation[])[];
}

const textOf = (operations: readonly BatchOperation[]): string =>
  JSON.stringify(operations, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

const isOf = (row: StoredRow | undefined, etag: string): boolean => etag === '*' || row?.etag === etag;

const isTooLong = (value: Value | undefined): boolean =>
  typeof value === 'string' ? value.length > 32_768 : value instanceof Uint8Array && value.length > 65_536;

/**
 * Table Storage in memory: ETags, transactions, ordered lists, values as they come back from there. Its time is that of
 * `clock`. What both have to do stands in table-contract.ts.
 */
export function memoryStore(clock: { now(): number }): MemoryStore {
  const tables = new Map<string, Table>();
  const seen = new Map<string, number>();
  let etags = 0;
  const batches: (readonly BatchOperation[])[] = [];
  const keyOf = (partitionKey: string, rowKey: string) => `${partitionKey}\n${rowKey}`;

  /** Counts only where someone asks: to tell large writes apart takes longer than to apply them. */
  function noted(write: Omit<MemoryWrite, 'attempt'>): MemoryWrite {
    let attempt: number | undefined;
    return {
      ...write,
      get attempt() {
        if (attempt === undefined) {
          const text = textOf(write.operations);
          attempt = (seen.get(text) ?? 0) + 1;
          seen.set(text, attempt);
        }
        return attempt;
      },
    };
  }

  function emptyTable(name: string): Table {
    const rows = new Map<string, StoredRow>();
    const fail = (kind: StoreError['kind'], index?: number) =>
      new StoreError(kind, { table: name, ...(index === undefined ? {} : { index }) });

    /** The row as it is read later: what the writer does with its memory afterwards changes nothing. */
    function kept(row: Row, index?: number): StoredRow {
      if (Object.values(row.values).some(isTooLong)) throw fail('refused', index);
      return fromEntity({ ...toEntity(row), etag: `W/"${++etags}"` });
    }
    function keptOfBatch(row: Row, index: number): StoredRow {
      try {
        return kept(row, index);
      } catch (cause) {
        throw cause instanceof StoreError ? cause : new StoreError('refused', { cause, table: name, index });
      }
    }

    function check(partitionKey: string, operation: BatchOperation, index: number): void {
      const found = rows.get(
        keyOf(partitionKey, operation.kind === 'delete' ? operation.rowKey : operation.row.rowKey),
      );
      if (operation.kind === 'insert' && found !== undefined) throw fail('exists', index);
      if (operation.kind === 'replace' && found === undefined) throw fail('missing', index);
      if (operation.kind === 'replace' && !isOf(found, operation.etag)) throw fail('conflict', index);
      if (operation.kind === 'delete' && found === undefined) throw fail('missing', index);
    }

    function apply(partitionKey: string, operations: readonly BatchOperation[]): string[] {
      if (operations.length > batchLimits.operations) throw fail('refused');
      const keys = operations.map((one) => (one.kind === 'delete' ? one.rowKey : one.row.rowKey));
      if (new Set(keys).size < keys.length) throw fail('refused');
      const bytes = operations.reduce((sum, one) => sum + (one.kind === 'delete' ? 0 : wireBytes(one.row)), 0);
      if (bytes > 4 * 1024 * 1024) throw fail('refused');
      operations.forEach((operation, index) => {
        check(partitionKey, operation, index);
      });
      const written = operations.map((one, index) => (one.kind === 'delete' ? undefined : keptOfBatch(one.row, index)));
      return operations.map((operation, index) => {
        const row = written[index];
        if (row === undefined) rows.delete(keyOf(partitionKey, operation.kind === 'delete' ? operation.rowKey : ''));
        else rows.set(keyOf(partitionKey, row.rowKey), row);
        return row?.etag ?? '';
      });
    }

    async function write(partitionKey: string, operations: readonly BatchOperation[]): Promise<string[]> {
      if (operations.length === 0) return [];
      const disturbance = await self.disturb(noted({ table: name, operations }));
      if (disturbance === 'lost') throw fail('unreachable');
      if (disturbance instanceof StoreError) throw disturbance;
      const answer = apply(partitionKey, operations);
      batches.push(operations);
      if (disturbance === 'unheard') throw fail('unreachable');
      return answer;
    }
    const one = (answer: string[]) => answer[0] ?? '';
    return {
      name,
      get: async (partitionKey, rowKey) => rows.get(keyOf(partitionKey, rowKey)),
      list: async (partitionKey, range = {}) =>
        [...rows.values()]
          .filter((row) => row.partitionKey === partitionKey)
          .filter(({ rowKey }) => rowKey >= (range.from ?? '') && (range.below === undefined || rowKey < range.below))
          .sort((a, b) => (a.rowKey < b.rowKey ? -1 : 1))
          .slice(0, range.most),
      async *scan() {
        yield* [...rows.values()].sort((a, b) =>
          keyOf(a.partitionKey, a.rowKey) < keyOf(b.partitionKey, b.rowKey) ? -1 : 1,
        );
      },
      // What cannot be written at all is thrown as it is where it is no part of a batch.
      insert: async (row: Row) => one(await write(kept(row).partitionKey, [{ kind: 'insert', row }])),
      replace: async (row, etag) => one(await write(kept(row).partitionKey, [{ kind: 'replace', row, etag }])),
      async delete(partitionKey, rowKey, etag) {
        const found = rows.get(keyOf(partitionKey, rowKey));
        if (found === undefined) return;
        if (!isOf(found, etag)) throw fail('conflict');
        rows.delete(keyOf(partitionKey, rowKey));
      },
      batch: write,
    };
  }

  const self: MemoryStore = {
    disturb: () => undefined,
    batches,
    time: { whenWriting: () => clock.now(), whenJudging: () => clock.now() },
    table(name) {
      const table = tables.get(name) ?? emptyTable(name);
      tables.set(name, table);
      return table;
    },
  };
  return self;
}
