/** What a column may hold. Integers beyond 31 bits are bigint (the SDK sends large numbers untyped), instants are Date. */
export type Value = string | number | boolean | bigint | Date | Uint8Array;

export type Values = Readonly<Record<string, Value | undefined>>;

/** A row as it is written. */
export interface Row {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly values: Values;
}

/** A row as it was read. */
export interface StoredRow extends Row {
  readonly etag: string;
}

/** One operation of a batch; a batch is one transaction in one partition. */
export type BatchOperation =
  | { readonly kind: 'insert'; readonly row: Row }
  /** Replaces the whole row or makes it; only where something else in the batch fences it. */
  | { readonly kind: 'upsert'; readonly row: Row }
  | { readonly kind: 'replace'; readonly row: Row; readonly etag: string }
  /** A batch delete cannot carry an ETag: only for rows that one writer alone changes. */
  | { readonly kind: 'delete'; readonly rowKey: string };

/** Limits of a transaction: 100 operations [Azure], and 3 MiB of our own, since 64 rows of 48 KiB were refused with 413. */
export const batchLimits = { operations: 100, bytes: 3 * 1024 * 1024 } as const;

/** A table of Table Storage, as small as its users need it; also what a simulated store implements. */
export interface Table {
  readonly name: string;
  /** The row, or undefined if there is none. */
  get(partitionKey: string, rowKey: string): Promise<StoredRow | undefined>;
  /**
   * The rows of a partition in order of RowKey, from `from` (inclusive) to `below` (exclusive): all pages, or the first
   * `most` rows.
   */
  list(
    partitionKey: string,
    range?: { readonly from?: string; readonly below?: string; readonly most?: number },
  ): Promise<StoredRow[]>;
  /** Every row of the table, for housekeeping only. */
  scan(): AsyncIterable<StoredRow>;
  /** Makes a row; answers its ETag. @throws StoreError `exists` */
  insert(row: Row): Promise<string>;
  /** Replaces a whole row under its ETag; answers the new one. @throws StoreError `conflict` | `missing` */
  replace(row: Row, etag: string): Promise<string>;
  /** Deletes a row under its ETag; a row that is already gone is no error. @throws StoreError `conflict` */
  delete(partitionKey: string, rowKey: string, etag: string): Promise<void>;
  /**
   * All operations or none. Answers one ETag per operation ('' for a delete).
   * Never repeated by the table itself: whether an unanswered batch was applied, only the caller can tell.
   * @throws StoreError `exists` | `conflict` | `missing` | `refused`, with the index of the guilty operation where known
   */
  batch(partitionKey: string, operations: readonly BatchOperation[]): Promise<string[]>;
}

/**
 * The storage service's own clock, read off the Date header of its answers. Clocks of workers are never compared.
 * Between two answers it runs on our monotonic clock, counted from the side that is safe for the use.
 */
export interface ServerTime {
  /** Never earlier than the server's time: for an `until` that we write. Milliseconds since 1970. */
  whenWriting(): number;
  /** Never later than the server's time: for judging whether someone else's `until` has passed. */
  whenJudging(): number;
}

export interface Store {
  readonly time: ServerTime;
  table(name: TableName): Table;
}

export const tableNames = [
  'mail',
  'directory',
  'grants',
  'index',
  'destinations',
  'tickets',
  'states',
  'submissions',
  'keys',
  'audit',
  'subscriptions',
  'changes',
] as const;

export type TableName = (typeof tableNames)[number];

export type StoreErrorKind =
  /** 409: an insert met a row. */
  | 'exists'
  /** 412: the ETag is not the row's. After an unanswered write it may be our own write that we meet. */
  | 'conflict'
  /** 404 on a write. */
  | 'missing'
  /** 400 or 413: the content itself is refused; the same again will be too. */
  | 'refused'
  /** No answer, or 429 and 5xx. A write may or may not have been applied. */
  | 'unreachable';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;
  /** Index of the guilty operation in a batch, where the service named it. */
  readonly index: number | undefined;

  constructor(kind: StoreErrorKind, options: { cause?: unknown; index?: number; table?: string } = {}) {
    super(`Table ${options.table ?? ''}: ${kind}`, { cause: options.cause });
    this.kind = kind;
    this.index = options.index;
  }
}

/** By its name: the bundle has this class once in its own file and once for what is loaded later. */
const isOne = (error: unknown): error is StoreError => error instanceof Error && error.name === 'StoreError';

export const isStoreError = (error: unknown, ...kinds: StoreErrorKind[]): error is StoreError =>
  isOne(error) && (kinds.length === 0 || kinds.includes(error.kind));
