import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Store, tableNames } from '../../src/lib/store/table/table.ts';
import { encodeRow } from './form.ts';

export interface Backup {
  readonly store: Store;
  /** A file that is not there yet; made for its owner alone. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/**
 * Writes every row of every table into a file. What is sealed stays sealed: without broker-root the file opens nothing.
 * @returns how many rows
 * @throws Error where the file is there already; StoreError. What was written of the file until then is removed
 */
export async function backup({ store, file, now, signal }: Backup): Promise<number> {
  let rows = 0;
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify({ backup: 'nocobase-mail-broker', format: 1, at: new Date(now).toISOString() })}\n`;
    for (const table of tableNames) {
      for await (const row of store.table(table).scan()) {
        rows += 1;
        yield `${encodeRow({ table, row })}\n`;
      }
    }
    yield `${JSON.stringify({ rows })}\n`;
  }
  try {
    await pipeline(Readable.from(lines()), createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new Error(`${file} already exists and is not overwritten.`, { cause: error });
    }
    await rm(file, { force: true });
    throw error;
  }
  return rows;
}
