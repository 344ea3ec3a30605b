import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOutbound, type Outbound } from '../outbound/outbound.ts';
import { fetchNocobaseFile, isNocobaseFile } from './nocobase-file.ts';

describe('the address of a file in NocoBase', () => {
  const origin = { url: 'https://nocobase.example/api/__app/crm' };

  it.each([
    [true, 'https://nocobase.example/storage/uploads/report.csv'],
    [true, 'https://nocobase.example/sub/storage/uploads/2026/a%20b.pdf?x=1'],
    [true, 'https://nocobase.example/files/report.csv'],
    [false, 'https://other.example/storage/uploads/report.csv'],
    [false, 'https://nocobase.example.evil.example/storage/uploads/a'],
    [false, 'https://nocobase.example:8443/storage/uploads/a'],
    [false, 'http://nocobase.example/storage/uploads/a'],
    [false, 'https://user:pass@nocobase.example/storage/uploads/a'],
    [false, 'file:///storage/uploads/a'],
    // Whatever the key may read is no file.
    [false, 'https://nocobase.example/api/users:list'],
    [false, 'https://nocobase.example/api/storage/uploads/../../users:list'],
    [false, 'https://nocobase.example/storage/uploads/../../api/users:list'],
    [false, 'https://nocobase.example/storage/uploads/%2e%2e/%2e%2e/api/users'],
    [false, 'https://nocobase.example/storage/uploads/..%2f..%2fapi%2fusers'],
    [false, 'https://nocobase.example/storage/uploads/'],
    [false, 'https://nocobase.example/'],
    [false, 'nonsense'],
  ])('is %s for %s', (expected, url) => {
    expect(isNocobaseFile(url, origin)).toBe(expected);
  });
});

describe('a file in NocoBase', () => {
  let server: Server;
  let base: string;
  let outbound: Outbound;
  let asked: IncomingMessage[];
  let status: number;

  beforeEach(async () => {
    [asked, status] = [[], 200];
    server = createServer((request, response) => {
      asked.push(request);
      response.writeHead(status, { 'Content-Type': 'text/csv', Location: '/files/other' }).end('a;b');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    outbound = createOutbound({
      inAzure: false,
      privateDestinations: [{ host: new URL(base).host, network: '127.0.0.0/8' }],
    });
  });

  afterEach(async () => {
    await outbound.close();
    await new Promise((done) => server.close(done));
  });

  const fetchFile = (path: string) =>
    fetchNocobaseFile(
      `${base}${path}`,
      { url: `${base}/api`, headers: { authorization: 'Bearer nocobase-key' } },
      outbound,
      new AbortController().signal,
    );

  it('is fetched with the key of the destination', async () => {
    const { filename, contentType, bytes } = await fetchFile('/storage/uploads/M%C3%BCller.csv');
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    expect([filename, contentType, Buffer.concat(chunks).toString()]).toEqual(['Müller.csv', 'text/csv', 'a;b']);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer nocobase-key']);
  });

  it.each([403, 404, 302, 500])('is told by its status alone where NocoBase answers %i', async (answered) => {
    status = answered;
    const error = await fetchFile('/files/a').catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'attachment_source_failed',
      message: expect.stringContaining(String(answered)),
    });
    expect(String(error)).not.toContain('a;b');
    expect(asked).toHaveLength(1);
  });

  it('is not asked for at an address that is none of a file', async () => {
    await expect(fetchFile('/api/users:list')).rejects.toMatchObject({ code: 'attachment_source_refused' });
    expect(asked).toEqual([]);
  });
});
