import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import { type LossyProxy, startLossyProxy } from '../../../test/support/lossy-proxy.ts';
import { systemClock } from '../domain/system.ts';
import { type AzureStoreDeps, createAzureStore } from './azure-table.ts';
import { wireBytes } from './row-size.ts';
import type { BatchOperation, Row } from './table.ts';

let azurite: Azurite;
let proxy: LossyProxy;
beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(azurite.tablePort);
});
afterAll(async () => {
  await proxy.stop();
  await azurite.stop();
});

const noPause = { ...systemClock, sleep: async () => {} };

const connect = (connectionString: string, deps: Partial<AzureStoreDeps> = {}) =>
  createAzureStore(
    { tables: { connectionString }, identityClientId: undefined },
    { clock: noPause, chance: () => 0.5, ...deps },
  );
const store = () => connect(azurite.connectionString);
/** The same rows, reached through the proxy. */
const lossy = (deps: Partial<AzureStoreDeps> = {}) =>
  connect(azurite.connectionString.replaceAll(`:${azurite.tablePort}/`, `:${proxy.port}/`), deps);

const partition = () => `p${randomUUID()}`;
const row = (partitionKey: string, rowKey: string, values: Row['values'] = {}): Row => ({
  partitionKey,
  rowKey,
  values,
});

