import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendingMailbox as mailbox } from '../../../test/support/rows.ts';
import { BrokerError } from '../errors.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { createGraphWay } from './graph.ts';
import { readGraphAnswer } from './graph-answer.ts';
import type { GraphPorts } from './graph-request.ts';
import { largestGraphBytes, type OutgoingMail } from './way.ts';

const never = new AbortController().signal;

const mail = (own: Partial<OutgoingMail> = {}): OutgoingMail => ({
  submissionId: 'sub_1',
  from: 'ada@contoso.example',
  recipients: ['grace@x.example', 'eve@x.example'],
  messageId: '<1@contoso.example>',
  size: 20,
  open: async function* (options) {
    if (options?.keepBcc === true) yield Buffer.from('Bcc: eve@x.example\r\n');
    yield Buffer.from('Subject: Grüße\r\n\r\nHello\r\n');
  },
  ...own,
});

describe('the way out through Graph', () => {
  let server: Server;
  let url: string;
  let answer: RequestListener;
  let requests: { path: string; headers: IncomingHttpHeaders; mime: string }[];

  beforeEach(async () => {
    requests = [];
    answer = (_request, response) => response.writeHead(202).end();
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const mime = Buffer.from(Buffer.concat(chunks).toString(), 'base64').toString();
        requests.push({ path: request.url ?? '', headers: request.headers, mime });
        answer(request, response);
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  const wayOf = (token: GraphPorts['token'] = async () => 'token', requestMs = 30_000) =>
    createGraphWay({ url, requestMs }, { fetch, now: () => 0, token });

  async function send(own: Partial<OutgoingMail> = {}, of: MailboxRow = mailbox, requestMs?: number, signal = never) {
    const way = await wayOf(undefined, requestMs).prepare({ mailbox: of, login: of.address }, never);
    if (way.kind !== 'ready') throw new Error('not ready');
    return way.send(mail(own), signal);
  }

  it('hands over the message in base64, with its Bcc recipients in the header', async () => {
    expect(await send()).toEqual({ kind: 'accepted', refused: [] });
    expect(requests).toMatchObject([
      {
        path: '/v1.0/me/sendMail',
        headers: { authorization: 'Bearer token', 'content-type': 'text/plain' },
        mime: 'Bcc: eve@x.example\r\nSubject: Grüße\r\n\r\nHello\r\n',
      },
    ]);
  });

  it('sends as the mailbox itself where that is shared, or opened by the app', async () => {
    await send({}, { ...mailbox, shared: true, address: 'sales team@contoso.example' });
    await send({}, { ...mailbox, grant: { kind: 'app', tid: 't' } });
    expect(requests.map(({ path }) => path)).toEqual([
      '/v1.0/users/sales%20team%40contoso.example/sendMail',
      '/v1.0/users/ada%40contoso.example/sendMail',
    ]);
  });

  it('asks for nothing where the message is so large that Graph may lose it', async () => {
    expect(await send({ size: largestGraphBytes + 1 })).toMatchObject({ kind: 'refused', code: 'mail_too_large' });
    expect(requests).toEqual([]);
  });

  it('is closed where the permission was not granted, and tells what getting a token fails with', async () => {
    const account = { mailbox, login: mailbox.address };
    const closed = await wayOf(async () => undefined).prepare(account, never);
    expect(closed).toEqual({ kind: 'closed', code: 'send_consent_required', scope: 'mailbox' });
    const failing = wayOf(() => Promise.reject(new BrokerError('reconnect_required'))).prepare(account, never);
    await expect(failing).rejects.toMatchObject({ code: 'reconnect_required' });
  });

  it('waits as long as it is told', async () => {
    answer = (_request, response) => response.writeHead(429, { 'Retry-After': '17' }).end();
    expect(await send()).toMatchObject({ kind: 'deferred', code: 'send_throttled', retryAfterMs: 17_000 });
  });

  it('knows that nothing was sent where there was no connection', async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    expect(await send()).toMatchObject({ kind: 'deferred', code: 'graph_unreachable' });
  });

  it('knows nothing where the request went out and no answer came', async () => {
    answer = (request) => request.socket.destroy();
    expect(await send()).toMatchObject({ kind: 'unknown' });
    answer = () => undefined;
    expect(await send({}, mailbox, 100)).toMatchObject({ kind: 'unknown' });
  });

  it('counts being given up before the request as put off, and after it as unknown', async () => {
    const giveUp = new AbortController();
    answer = () => giveUp.abort();
    expect(await send({}, mailbox, undefined, giveUp.signal)).toMatchObject({ kind: 'unknown' });
    expect(await send({}, mailbox, undefined, giveUp.signal)).toMatchObject({ kind: 'deferred' });
    expect(requests).toHaveLength(1);
  });

  it('follows no redirect with the mail', async () => {
    answer = (_request, response) => response.writeHead(307, { Location: `${url}/elsewhere` }).end();
    expect(await send()).toMatchObject({ kind: 'unknown' });
    expect(requests).toHaveLength(1);
  });

  it('fails with what reading the message fails with, before anything is asked', async () => {
    const open = (): AsyncIterable<Uint8Array> => {
      throw new BrokerError('submission_content_gone');
    };
    await expect(send({ open })).rejects.toMatchObject({ code: 'submission_content_gone' });
    expect(requests).toEqual([]);
  });
});

describe('an answer of Graph', () => {
  const error = (code: string) => JSON.stringify({ error: { code, message: 'Because.' } });

  it.each<[number, string, string, string | undefined]>([
    [202, '', 'accepted', undefined],
    // The mail may be lost, or sent.
    [200, '', 'unknown', undefined],
    [204, '', 'unknown', undefined],
    [500, error('ErrorInternalServerError'), 'unknown', undefined],
    [502, '<html>', 'unknown', undefined],
    [503, '', 'unknown', undefined],
    [504, '', 'unknown', undefined],
    [429, error('ApplicationThrottled'), 'deferred', 'send_throttled'],
    [503, error('MailboxConcurrency'), 'deferred', 'send_throttled'],
    [401, error('InvalidAuthenticationToken'), 'deferred', 'send_deferred'],
    [403, error('ErrorSendAsDenied'), 'refused', 'send_as_denied'],
    [403, error('ErrorAccessDenied'), 'closed', 'send_consent_required'],
    [403, error('Authorization_RequestDenied'), 'closed', 'send_consent_required'],
    [413, '', 'refused', 'mail_too_large'],
    [400, error('ErrorMessageSizeExceeded'), 'refused', 'mail_too_large'],
    [400, error('ErrorInvalidRecipients'), 'refused', 'recipient_refused'],
    [400, error('ErrorMimeContentInvalidBase64String'), 'refused', 'mail_refused'],
  ])('%i %s means %s', (status, body, kind, code) => {
    expect(readGraphAnswer({ status, body })).toMatchObject(code === undefined ? { kind } : { kind, code });
  });
});
