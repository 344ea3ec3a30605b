import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpFront, startHttpFront } from './http.ts';

// What no client library sends, on a bare socket.
let front: HttpFront;
const urls: (string | undefined)[] = [];

beforeAll(async () => {
  front = await startHttpFront({
    port: 0,
    routePrefix: 'api',
    bodyLimitBytes: 1_000,
    requestTimeoutMs: 100,
    functions: [
      {
        name: 'things',
        methods: ['GET', 'POST', 'DELETE'],
        route: 'things',
        invoke: async ({ http }) => {
          urls.push(http?.url);
          return { http: { statusCode: '200', body: { string: 'fine' } } };
        },
      },
    ],
    runNow: () => false,
  });
});
afterAll(() => front.close());

/** Sends `text`, and continues listening until the host hangs up. */
async function said(text: string): Promise<string> {
  const socket = connect(front.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  // Cut off while we still send: what was heard counts.
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return heard;
}

const statusOf = (answer: string): string | undefined => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
const last = 'Connection: close\r\n';

describe('a request', () => {
  it.each(['a b', '[::1', 'x:99999', '%', '<script>'])('a request with the Host %j is rejected', async (name) => {
    const answer = await said(`GET /api/things HTTP/1.1\r\nHost: ${name}\r\n${last}\r\n`);
    expect(statusOf(answer)).toBe('400');
    expect(answer).not.toContain('script');
  });

  it.each(['//', '/api/things', 'http://[', '//a b'])('a request for %j gets no error of ours', async (path) => {
    const answer = await said(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${last}\r\n`);
    expect(Number(statusOf(answer))).toBeLessThan(500);
  });

  it('a request with endless headers is dropped', async () => {
    expect(statusOf(await said('GET /api/things HTTP/1.1\r\nHost: localhost\r\nX-Slow: '))).toBe('408');
  });

  it.each([
    ['an announced length', 'Content-Length: 10\r\n\r\n12345'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n'],
  ])('a request with an endless body is dropped, with %s', async (_name, rest) => {
    const before = urls.length;
    const answer = await said(`POST /api/things HTTP/1.1\r\nHost: localhost\r\n${rest}`);
    expect(['408', undefined]).toContain(statusOf(answer));
    expect(urls).toHaveLength(before);
  });

  it('an unwanted chunked body does no harm, even without an end', async () => {
    const head = (more: string) =>
      `DELETE /api/things HTTP/1.1\r\nHost: localhost\r\n${more}Transfer-Encoding: chunked\r\n\r\n`;
    expect(statusOf(await said(`${head(last)}5\r\n12345\r\n0\r\n\r\n`))).toBe('200');
    const tooLong = `${(1_001).toString(16)}\r\n${'x'.repeat(1_001)}\r\n0\r\n\r\n`;
    expect(statusOf(await said(`${head('')}${tooLong}`))).toBe('413');
    expect(statusOf(await said(`GET /api/things HTTP/1.1\r\nHost: localhost\r\n${last}\r\n`))).toBe('200');
  });
});

it.each(['admin', 'Admin-consent', 'administration', 'runtime/x'])(
  'has no room for the route %s, which the real host refuses',
  async (route) => {
    const functions = [{ name: 'x', methods: ['GET'], route, invoke: async () => ({}) }];
    const options = { port: 0, routePrefix: 'api', bodyLimitBytes: 1_000, functions, runNow: () => false };
    await expect(startHttpFront(options)).rejects.toThrow(route);
  },
);
