import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  isStoreError,
  type Store,
  type StoredRow,
  type TableName,
  tableNames,
} from '../../src/lib/store/table/table.ts';
import { decodeRow, encodeRow, foot, head, keyOf, type TableRow } from './form.ts';

/** The file is no whole backup, or does not fit what is in the tables. The message is for the person. */
export class RestoreFault extends Error {
  override readonly name = 'RestoreFault';
}

export interface Restore {
  readonly store: Store;
  readonly file: string;
  /** Rows that the backup does not have are deleted, and those that differ are written over. */
  readonly replace: boolean;
  readonly signal: AbortSignal;
}

export interface Restored {
  readonly rows: number;
  /** Written; the rest was there already, the same. */
  readonly written: number;
  readonly deleted: number;
}

const digest = (line: string): string => createHash('sha256').update(line).digest('base64');

/** Rows of the file, one after the other. @throws RestoreFault where it is not a whole backup */
async function* rowsOf(file: string): AsyncGenerator<TableRow> {
  let [at, rows, isWhole] = [0, 0, false];
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    at += 1;
    if (at === 1) {
      if (!head.safeParse(parsed(text)).success) throw new RestoreFault(`${file} is not a backup of this broker.`);
      continue;
    }
    const end = foot.safeParse(parsed(text));
    if (end.success) {
      isWhole = end.data.rows === rows;
      continue;
    }
    let row: TableRow;
    try {
      row = decodeRow(text);
    } catch (error) {
      throw new RestoreFault(`Line ${at} of ${file} is not a row: the file was changed.`, { cause: error });
    }
    rows += 1;
    yield row;
  }
  if (!isWhole) throw new RestoreFault(`${file} is incomplete: its end is missing.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Makes the tables what the backup has. It may be interrupted and repeated: what is there, the same, stays. The whole file
 * and the tables are looked at before anything is written. The app must not run meanwhile.
 * @throws RestoreFault, StoreError
 */
export async function restore({ store, file, replace, signal }: Restore): Promise<Restored> {
  const wanted = new Map<string, string>();
  for await (const row of rowsOf(file)) wanted.set(keyOf(row), digest(encodeRow(row)));
  const same = new Set<string>();
  const foreign: { readonly table: TableName; readonly row: StoredRow }[] = [];
  let differing = 0;
  for (const table of tableNames) {
    for await (const row of store.table(table).scan()) {
      const key = keyOf({ table, row });
      const line = wanted.get(key);
      if (line === undefined) foreign.push({ table, row });
      else if (line === digest(encodeRow({ table, row }))) same.add(key);
      else differing += 1;
    }
  }
  if (!replace && foreign.length + differing > 0) {
    throw new RestoreFault(
      `The tables hold ${foreign.length} rows that are not in the backup, and ${differing} that differ. --replace deletes and overwrites them; nothing was changed.`,
    );
  }
  for (const { table, row } of foreign) {
    signal.throwIfAborted();
    await untilReached(() => store.table(table).delete(row.partitionKey, row.rowKey, row.etag));
  }
  let written = 0;
  for await (const rows of chunks(rowsOf(file), atOnce)) {
    signal.throwIfAborted();
    const missing = rows.filter((row) => !same.has(keyOf(row)));
    await Promise.all(missing.map((row) => put(store, row)));
    written += missing.length;
  }
  return { rows: wanted.size, written, deleted: foreign.length };
}

// Table Storage takes far more; so many rows are held in memory.
const atOnce = 32;

async function* chunks<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let chunk: Item[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** Inserts a row, or writes over the one that is there; a lost answer is found again as a row that is the same. */
async function put(store: Store, { table: name, row }: TableRow): Promise<void> {
  const table = store.table(name);
  await untilReached(async () => {
    const found = await table.get(row.partitionKey, row.rowKey);
    if (found === undefined) await table.insert(row);
    else if (encodeRow({ table: name, row: found }) !== encodeRow({ table: name, row })) {
      await table.replace(row, found.etag);
    }
  });
}

const mostTries = 4;

async function untilReached(act: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isStoreError(error, 'unreachable', 'exists', 'conflict', 'missing') || tries === mostTries) throw error;
    }
  }
}
