import { readFile } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { UsageError } from '../command.ts';

/** A row of a CSV file with a head, its empty cells left out. */
export interface CsvRow {
  /** Line in the file, as an editor counts. */
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Reads a CSV file (RFC 4180; comma or semicolon, as spreadsheets of either habit write it; with or without a BOM).
 * @param columns that may be there; `needed` has to be
 * @throws UsageError in one sentence: no such file, no rows, unknown columns, a line that cannot be read
 */
export async function readCsv(path: string, needed: string, columns: readonly string[]): Promise<CsvRow[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`${path} cannot be read.`);
  });
  let records: { info: { lines: number }; record: Record<string, string> }[];
  try {
    records = parse(text, {
      bom: true,
      columns: (head: string[]) => head.map((name) => name.trim()),
      delimiter: delimiterOf(text),
      info: true,
      skip_empty_lines: true,
      trim: true,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UsageError(`${path} is not CSV in line ${String(error.lines ?? '?')}: ${error.message}`);
  }
  const [first] = records;
  if (first === undefined) throw new UsageError(`${path} has no rows below its head.`);
  const heads = Object.keys(first.record);
  const unknown = heads.filter((name) => name !== needed && !columns.includes(name));
  if (!heads.includes(needed) || unknown.length > 0) {
    const fault = unknown.length > 0 ? `has a column ${JSON.stringify(unknown[0])}` : `has no column ${needed}`;
    throw new UsageError(`${path} ${fault}. Columns are ${[needed, ...columns].join(', ')}.`);
  }
  return records.map(({ info, record }) => ({
    line: info.lines,
    values: Object.fromEntries(Object.entries(record).filter(([, value]) => value !== '')),
  }));
}

function delimiterOf(text: string): ',' | ';' {
  const head = text.split(/\r?\n/, 1)[0] ?? '';
  return head.split(';').length > head.split(',').length ? ';' : ',';
}
