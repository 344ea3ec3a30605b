import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import selfsigned from 'selfsigned';
import { afterEach, describe, expect, it } from 'vitest';
import { createOutbound, type Outbound, OutboundError, type OutboundOptions } from './outbound.ts';

/** Less than a kilobyte, which is 64 KiB, which are 64 MiB of zeros. */
const gzipBomb = gzipSync(gzipSync(Buffer.alloc(64 * 1024 * 1024)));

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const closing: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(server: Server | ReturnType<typeof createNetServer>, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const serve = (handler: Handler, host?: string) => listen(createServer(handler), host);

function outbound(host: string, options: Partial<OutboundOptions> = {}): Outbound {
  const made = createOutbound({
    inAzure: false,
    privateDestinations: [{ host, network: '127.0.0.0/8' }],
    ...options,
  });
  closing.push(() => made.close());
  return made;
}

const post = (url: string, more: { keepBytes?: number; signal?: AbortSignal; body?: string } = {}) => ({
  method: 'POST' as const,
  url,
  headers: { 'content-type': 'application/json' },
  body: '{}',
  ...more,
});

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof OutboundError ? error.code : error),
  );

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

describe('an outbound request', () => {
  it('carries the exact bytes and headers and answers status, type and the wanted part of the body', async () => {
    const seen: { url: string | undefined; body: string; type: string | undefined }[] = [];
    const port = await serve(async (request, response) => {
      seen.push({ url: request.url, body: await bodyOf(request), type: request.headers['content-type'] });
      response.writeHead(201, { 'Content-Type': 'text/plain', 'Retry-After': '7' }).end('hello world');
    });
    const sender = outbound(`127.0.0.1:${port}`);
    const body = '{"text":"Grüße – 你好 \u{1F4E7}"}';
    const answer = await sender.send(post(`http://127.0.0.1:${port}/a/b?c=d%20e`, { body, keepBytes: 5 }));
    expect(seen).toEqual([{ url: '/a/b?c=d%20e', body, type: 'application/json' }]);
    expect(answer).toMatchObject({ status: 201, contentType: 'text/plain', retryAfterMs: 7000, complete: false });
    expect(Buffer.from(answer.body).toString()).toBe('hello');
  });

  it('does not follow a redirect', async () => {
    const paths: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(307, { Location: '/second' }).end();
    });
    const answer = await outbound(`127.0.0.1:${port}`).send(post(`http://127.0.0.1:${port}/first`));
    expect(answer.status).toBe(307);
    expect(paths).toEqual(['/first']);
  });

  it('gives up on a receiver that does not answer in time', async () => {
    const port = await serve(() => undefined);
    const sender = outbound(`127.0.0.1:${port}`, { timeoutMs: 150 });
    expect(await failure(sender.send(post(`http://127.0.0.1:${port}/`)))).toBe('destination_timeout');
  });

  it('counts the look-up into the time-out', async () => {
    const sender = outbound('slow.example:1', { timeoutMs: 150, lookup: () => new Promise(() => undefined) });
    expect(await failure(sender.send(post('http://slow.example:1/')))).toBe('destination_timeout');
  });

  it('ends with the reason of the caller who aborts it', async () => {
    const port = await serve(() => undefined);
    const controller = new AbortController();
    const sending = failure(
      outbound(`127.0.0.1:${port}`).send(post(`http://127.0.0.1:${port}/`, { signal: controller.signal })),
    );
    const reason = new Error('lease lost');
    setTimeout(() => controller.abort(reason), 50);
    expect(await sending).toBe(reason);
  });

  it('takes the status for the answer when the body breaks off', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{"data"', () => response.socket?.resetAndDestroy());
    });
    const answer = await outbound(`127.0.0.1:${port}`).send(post(`http://127.0.0.1:${port}/`, { keepBytes: 1000 }));
    expect(answer).toMatchObject({ status: 200, complete: false });
  });

  it('keeps a status that came in time although its body did not', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200);
      response.write('{');
    });
    const sender = outbound(`127.0.0.1:${port}`, { timeoutMs: 200 });
    const answer = await sender.send(post(`http://127.0.0.1:${port}/`, { keepBytes: 10 }));
    expect(answer).toMatchObject({ status: 200, complete: false });
  });

  it('does not wait for an unwanted body, nor keeps the connection for it', async () => {
    let open = 0;
    const port = await serve((_request, response) => {
      open += 1;
      response.once('close', () => {
        open -= 1;
      });
      response.writeHead(200);
      response.write('x');
    });
    const started = performance.now();
    const answer = await outbound(`127.0.0.1:${port}`).send(post(`http://127.0.0.1:${port}/`));
    expect(answer.status).toBe(200);
    expect(performance.now() - started).toBeLessThan(5_000);
    await expect.poll(() => open, { timeout: 5_000 }).toBe(0);
  });

  it('keeps no more of a huge answer than asked, and does not read it to its end', async () => {
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const port = await serve((_request, response) => {
      response.writeHead(500);
      const pour = () => {
        while (written < 500 * chunk.length) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', pour);
        }
        response.end();
      };
      pour();
    });
    const answer = await outbound(`127.0.0.1:${port}`).send(post(`http://127.0.0.1:${port}/`, { keepBytes: 1000 }));
    expect(answer.body.byteLength).toBe(1000);
    expect(answer.complete).toBe(false);
    expect(written).toBeLessThan(200 * chunk.length);
  });

  it('reads an endless header for no longer than it must', async () => {
    const port = await listen(
      createNetServer((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(100_000)}`);
      }),
    );
    expect(await failure(outbound(`127.0.0.1:${port}`).send(post(`http://127.0.0.1:${port}/`)))).toBe(
      'destination_headers_too_large',
    );
  });

  it('takes an answer that is not HTTP for none', async () => {
    const port = await listen(createNetServer((socket) => socket.end('220 smtp.example ESMTP\r\n')));
    expect(await failure(outbound(`127.0.0.1:${port}`).send(post(`http://127.0.0.1:${port}/`)))).toBe(
      'destination_not_http',
    );
  });

  it('says that a connection was refused without naming the address', async () => {
    const server = createNetServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const error = await outbound(`127.0.0.1:${port}`)
      .send(post(`http://127.0.0.1:${port}/secret-path`))
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'destination_unreachable' });
    expect(String(error)).not.toContain('127.0.0.1');
    expect(String(error)).not.toContain('secret-path');
  });

  it('names a host that cannot be looked up', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
    const sender = outbound('nowhere.example', { lookup });
    expect(await failure(sender.send(post('https://nowhere.example/')))).toBe('destination_name_unknown');
  });

  it('accepts a valid certificate only', async () => {
    const pem = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }]);
    const port = await listen(createTlsServer({ key: pem.private, cert: pem.cert }, (_q, response) => response.end()));
    expect(await failure(outbound(`127.0.0.1:${port}`).send(post(`https://127.0.0.1:${port}/`)))).toBe(
      'destination_certificate_untrusted',
    );
  });
});

