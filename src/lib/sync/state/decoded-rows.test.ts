import { expect, it } from 'vitest';
import type { StoredRow } from '../../store/table/table.ts';
import { decodedOnce } from './decoded-rows.ts';

const row = (rowKey: string, etag: string, value = 0): StoredRow => ({
  partitionKey: 's0000',
  rowKey,
  etag,
  values: { value },
});

it('decodes a row again when its ETag is another, and not before', () => {
  const asked: string[] = [];
  const read = decodedOnce((from: StoredRow) => {
    asked.push(`${from.rowKey} ${from.etag}`);
    return { value: from.values.value };
  }, 10);
  const first = read(row('a', '1', 7));
  expect(read(row('a', '1', 7))).toBe(first);
  expect(read(row('b', '1', 8))).toEqual({ value: 8 });
  expect(read(row('a', '2', 9))).toEqual({ value: 9 });
  expect(asked).toEqual(['a 1', 'b 1', 'a 2']);
});

it('remembers no row that cannot be read', () => {
  let works = false;
  const read = decodedOnce(() => {
    if (!works) throw new Error('broken');
    return 'read';
  }, 10);
  expect(() => read(row('a', '1'))).toThrow('broken');
  works = true;
  expect(read(row('a', '1'))).toBe('read');
});

it('remembers no more rows than it may', () => {
  let decoded = 0;
  const read = decodedOnce(() => ++decoded, 2);
  for (const rowKey of ['a', 'b', 'c', 'c', 'b', 'a']) read(row(rowKey, '1'));
  expect(decoded).toBe(4);
});
