import type { Row, Value } from './table.ts';

/**
 * Bytes a row takes in Table Storage, by the service's own formula: 4 for the row, 2 for each character of its keys, and
 * for each column 8, 2 for each character of its name, and its value.
 * See learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model.
 */
export function storedBytes(row: Row): number {
  return Object.entries(row.values).reduce(
    (sum, [name, value]) => (value === undefined ? sum : sum + 8 + 2 * name.length + storedValueBytes(value)),
    4 + 2 * (row.partitionKey.length + row.rowKey.length),
  );
}

function storedValueBytes(value: Value): number {
  if (typeof value === 'string') return 2 * value.length + 4;
  if (value instanceof Uint8Array) return value.length + 4;
  if (typeof value === 'boolean') return 1;
  return typeof value === 'number' ? 4 : 8;
}

// What a part of a batch carries besides its row: MIME headers, request line, content type, ETag.
const partBytes = 700;

/** Bytes a row takes in the body of a batch (JSON, binary as base64), rounded up: to keep a batch below its limit. */
export function wireBytes(row: Row): number {
  return Object.entries(row.values).reduce(
    (sum, [name, value]) => (value === undefined ? sum : sum + 2 * name.length + 40 + wireValueBytes(value)),
    partBytes + 2 * (row.partitionKey.length + row.rowKey.length),
  );
}

function wireValueBytes(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(JSON.stringify(value));
  if (value instanceof Uint8Array) return Math.ceil(value.length / 3) * 4;
  return 24;
}
