import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createWeb } from 'node:https';
import { type AddressInfo, createServer as createMail, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../../../../local/certificates.ts';
import { startScriptedSmtp } from '../../../../test/support/scripted-smtp.ts';
import { networkCheck } from './network.ts';
import { probeWith } from './probe.ts';
import type { Finding } from './types.ts';

// Real sockets, since what a socket does when nobody is there is what this check is about.
describe('the servers that the broker needs', () => {
  let folder: string;
  let certificates: Certificates;
  const stops: (() => unknown)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'network-'));
    certificates = await makeCertificates(folder);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  afterAll(() => rm(folder, { recursive: true }));

  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  const listening = (server: Server): Promise<number> =>
    new Promise((done) => server.listen(0, '127.0.0.1', () => done(portOf(server))));

  /** Says one line to anyone who connects, over TCP. */
  async function saying(line: string): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createMail((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.write(`${line}\r\n`);
    });
    stops.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return listening(server);
  }
  async function web(): Promise<string> {
    const { key, cert } = certificates;
    const server = createWeb({ key, cert }, (_request, response) => response.writeHead(401).end());
    stops.push(() => server.close());
    return `https://localhost:${await listening(server)}`;
  }
  async function smtp(): Promise<number> {
    const server = await startScriptedSmtp(certificates);
    stops.push(() => server.stop());
    return server.port;
  }
  /** A port at which nothing listens. */
  async function closed(): Promise<number> {
    const server = createMail();
    const port = await listening(server);
    await new Promise((done) => server.close(done));
    return port;
  }

  async function look(servers: { entra: string; graph: string; imap: number; smtp: number }) {
    const found: Finding[] = [];
    const check = networkCheck({
      probe: probeWith(fetch),
      imap: { host: 'localhost', port: servers.imap, secure: false },
      smtp: { host: 'localhost', port: servers.smtp },
      authorityHost: servers.entra,
      graphUrl: servers.graph,
    });
    const access = { isLimited: false, mailbox: () => true, destination: () => true };
    await check.run((finding) => found.push(finding), new AbortController().signal, access);
    return Object.fromEntries(found.map((finding) => [finding.subject, finding]));
  }
  const statuses = (found: Record<string, Finding>) =>
    Object.fromEntries(Object.entries(found).map(([subject, { status }]) => [subject, status]));
  const well = { 'Microsoft Entra': 'ok', 'Microsoft Graph': 'ok', IMAP: 'ok', SMTP: 'ok' };

  it('are reached, whatever they answer to a request without a token', async () => {
    const servers = { entra: await web(), graph: await web(), imap: await saying('* OK ready'), smtp: await smtp() };
    expect(statuses(await look(servers))).toEqual(well);
  });

  it('are each named where it alone is away', async () => {
    const up = { entra: await web(), graph: await web(), imap: await saying('* OK ready'), smtp: await smtp() };
    const nowhere = `https://localhost:${await closed()}`;
    expect(statuses(await look({ ...up, graph: nowhere }))).toEqual({ ...well, 'Microsoft Graph': 'fail' });
    expect(statuses(await look({ ...up, entra: nowhere }))).toEqual({ ...well, 'Microsoft Entra': 'fail' });
    expect(statuses(await look({ ...up, smtp: await closed() }))).toEqual({ ...well, SMTP: 'fail' });
    expect(statuses(await look({ ...up, imap: await closed() }))).toEqual({ ...well, IMAP: 'fail' });
  });

  it('are not taken for mail servers where something else answers', async () => {
    const up = { entra: await web(), graph: await web() };
    const found = await look({ ...up, imap: await saying('220 ftp'), smtp: await saying('* OK ready') });
    expect(found.IMAP).toMatchObject({
      status: 'fail',
      sentence: { en: expect.stringContaining('not an IMAP server') },
    });
    expect(found.SMTP).toMatchObject({
      status: 'fail',
      sentence: { en: expect.stringContaining('not an SMTP server') },
    });
  });

  it('are not reached over SMTP where TLS is not offered', async () => {
    const server = await startScriptedSmtp(certificates);
    stops.push(() => server.stop());
    server.script = { withoutTls: true };
    const found = await look({
      entra: await web(),
      graph: await web(),
      imap: await saying('* OK ready'),
      smtp: server.port,
    });
    expect(found.SMTP).toMatchObject({
      status: 'fail',
      sentence: { en: expect.stringContaining('cannot be reached') },
    });
    expect(server.tokens).toEqual([]);
  });
});
