import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { BatchOperation, Row, Table } from '../../src/lib/store/table/table.ts';

export const partition = () => `p${randomUUID()}`;
export const row = (partitionKey: string, rowKey: string, values: Row['values'] = {}): Row => ({
  partitionKey,
  rowKey,
  values,
});

/** What every table does, whether its rows lie in Table Storage or, for a test, in memory. */
export function describeTable(open: () => Table): void {
  test('every type of value comes back as it went in', async () => {
    const table = open();
    const pk = partition();
    const values = {
      text: 'Grüße, 你好, "quotes" and \\ and \r\n',
      empty: '',
      int: -2147483648,
      yes: true,
      no: false,
      big: 4294967295n,
      negative: -9007199254740993n,
      at: new Date('2026-11-22T13:14:15.167Z'),
      epoch: new Date(0),
      bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
    };
    const etag = await table.insert(row(pk, 'r', values));
    expect(await table.get(pk, 'r')).toEqual({ partitionKey: pk, rowKey: 'r', etag, values });
    expect(await table.list(pk)).toEqual([{ partitionKey: pk, rowKey: 'r', etag, values }]);
  });

  test('a view of a larger memory sends only the view', async () => {
    const table = open();
    const pk = partition();
    const memory = Uint8Array.from({ length: 100 }, (_, i) => i);
    await table.insert(row(pk, 'r', { bytes: memory.subarray(10, 13) }));
    await table.batch(pk, [{ kind: 'insert', row: row(pk, 's', { bytes: memory.subarray(20, 22) }) }]);
    expect((await table.list(pk)).map(({ values }) => values.bytes)).toEqual([
      Uint8Array.from([10, 11, 12]),
      Uint8Array.from([20, 21]),
    ]);
  });

  test('columns that hold nothing are not written', async () => {
    const table = open();
    const pk = partition();
    await table.insert(row(pk, 'r', { a: 1, b: undefined }));
    expect((await table.get(pk, 'r'))?.values).toEqual({ a: 1 });
  });

  test.each([
    ['a number beyond 31 bits', 2 ** 31],
    ['a fraction', 1.5],
    ['a broken date', new Date(Number.NaN)],
  ])('%s is refused before it is sent, naming the column', async (_name, value) => {
    await expect(open().insert(row('p', 'r', { column: value }))).rejects.toThrow(/column column is not/);
  });

  test('a replace leaves nothing of the old row', async () => {
    const table = open();
    const pk = partition();
    const etag = await table.insert(row(pk, 'r', { a: 1, b: 2 }));
    const next = await table.replace(row(pk, 'r', { c: 3 }), etag);
    expect(await table.get(pk, 'r')).toMatchObject({ values: { c: 3 }, etag: next });
    expect((await table.get(pk, 'r'))?.values).toEqual({ c: 3 });
  });

  describe('what goes wrong has a kind', () => {
    test('an insert that meets a row fails as exists', async () => {
      const table = open();
      const pk = partition();
      await table.insert(row(pk, 'r'));
      await expect(table.insert(row(pk, 'r'))).rejects.toMatchObject({ name: 'StoreError', kind: 'exists' });
    });

    test('a replace and a delete under an old ETag fail as conflicts', async () => {
      const table = open();
      const pk = partition();
      const old = await table.insert(row(pk, 'r'));
      const now = await table.replace(row(pk, 'r', { a: 1 }), old);
      await expect(table.replace(row(pk, 'r', { a: 2 }), old)).rejects.toMatchObject({ kind: 'conflict' });
      await expect(table.delete(pk, 'r', old)).rejects.toMatchObject({ kind: 'conflict' });
      await table.delete(pk, 'r', now);
      expect(await table.get(pk, 'r')).toBeUndefined();
    });

    test('an asterisk stands for whatever ETag the row has, and conflicts with none', async () => {
      const table = open();
      const pk = partition();
      await table.insert(row(pk, 'r'));
      await table.replace(row(pk, 'r', { a: 1 }), '*');
      expect((await table.get(pk, 'r'))?.values).toEqual({ a: 1 });
      await table.delete(pk, 'r', '*');
      expect(await table.get(pk, 'r')).toBeUndefined();
    });

    test('a replace of a row that is gone fails; deleting it again is no error', async () => {
      const table = open();
      const pk = partition();
      const etag = await table.insert(row(pk, 'r'));
      await table.delete(pk, 'r', etag);
      await table.delete(pk, 'r', etag);
      await expect(table.replace(row(pk, 'r'), etag)).rejects.toMatchObject({ kind: 'missing' });
    });

    test('a value that is too long is refused', async () => {
      const table = open();
      await expect(table.insert(row(partition(), 'r', { a: new Uint8Array(65_537) }))).rejects.toMatchObject({
        kind: 'refused',
      });
    });
  });

  describe('a range', () => {
    test('begins with from, ends before below, and is in order of RowKey', async () => {
      const table = open();
      const pk = partition();
      for (const key of ['c!x', 'd!x', '!', 'b!x', 'a!x']) await table.insert(row(pk, key));
      const keys = async (range?: { from?: string; below?: string }) =>
        (await table.list(pk, range)).map(({ rowKey }) => rowKey);
      expect(await keys()).toEqual(['!', 'a!x', 'b!x', 'c!x', 'd!x']);
      expect(await keys({ below: 'd' })).toEqual(['!', 'a!x', 'b!x', 'c!x']);
      expect(await keys({ from: 'a!x', below: 'c!x' })).toEqual(['a!x', 'b!x']);
      expect(await keys({ from: 'z' })).toEqual([]);
    });

    test('keys with quotes are found', async () => {
      const table = open();
      const pk = `o'neill${randomUUID()}`;
      await table.insert(row(pk, "it's"));
      expect((await table.list(pk, { from: "it's" })).length).toBe(1);
      expect(await table.get(pk, "it's")).toBeDefined();
    });

    test('a range of more than a page comes whole', async () => {
      const table = open();
      const pk = partition();
      const number = (i: number) => String(i).padStart(5, '0');
      for (let from = 0; from < 2300; from += 100) {
        const rows = Array.from({ length: 100 }, (_, i): BatchOperation => {
          return { kind: 'insert', row: row(pk, number(from + i)) };
        });
        await table.batch(pk, rows);
      }
      const found = await table.list(pk);
      expect(found.map(({ rowKey }) => rowKey)).toEqual(Array.from({ length: 2300 }, (_, i) => number(i)));
      let scanned = 0;
      for await (const each of table.scan()) if (each.partitionKey === pk) scanned++;
      expect(scanned).toBe(2300);
    });
  });

  describe('a batch', () => {
    test('is applied whole and answers the ETags in order', async () => {
      const table = open();
      const pk = partition();
      const replaced = await table.insert(row(pk, 'replaced', { a: 1 }));
      await table.insert(row(pk, 'upserted', { a: 1, gone: true }));
      await table.insert(row(pk, 'deleted'));
      const etags = await table.batch(pk, [
        { kind: 'insert', row: row(pk, 'inserted', { a: 2n }) },
        { kind: 'delete', rowKey: 'deleted' },
        { kind: 'replace', row: row(pk, 'replaced', { a: 2 }), etag: replaced },
        { kind: 'upsert', row: row(pk, 'upserted', { a: 2 }) },
        { kind: 'upsert', row: row(pk, 'new', { bytes: new Uint8Array(3) }) },
      ]);
      expect(etags[1]).toBe('');
      const rows = await table.list(pk);
      expect(rows.map(({ rowKey, values }) => [rowKey, values])).toEqual([
        ['inserted', { a: 2n }],
        ['new', { bytes: new Uint8Array(3) }],
        ['replaced', { a: 2 }],
        ['upserted', { a: 2 }],
      ]);
      const byKey = new Map(rows.map(({ rowKey, etag }) => [rowKey, etag]));
      expect(etags).toEqual([
        byKey.get('inserted'),
        '',
        byKey.get('replaced'),
        byKey.get('upserted'),
        byKey.get('new'),
      ]);
    });

    test('is refused whole, and names the guilty operation', async () => {
      const table = open();
      const pk = partition();
      const etag = await table.insert(row(pk, 'k57'));
      await table.replace(row(pk, 'k57', { a: 1 }), etag);
      const operations = Array.from({ length: 70 }, (_, i): BatchOperation => {
        if (i === 57) return { kind: 'replace', row: row(pk, 'k57', { a: 2 }), etag };
        return { kind: 'insert', row: row(pk, `i${i}`) };
      });
      await expect(table.batch(pk, operations)).rejects.toMatchObject({ kind: 'conflict', index: 57 });
      const exists: BatchOperation[] = [
        { kind: 'upsert', row: row(pk, 'x') },
        { kind: 'insert', row: row(pk, 'k57') },
      ];
      await expect(table.batch(pk, exists)).rejects.toMatchObject({ kind: 'exists', index: 1 });
      const missing: BatchOperation[] = [
        { kind: 'upsert', row: row(pk, 'x') },
        { kind: 'upsert', row: row(pk, 'y') },
        { kind: 'replace', row: row(pk, 'nowhere'), etag },
      ];
      await expect(table.batch(pk, missing)).rejects.toMatchObject({ kind: 'missing', index: 2 });
      expect((await table.list(pk)).length).toBe(1);
    });

    test('a batch that is too large or touches a row twice is refused', async () => {
      const table = open();
      const pk = partition();
      const huge = Array.from({ length: 64 }, (_, i): BatchOperation => {
        return { kind: 'upsert', row: row(pk, `r${i}`, { a: new Uint8Array(48 * 1024) }) };
      });
      await expect(table.batch(pk, huge)).rejects.toMatchObject({ kind: 'refused' });
      const twice: BatchOperation[] = [
        { kind: 'upsert', row: row(pk, 'r') },
        { kind: 'upsert', row: row(pk, 'r') },
      ];
      await expect(table.batch(pk, twice)).rejects.toMatchObject({ kind: 'refused' });
      const many = Array.from({ length: 101 }, (_, i): BatchOperation => ({ kind: 'upsert', row: row(pk, `r${i}`) }));
      await expect(table.batch(pk, many)).rejects.toMatchObject({ kind: 'refused' });
      const unwritable: BatchOperation[] = [
        { kind: 'upsert', row: row(pk, 'r') },
        { kind: 'upsert', row: row(pk, 's', { column: 2 ** 31 }) },
      ];
      await expect(table.batch(pk, unwritable)).rejects.toMatchObject({ kind: 'refused', index: 1 });
      expect(await table.list(pk)).toEqual([]);
    });

    test('a batch without operations makes no request', async () => {
      expect(await open().batch(partition(), [])).toEqual([]);
    });
  });
}
