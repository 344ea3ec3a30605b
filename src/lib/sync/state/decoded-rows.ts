import { createBoundedMap } from '../../domain/bounded-map.ts';
import type { StoredRow } from '../../store/table/table.ts';

/**
 * `decode`, done once for each version of a row: an ETag stands for all that a row holds, and most rows of a shard are at
 * the next tick what they were.
 * @param most rows that are remembered
 */
export function decodedOnce<T>(decode: (row: StoredRow) => T, most: number): (row: StoredRow) => T {
  const known = createBoundedMap<string, { readonly etag: string; readonly value: T }>(most);
  return (row) => {
    const before = known.get(row.rowKey);
    if (before?.etag === row.etag) return before.value;
    const value = decode(row);
    known.set(row.rowKey, { etag: row.etag, value });
    return value;
  };
}
