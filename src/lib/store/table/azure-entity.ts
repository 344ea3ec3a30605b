import type { TableEntity, TableEntityResult } from '@azure/data-tables';
import type { Row, StoredRow, Value } from './table.ts';

// The SDK gives these names a meaning of its own.
const reserved = new Set(['partitionKey', 'rowKey', 'etag', 'timestamp', 'PartitionKey', 'RowKey', 'Timestamp']);

/** @throws TypeError for a column that would come back as something else; it names the column, not the value */
export function toEntity(row: Row): TableEntity {
  const entity: TableEntity = { partitionKey: row.partitionKey, rowKey: row.rowKey };
  for (const [name, value] of Object.entries(row.values)) {
    if (value === undefined) continue;
    if (reserved.has(name)) throw new TypeError(`a column cannot be called ${name}`);
    // The SDK sends numbers without a type; the service takes what is beyond 31 bits or has a fraction for something else.
    if (typeof value === 'number' && (value | 0) !== value)
      throw new TypeError(`column ${name} is not a 32-bit integer`);
    if (value instanceof Date && Number.isNaN(value.getTime())) throw new TypeError(`column ${name} is not a date`);
    // Of a view that is no Buffer the SDK sends the whole memory beneath it (its base64Encode).
    entity[name] = value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
  }
  return entity;
}

export function fromEntity(entity: TableEntityResult<Record<string, unknown>>): StoredRow {
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(entity)) {
    if (reserved.has(name) || name.startsWith('odata.')) continue;
    const known = toValue(value);
    if (known !== undefined) values[name] = known;
  }
  return {
    partitionKey: entity.partitionKey ?? '',
    rowKey: entity.rowKey ?? '',
    etag: entity.etag,
    values,
  };
}

function toValue(value: unknown): Value | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return value;
    default:
      // A Buffer is copied: the SDK's may be a view of a pool, and only a plain array compares as one.
      if (value instanceof Uint8Array) return new Uint8Array(value);
      // A Guid or another type that we never write counts as absent; the row's own check then tells.
      return value instanceof Date ? value : undefined;
  }
}