describe('an answer that is encoded although nobody asked for it', () => {
  const record = JSON.stringify({ data: { messageKey: 'm_1', text: 'x'.repeat(2_000) } });

  const answering = async (body: Uint8Array, headers: OutgoingHttpHeaders, keepBytes = 4_000) => {
    const port = await serve((_request, response) => response.writeHead(200, headers).end(body));
    return outbound(`127.0.0.1:${port}`).send(post(`http://127.0.0.1:${port}/`, { keepBytes }));
  };

  it.each<[string, Uint8Array, OutgoingHttpHeaders]>([
    ['gzip', gzipSync(record), { 'Content-Encoding': 'gzip' }],
    ['brotli', brotliCompressSync(record), { 'Content-Encoding': 'br' }],
    ['deflate', deflateSync(record), { 'Content-Encoding': 'deflate' }],
    ['two codings in two headers', gzipSync(gzipSync(record)), { 'Content-Encoding': ['gzip', 'gzip'] }],
  ])('an answer encoded as %s is read', async (_what, body, headers) => {
    const answer = await answering(body, headers);
    expect(Buffer.from(answer.body).toString()).toBe(record);
    expect(answer.complete).toBe(true);
  });

  it.each<[string, Uint8Array, OutgoingHttpHeaders]>([
    ['in a coding that nobody knows', Buffer.from(record), { 'Content-Encoding': 'snappy' }],
    ['and damaged', Buffer.from(record), { 'Content-Encoding': 'gzip' }],
    ['and inflates beyond what is kept', gzipSync(Buffer.alloc(5_000)), { 'Content-Encoding': 'gzip' }],
    ['and inflates to 64 MiB', gzipBomb, { 'Content-Encoding': 'gzip, gzip' }],
  ])('%s is a status without a body', async (_what, body, headers) => {
    expect(await answering(body, headers)).toMatchObject({ status: 200, body: new Uint8Array(), complete: false });
  });

  it('gives a status without a body if it broke off', async () => {
    const body = gzipSync(record);
    const answer = await answering(body, { 'Content-Encoding': 'gzip' }, body.byteLength - 1);
    expect(answer).toMatchObject({ status: 200, body: new Uint8Array(), complete: false });
  });
});

