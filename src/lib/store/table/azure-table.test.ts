import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LossyProxy, startLossyProxy } from '../../../../test/support/lossy-proxy.ts';
import { azuriteOfSuite, type SuiteAzurite } from '../../../../test/support/suite-tables.ts';
import { describeTable, partition, row } from '../../../../test/support/table-contract.ts';
import { unreachableTables } from '../../../../test/support/tables.ts';
import { systemClock } from '../../domain/system.ts';
import { type AzureStoreDeps, createAzureStore } from './azure-table.ts';
import { wireBytes } from './row-size.ts';
import type { Table } from './table.ts';

let azurite: SuiteAzurite;
let proxy: LossyProxy;
/** Requests name it in their path. */
let account: string;
beforeAll(async () => {
  azurite = await azuriteOfSuite();
  account = /AccountName=(\w+)/.exec(azurite.connectionString)?.[1] ?? '';
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

/** A server that answers every request like this, whatever it asks for. */
async function answering(status: number, headers: Record<string, string>, body: string) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, headers).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: azurite.connectionString.replaceAll(`:${azurite.tablePort}/`, `:${port}/`),
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Everything that a table can be asked. */
const requests = (table: Table): [name: string, request: () => Promise<unknown>][] => [
  ['get', () => table.get('p', 'r')],
  ['list', () => table.list('p')],
  ['scan', () => all(table.scan())],
  ['insert', () => table.insert(row('p', 'r'))],
  ['replace', () => table.replace(row('p', 'r'), '*')],
  ['delete', () => table.delete('p', 'r', '*')],
  ['batch', () => table.batch('p', [{ kind: 'insert', row: row('p', 'r') }])],
];

describeTable(() => store().table('mail'));

describe('a batch', () => {
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
    const sent = () => proxy.seen(`PUT /${account}/mail(PartitionKey='${pk}'`);
    const lost = proxy.loseNext(`PUT /${account}/mail(PartitionKey='${pk}'`);
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

  test('reports a batch as unreachable, too', async () => {
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
    const lost = proxy.loseNext(`POST /${account}/mail`, 'hang');
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
    const line = `GET /${account}/mail(PartitionKey='${pk}'`;
    const lost = [proxy.loseNext(line), proxy.loseNext(line)];
    expect(await lossy().table('mail').get(pk, 'r')).toBeDefined();
    await Promise.all(lost);
    expect(proxy.seen(line)).toBe(3);
    const all = [proxy.loseNext(line), proxy.loseNext(line), proxy.loseNext(line)];
    await expect(lossy().table('mail').get(pk, 'r')).rejects.toMatchObject({ kind: 'unreachable' });
    await Promise.all(all);
    expect(proxy.seen(line)).toBe(6);
  });

  test.each([
    ['refuses connections', () => connect(unreachableTables.connectionString).table('mail')],
    ['ends connections', () => lossy().table('mail')],
  ])('a server that %s is unreachable for reads and writes', async (_how, open) => {
    const table = open();
    proxy.down();
    await expect(table.get('p', 'r')).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(table.list('p')).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(table.insert(row('p', 'r2'))).rejects.toMatchObject({ kind: 'unreachable' });
    proxy.down(false);
  });

  test('a server that ended its connections answers over new ones once it is back', async () => {
    const pk = partition();
    const table = lossy().table('mail');
    await table.insert(row(pk, 'r'));
    proxy.down();
    await expect(table.get(pk, 'r')).rejects.toMatchObject({ kind: 'unreachable' });
    proxy.down(false);
    expect(await table.get(pk, 'r')).toBeDefined();
    await table.insert(row(pk, 'r2'));
  });

  test.each([403, 429, 500, 503])('an answer %i is unreachable', async (status) => {
    const server = await answering(status, { 'content-type': 'application/json' }, '{}');
    const table = connect(server.connectionString).table('mail');
    await expect(table.insert(row('p', 'r'))).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(table.get('p', 'r')).rejects.toMatchObject({ kind: 'unreachable' });
    await server.stop();
  });

  // What a proxy's page, another server at that address, or a connection that broke off looks like.
  test.each<[string, number, string, string]>([
    ['a page', 200, 'text/html', '<html><body>Welcome</body></html>'],
    ['plain text', 200, 'text/plain', 'OK'],
    ['nothing', 204, 'text/plain', ''],
    ['JSON of something else', 200, 'application/json', '{"hello":1}'],
    ['a page that is not found', 404, 'text/html', '<html>Not found</html>'],
    ['a page that was changed', 412, 'text/html', '<html>Precondition failed</html>'],
    ['a way elsewhere', 302, 'text/html', ''],
  ])(
    '%s (%i) that no storage service has sent is unreachable, for reads and writes',
    async (...[, status, type, body]) => {
      const server = await answering(status, { 'content-type': type }, body);
      const broken = connect(server.connectionString);
      for (const [name, request] of requests(broken.table('mail'))) {
        await expect(request(), name).rejects.toMatchObject({ name: 'StoreError', kind: 'unreachable' });
      }
      // Its clock is not the service's either.
      expect(() => broken.time.whenWriting()).toThrow(/before the store has answered/);
      await server.stop();
    },
  );

  test.each<[string, number, string, string, readonly string[]]>([
    ['a row', 200, 'application/json', '{"PartitionKey":"p","RowK', ['get', 'list', 'scan']],
    [
      'a batch',
      202,
      'multipart/mixed; boundary=batchresponse_1',
      '--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n--changesetrespo',
      ['batch'],
    ],
  ])('an answer of the service that broke off in %s is unreachable', async (_what, status, type, body, asked) => {
    const server = await answering(status, { 'content-type': type, 'x-ms-request-id': '1' }, body);
    for (const [name, request] of requests(connect(server.connectionString).table('mail'))) {
      if (!asked.includes(name)) continue;
      await expect(request(), name).rejects.toMatchObject({ name: 'StoreError', kind: 'unreachable' });
    }
    await server.stop();
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
