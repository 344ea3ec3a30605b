import { createServer } from 'node:http';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import selfsigned from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from './failure.ts';
import { createOutbound, OutboundError, type OutboundOptions } from './outbound.ts';

interface Pem {
  readonly key: string;
  readonly cert: string;
}

const dayMs = 86_400_000;

/** A certificate for 127.0.0.1 that is good from then to then, in days from now. */
async function certificate(name: string, from: number, to: number, ip = '127.0.0.1'): Promise<Pem> {
  const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: name }], {
    notBeforeDate: new Date(Date.now() + from * dayMs),
    notAfterDate: new Date(Date.now() + to * dayMs),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip }] }],
  });
  return { key, cert };
}

const trusted = getCACertificates('default');
const pems: Record<'good' | 'expired' | 'early' | 'other' | 'stranger', Pem> = Object.create(null);
beforeAll(async () => {
  [pems.good, pems.expired, pems.early, pems.other, pems.stranger] = await Promise.all([
    certificate('good', -1, 1),
    certificate('expired', -9, -1),
    certificate('early', 1, 9),
    certificate('other', -1, 1, '127.0.0.2'),
    certificate('stranger', -1, 1),
  ]);
  setDefaultCACertificates([...trusted, ...[pems.good, pems.expired, pems.early, pems.other].map(({ cert }) => cert)]);
});
afterAll(() => setDefaultCACertificates(trusted));

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  // Some of these servers fail as well when the broker gives up on them.
  for (const event of ['connection', 'secureConnection'] as const) {
    server.on(event, (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
  }
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** What a POST to there comes to: a code, or the status that was answered. */
async function told(
  scheme: 'http' | 'https',
  port: number,
  options: Partial<OutboundOptions> = {},
  host = '127.0.0.1',
) {
  const privateDestinations = [{ host: `${host}:${port}`, network: '127.0.0.0/8' }];
  const outbound = createOutbound({ inAzure: false, privateDestinations, timeoutMs: 5_000, ...options });
  closing.push(() => outbound.close());
  return outbound
    .send({ method: 'POST', url: `${scheme}://${host}:${port}/`, headers: {}, body: '{}' })
    .then(({ status }) => status)
    .catch((error: unknown) => (error instanceof OutboundError ? error.code : error));
}

/** Answers with these bytes, whatever it is asked, and ends. */
const saying = (text: string): Server =>
  createNetServer((socket) => void socket.once('data', () => socket.end(Buffer.from(text, 'latin1'))));

const ok = (_request: unknown, response: { end(text: string): unknown }) => response.end('{}');

describe('a destination behind TLS', () => {
  it.each<[string, string | number, () => Server]>([
    ['with a certificate that holds is answered', 200, () => createHttpsServer(pems.good, ok)],
    [
      'that offers HTTP/1.1 beside HTTP/2 is answered',
      200,
      () => createSecureServer({ ...pems.good, allowHTTP1: true }, ok),
    ],
    ['whose certificate has expired', 'destination_certificate_expired', () => createHttpsServer(pems.expired, ok)],
    ['whose certificate is not valid yet', 'destination_certificate_expired', () => createHttpsServer(pems.early, ok)],
    [
      'whose certificate is for another address',
      'destination_certificate_name',
      () => createHttpsServer(pems.other, ok),
    ],
    [
      'whose certificate nobody trusts',
      'destination_certificate_untrusted',
      () => createHttpsServer(pems.stranger, ok),
    ],
    ['that is none, but plain HTTP', 'destination_not_encrypted', () => createServer(ok)],
    [
      'that is none, but a server that speaks first',
      'destination_not_encrypted',
      () => createNetServer((socket) => void socket.write('SSH-2.0-OpenSSH_9.9\r\n')),
    ],
    ['that speaks HTTP/2 alone', 'destination_speaks_http_two', () => createSecureServer(pems.good, ok)],
    [
      'that speaks HTTP/2 whatever is agreed on',
      'destination_speaks_http_two',
      () => createTlsServer(pems.good, (socket) => void socket.write('\0\0\u0006\u0004\0\0\0\0\0\0\u0003\0\0\0d')),
    ],
    [
      'that speaks only TLS 1.1',
      'destination_tls_version',
      () =>
        createHttpsServer({ ...pems.good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }, ok),
    ],
    [
      'that has no cipher that the broker has',
      'destination_tls_failed',
      () => createHttpsServer({ ...pems.good, maxVersion: 'TLSv1.2', ciphers: 'NULL-SHA256:@SECLEVEL=0' }, ok),
    ],
    [
      'that wants a client certificate, and says so by a failed handshake',
      'destination_tls_failed',
      () => createHttpsServer({ ...pems.good, requestCert: true, maxVersion: 'TLSv1.2' }, ok),
    ],
    [
      'that wants a client certificate by TLS 1.3',
      'destination_wants_certificate',
      () => createHttpsServer({ ...pems.good, requestCert: true, minVersion: 'TLSv1.3' }, ok),
    ],
    [
      'that resets the connection within the handshake',
      'destination_tls_closed',
      () => createNetServer((socket) => void socket.once('data', () => socket.resetAndDestroy())),
    ],
    [
      'that closes the connection within the handshake',
      'destination_tls_closed',
      () => createNetServer((socket) => void socket.once('data', () => socket.end())),
    ],
    [
      'that closes the connection after the handshake',
      'destination_closed',
      () => createTlsServer(pems.good, (socket) => void socket.once('data', () => socket.end())),
    ],
    ['that never answers the handshake', 'destination_timeout', () => createNetServer(() => undefined)],
  ])('%s: %s', async (what, code, server) => {
    const timeoutMs = what.includes('never') ? 200 : 5_000;
    expect(await told('https', await listen(server()), { timeoutMs })).toBe(code);
  });
});

describe('a destination', () => {
  it.each<[string, string | number, () => Server]>([
    ['that takes the request and ends', 'destination_closed', () => saying('')],
    [
      'that resets the connection',
      'destination_closed',
      () => createNetServer((socket) => void socket.once('data', () => socket.resetAndDestroy())),
    ],
    ['that ends within the status line', 'destination_closed', () => saying('HTTP/1.1 20')],
    [
      'that is a mail server',
      'destination_not_http',
      () => createNetServer((socket) => void socket.end('220 ESMTP\r\n')),
    ],
    ['that answers markup alone', 'destination_not_http', () => saying('<html><body>Welcome</body></html>')],
    ['with a header that is none', 'destination_not_http', () => saying('HTTP/1.1 200 OK\r\nno header\r\n\r\n')],
    [
      'with two lengths',
      'destination_not_http',
      () => saying('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'),
    ],
    [
      'that changes the protocol',
      'destination_not_http',
      () => saying('HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    ],
    [
      'with more headers than anybody needs',
      'destination_headers_too_large',
      () => saying(`HTTP/1.1 200 OK\r\n${`Set-Cookie: ${'x'.repeat(1_000)}\r\n`.repeat(40)}\r\n`),
    ],
    ['that speaks HTTP/2 alone', 'destination_speaks_http_two', () => createHttp2Server(ok)],
    ['with a page of its proxy is answered', 530, () => saying('HTTP/1.1 530 \r\nContent-Length: 6\r\n\r\n<html>')],
  ])('%s: %s', async (_what, code, server) => {
    expect(await told('http', await listen(server()))).toBe(code);
  });

  it('is unreachable if nothing listens on its port', async () => {
    const server = createNetServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await told('http', port)).toBe('destination_unreachable');
    expect(await told('https', port)).toBe('destination_unreachable');
  });

  it.each([
    ['ENOTFOUND', 'destination_name_unknown'],
    ['ENODATA', 'destination_name_unknown'],
    ['EAI_AGAIN', 'destination_lookup_failed'],
    ['ESERVFAIL', 'destination_lookup_failed'],
    ['ETIMEOUT', 'destination_lookup_failed'],
  ])('a destination whose name resolves to %s is refused or not: %s', async (code, expected) => {
    const lookup = () => Promise.reject(Object.assign(new Error(`queryA ${code}`), { code }));
    expect(await told('https', 1, { lookup }, 'nobody.example')).toBe(expected);
  });
});

// What no server within Node can be made to say; seen with `openssl s_server`, or in the sources of OpenSSL and undici.
it.each([
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'destination_wants_certificate'],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'destination_tls_failed'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'destination_tls_version'],
  ['EPROTO', 'destination_tls_failed'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'destination_certificate_untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'destination_certificate_untrusted'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'destination_certificate_untrusted'],
  ['CERT_REVOKED', 'destination_certificate_untrusted'],
  ['UND_ERR_CONNECT_TIMEOUT', 'destination_unreachable'],
  ['EHOSTUNREACH', 'destination_unreachable'],
  ['ETIMEDOUT', 'destination_unreachable'],
  ['what nobody has seen yet', 'destination_unreachable'],
])('an error of the code %s means %s, also within others', (code, expected) => {
  const error = Object.assign(new Error('x'), { code });
  expect(failureOf(error)).toBe(expected);
  expect(failureOf(new Error('other side closed', { cause: new AggregateError([error]) }))).toBe(expected);
});