test('every type of value comes back as it went in', async () => {
  const table = store().table('mail');
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

test('of a view of a larger memory only the view is sent', async () => {
  const table = store().table('mail');
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
  const table = store().table('mail');
  const pk = partition();
  await table.insert(row(pk, 'r', { a: 1, b: undefined }));
  expect((await table.get(pk, 'r'))?.values).toEqual({ a: 1 });
});

test.each([
  ['a number beyond 31 bits', 2 ** 31],
  ['a fraction', 1.5],
  ['a broken date', new Date(Number.NaN)],
])('%s is refused before it is sent, naming the column', async (_name, value) => {
  await expect(
    store()
      .table('mail')
      .insert(row('p', 'r', { column: value })),
  ).rejects.toThrow(/column column is not/);
});

test('a replace leaves nothing of the old row', async () => {
  const table = store().table('mail');
  const pk = partition();
  const etag = await table.insert(row(pk, 'r', { a: 1, b: 2 }));
  const next = await table.replace(row(pk, 'r', { c: 3 }), etag);
  expect(await table.get(pk, 'r')).toMatchObject({ values: { c: 3 }, etag: next });
  expect((await table.get(pk, 'r'))?.values).toEqual({ c: 3 });
});

describe('what goes wrong has a kind', () => {
  test('an insert that meets a row', async () => {
    const table = store().table('mail');
    const pk = partition();
    await table.insert(row(pk, 'r'));
    await expect(table.insert(row(pk, 'r'))).rejects.toMatchObject({ name: 'StoreError', kind: 'exists' });
  });

  test('a replace and a delete under an old ETag', async () => {
    const table = store().table('mail');
    const pk = partition();
    const old = await table.insert(row(pk, 'r'));
    const now = await table.replace(row(pk, 'r', { a: 1 }), old);
    await expect(table.replace(row(pk, 'r', { a: 2 }), old)).rejects.toMatchObject({ kind: 'conflict' });
    await expect(table.delete(pk, 'r', old)).rejects.toMatchObject({ kind: 'conflict' });
    await table.delete(pk, 'r', now);
    expect(await table.get(pk, 'r')).toBeUndefined();
  });

  test('a replace of a row that is gone; deleting it again is no error', async () => {
    const table = store().table('mail');
    const pk = partition();
    const etag = await table.insert(row(pk, 'r'));
    await table.delete(pk, 'r', etag);
    await table.delete(pk, 'r', etag);
    await expect(table.replace(row(pk, 'r'), etag)).rejects.toMatchObject({ kind: 'missing' });
  });

  test('a value that is too long', async () => {
    const table = store().table('mail');
    await expect(table.insert(row(partition(), 'r', { a: new Uint8Array(65_537) }))).rejects.toMatchObject({
      kind: 'refused',
    });
  });
});

describe('a range', () => {
  test('begins with from, ends before below, and is in order of RowKey', async () => {
    const table = store().table('mail');
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
    const table = store().table('mail');
    const pk = `o'neill${randomUUID()}`;
    await table.insert(row(pk, "it's"));
    expect((await table.list(pk, { from: "it's" })).length).toBe(1);
    expect(await table.get(pk, "it's")).toBeDefined();
  });

  test('of more than a page comes whole', async () => {
    const table = store().table('mail');
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
    const table = store().table('mail');
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
    expect(etags).toEqual([byKey.get('inserted'), '', byKey.get('replaced'), byKey.get('upserted'), byKey.get('new')]);
  });

  test('is refused whole, and names the guilty operation', async () => {
    const table = store().table('mail');
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

  test('that is too large or touches a row twice is refused', async () => {
    const table = store().table('mail');
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

  test('is on the wire no larger than its rows were said to be, and not much smaller', async () => {
    const pk = partition();
    const rows = Array.from({ length: 20 }, (_, i) =>
      row(pk, `a!mbx_0001_${i}`, {
        v: 1,
        text: 'Grüße "你好"\n'.repeat(i),
        bytes: new Uint8Array(i * 1000),
        big: 4294967295n,
        at: new Date(),
        no: false,
      }),
    );
    await lossy()
      .table('mail')
      .batch(
        pk,
        rows.map((each) => ({ kind: 'upsert', row: each })),
      );
    const said = rows.reduce((sum, each) => sum + wireBytes(each), 0);
    const sent = Number(/content-length: (\d+)/i.exec(proxy.lastHead('$batch') ?? '')?.[1]);
    expect(sent).toBeLessThanOrEqual(said);
    expect(sent).toBeGreaterThan(said * 0.8);
  });

  test('without operations asks nobody', async () => {
    expect(await store().table('mail').batch(partition(), [])).toEqual([]);
  });
});

describe('a table that does not exist yet', () => {
  test('has no rows, and reading does not make it', async () => {
    const table = lossy().table('audit');
    const creations = () => proxy.seen('/Tables');
    const before = creations();
    expect(await table.get('p', 'r')).toBeUndefined();
    expect(await table.list('p')).toEqual([]);
    await table.delete('p', 'r', '*');
    await expect(table.replace(row('p', 'r'), '*')).rejects.toMatchObject({ kind: 'missing' });
    expect(creations()).toBe(before);
  });

  test('is made by the first insert, and by the first batch, without a further call later', async () => {
    const before = proxy.seen('/Tables');
    await lossy().table('keys').insert(row('p', 'r'));
    await lossy()
      .table('submissions')
      .batch('p', [{ kind: 'insert', row: row('p', 'r') }]);
    expect(proxy.seen('/Tables')).toBe(before + 2);
    await lossy().table('keys').insert(row('p', 'r2'));
    expect(proxy.seen('/Tables')).toBe(before + 2);
  });

  test('is made once for many who need it at once', async () => {
    const each = Array.from({ length: 8 }, (_, i) =>
      store()
        .table('tickets')
        .insert(row('p', `r${i}`)),
    );
    await Promise.all(each);
    expect((await store().table('tickets').list('p')).length).toBe(8);
  });
});

describe('when the service does not answer', () => {
  test('a write whose answer is lost was applied, is reported as unreachable, and is not sent again', async () => {
    const pk = partition();
    const etag = await store()
      .table('mail')
      .insert(row(pk, 'r', { a: 1 }));
    const sent = () => proxy.seen(`PUT /devstoreaccount1/mail(PartitionKey='${pk}'`);
    const lost = proxy.loseNext(`PUT /devstoreaccount1/mail(PartitionKey='${pk}'`);
    await expect(
      lossy()
        .table('mail')
        .replace(row(pk, 'r', { a: 2 }), etag),
    ).rejects.toMatchObject({
      kind: 'unreachable',
    });
    await lost;
    expect(sent()).toBe(1);
    expect((await store().table('mail').get(pk, 'r'))?.values).toEqual({ a: 2 });
  });

  test('so it is with a batch', async () => {
    const pk = partition();
    const table = lossy().table('mail');
    await table.insert(row(pk, 'warm'));
    const before = proxy.seen('$batch');
    const lost = proxy.loseNext('$batch');
    await expect(table.batch(pk, [{ kind: 'insert', row: row(pk, 'r') }])).rejects.toMatchObject({
      kind: 'unreachable',
    });
    await lost;
    expect(proxy.seen('$batch')).toBe(before + 1);
    expect(await store().table('mail').get(pk, 'r')).toBeDefined();
  });

  test('a write that hangs ends after the time-out', async () => {
    const pk = partition();
    const lost = proxy.loseNext('POST /devstoreaccount1/mail', 'hang');
    const started = performance.now();
    await expect(lossy({ timeoutMs: 300 }).table('mail').insert(row(pk, 'r'))).rejects.toMatchObject({
      kind: 'unreachable',
    });
    expect(performance.now() - started).toBeLessThan(5_000);
    await lost;
  });

  test('a read is tried three times, and no more', async () => {
    const pk = partition();
    await store().table('mail').insert(row(pk, 'r'));
    const line = `GET /devstoreaccount1/mail(PartitionKey='${pk}'`;
    const lost = [proxy.loseNext(line), proxy.loseNext(line)];
    expect(await lossy().table('mail').get(pk, 'r')).toBeDefined();
    await Promise.all(lost);
    expect(proxy.seen(line)).toBe(3);
    const all = [proxy.loseNext(line), proxy.loseNext(line), proxy.loseNext(line)];
    await expect(lossy().table('mail').get(pk, 'r')).rejects.toMatchObject({ kind: 'unreachable' });
    await Promise.all(all);
    expect(proxy.seen(line)).toBe(6);
  });

  test('a server that is down is unreachable for reads and writes', async () => {
    const down = await startAzurite();
    const table = connect(down.connectionString).table('mail');
    await table.insert(row('p', 'r'));
    await down.kill();
    await expect(table.get('p', 'r')).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(table.list('p')).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(table.insert(row('p', 'r2'))).rejects.toMatchObject({ kind: 'unreachable' });
    await down.restart();
    expect(await table.get('p', 'r')).toBeUndefined();
    await table.insert(row('p', 'r3'));
    await down.stop();
  });

  test.each([403, 429, 500, 503])('an answer %i is unreachable', async (status) => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const table = connect(azurite.connectionString.replaceAll(`:${azurite.tablePort}/`, `:${port}/`)).table('mail');
    await expect(table.insert(row('p', 'r'))).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(table.get('p', 'r')).rejects.toMatchObject({ kind: 'unreachable' });
    server.closeAllConnections();
    server.close();
  });

  test('a credential without a token is unreachable, not a fault of the content', async () => {
    const none = createAzureStore(
      { tables: { url: 'https://127.0.0.1:1' }, identityClientId: undefined },
      {
        clock: noPause,
        credential: {
          getToken: async () => {
            throw Object.assign(new Error('no identity here'), { name: 'CredentialUnavailableError' });
          },
        },
      },
    );
    await expect(none.table('mail').insert(row('p', 'r'))).rejects.toMatchObject({ kind: 'unreachable' });
  });
});

test('the connection is kept for the next request', async () => {
  const table = lossy().table('mail');
  const pk = partition();
  await table.insert(row(pk, 'r'));
  const before = proxy.connections();
  for (let i = 0; i < 5; i++) await table.get(pk, 'r');
  expect(proxy.connections()).toBe(before);
});

test('every answer tells the time, that of a batch too', async () => {
  const fresh = store();
  expect(() => fresh.time.whenJudging()).toThrow(/before the store has answered/);
  await fresh.table('mail').batch('p', [{ kind: 'upsert', row: row('p', 'time') }]);
  // Azurite runs on this machine, so that the two clocks are one.
  const now = Date.now();
  expect(fresh.time.whenWriting()).toBeGreaterThanOrEqual(now);
  expect(fresh.time.whenWriting()).toBeLessThan(now + 3_000);
  expect(fresh.time.whenJudging()).toBeLessThanOrEqual(Date.now());
  expect(fresh.time.whenJudging()).toBeGreaterThan(now - 3_000);
});
