import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { type Row, type TableName, tableNames, type Value } from '../../src/lib/store/table/table.ts';

/** First line of a backup. */
export const head = z.object({ backup: z.literal('nocobase-mail-broker'), format: z.literal(1), at: z.iso.datetime() });
/** Last line: without it the file was cut off. */
export const foot = z.object({ rows: z.int().min(0) });

/** JSON has no 64-bit integers, instants and bytes: they stand in objects of one field. */
const value = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.strictObject({ int64: z.string().regex(/^-?\d+$/) }).transform(({ int64 }) => BigInt(int64)),
  z.strictObject({ at: z.iso.datetime() }).transform(({ at }) => new Date(at)),
  z.strictObject({ bytes: z.base64() }).transform(({ bytes }) => new Uint8Array(Buffer.from(bytes, 'base64'))),
]);

const line = z
  .strictObject({
    table: z.enum(tableNames),
    partitionKey: z.string(),
    rowKey: z.string(),
    values: z.record(z.string(), value),
  })
  .transform(({ table, ...row }): TableRow => ({ table, row }));

/** A row, and the table that it is in. */
export interface TableRow {
  readonly table: TableName;
  readonly row: Row;
}

function encoded(given: Value): unknown {
  if (typeof given === 'bigint') return { int64: given.toString() };
  if (given instanceof Date) return { at: given.toISOString() };
  return given instanceof Uint8Array ? { bytes: Buffer.from(given).toString('base64') } : given;
}

/** One line for a row. Equal rows have equal lines, so that lines can be compared. An ETag is not kept: it is the service's. */
export function encodeRow({ table, row: { partitionKey, rowKey, values } }: TableRow): string {
  const columns = Object.entries(values)
    .flatMap(([name, given]) => (given === undefined ? [] : [[name, encoded(given)] as const]))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify({ table, partitionKey, rowKey, values: Object.fromEntries(columns) });
}

/** @throws Error for a line that no backup of ours has */
export const decodeRow = (text: string): TableRow => line.parse(JSON.parse(text));

export const keyOf = ({ table, row }: TableRow): string => JSON.stringify([table, row.partitionKey, row.rowKey]);