describe('the address of an outbound request', () => {
  const counting = async (host?: string) => {
    let count = 0;
    const port = await serve((_request, response) => {
      count += 1;
      response.end();
    }, host);
    return { port, count: () => count };
  };

  it('is refused before anything is sent when it is private', async () => {
    const server = await counting();
    const sender = outbound('other.example');
    for (const host of ['127.0.0.1', '2130706433', '0x7f.0.0.1', '0177.1', 'localhost', '[::ffff:127.0.0.1]']) {
      expect(await failure(sender.send(post(`https://${host}:${server.port}/`)))).toBe('destination_address_refused');
    }
    expect(server.count()).toBe(0);
    expect(sender.maySendTo(`https://127.0.0.1:${server.port}/`)).toBe(false);
    expect(sender.maySendTo('not an address')).toBe(false);
    expect(sender.maySendTo('https://nocobase.example.com/')).toBe(true);
  });

  it.each([
    ['loopback', ['127.0.0.1']],
    ['mapped', ['::ffff:127.0.0.1']],
    ['the metadata service', ['169.254.169.254']],
    ['the wire server of Azure', ['168.63.129.16']],
    ['NAT64', ['64:ff9b::7f00:1']],
    ['link-local with a zone', ['fe80::1%lo']],
    ['a public and a private address', ['8.8.8.8', '10.0.0.1']],
    ['nothing', []],
    ['no address', ['localhost']],
  ])('is refused when its name resolves to %s', async (_what, addresses) => {
    const lookup = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const sender = outbound('other.example', { lookup });
    expect(await failure(sender.send(post('https://public.example/')))).toBe('destination_address_refused');
  });

  it('is refused when the name changes its answer between two connections', async () => {
    const good = await counting('127.0.0.2');
    const asked: string[] = [];
    const lookup = async (hostname: string) => {
      asked.push(hostname);
      return [{ address: asked.length === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
    };
    const host = `rebind.example:${good.port}`;
    const sender = createOutbound({
      inAzure: false,
      privateDestinations: [{ host, network: '127.0.0.2/32' }],
      lookup,
    });
    closing.push(() => sender.close());
    // Two at once need two connections, so two look-ups.
    const results = await Promise.all([1, 2].map(() => failure(sender.send(post(`http://${host}/`)))));
    expect(results.toSorted()).toEqual(['answered', 'destination_address_refused']);
    expect(asked).toEqual(['rebind.example', 'rebind.example']);
    expect(good.count()).toBe(1);
  });
});

describe('the connections of outbound requests', () => {
  it('serve one request after another', async () => {
    const ports = new Set<number | undefined>();
    const port = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    const sender = outbound(`127.0.0.1:${port}`);
    for (let i = 0; i < 5; i += 1) await sender.send(post(`http://127.0.0.1:${port}/`));
    expect(ports.size).toBe(1);
  });

  it('number 32 at most to one origin', async () => {
    let open = 0;
    let most = 0;
    const port = await serve((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end();
      }, 30);
    });
    const sender = outbound(`127.0.0.1:${port}`);
    await Promise.all(Array.from({ length: 100 }, () => sender.send(post(`http://127.0.0.1:${port}/`))));
    expect(most).toBe(32);
  });

  /** Answers the first request of a connection; resets the connection at the second, before any answer. */
  async function resettingServer(goodConnections: number) {
    const requests: number[] = [];
    let connections = 0;
    const port = await listen(
      createNetServer((socket) => {
        connections += 1;
        const connection = connections;
        let onThis = 0;
        socket.on('data', () => {
          onThis += 1;
          requests.push(connection);
          const resets = connection <= goodConnections ? onThis > 1 : true;
          if (resets) socket.resetAndDestroy();
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
        });
      }),
    );
    return { port, requests };
  }

  it('are tried once more, at once, when a reused one is reset', async () => {
    const { port, requests } = await resettingServer(2);
    const sender = outbound(`127.0.0.1:${port}`);
    expect((await sender.send(post(`http://127.0.0.1:${port}/`))).status).toBe(200);
    expect((await sender.send(post(`http://127.0.0.1:${port}/`))).status).toBe(200);
    expect(requests).toEqual([1, 1, 2]);
  });

  it('are not tried again when a fresh one is reset', async () => {
    const { port, requests } = await resettingServer(0);
    const sender = outbound(`127.0.0.1:${port}`);
    expect(await failure(sender.send(post(`http://127.0.0.1:${port}/`)))).toBe('destination_closed');
    expect(requests).toEqual([1]);
  });

  it('are not tried a third time', async () => {
    const { port, requests } = await resettingServer(1);
    const sender = outbound(`127.0.0.1:${port}`);
    await sender.send(post(`http://127.0.0.1:${port}/`));
    expect(await failure(sender.send(post(`http://127.0.0.1:${port}/`)))).toBe('destination_closed');
    expect(requests).toEqual([1, 1, 2]);
  });
});
