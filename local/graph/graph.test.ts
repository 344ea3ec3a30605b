import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../certificates.ts';
import { startEntra } from '../entra/entra.ts';
import type { EntraStandIn } from '../entra/stand-in.ts';
import type { Drop } from '../mail/stand-ins.ts';
import { startGraph } from './graph.ts';
import type { GraphStandIn } from './stand-in.ts';

const ada = 'ada@contoso.example';
const grace = 'grace@contoso.example';
const support = 'support@contoso.example';
const users = [
  { address: ada, name: 'Ada', oid: 'aaaaaaaa-0000-4000-8000-000000000001', aliases: ['countess@contoso.example'] },
  { address: grace, name: 'Grace', oid: 'aaaaaaaa-0000-4000-8000-000000000002' },
];
const message = (...fields: string[]) =>
  Buffer.from([`From: Ada <${ada}>`, `To: ${grace}`, ...fields, 'Subject: Offer', '', 'Hello\r\n'].join('\r\n'));

let folder: string;
let entra: EntraStandIn;
let graph: GraphStandIn;
/** Deliveries wait for it. */
let hold: Promise<void> | undefined;
const delivered: { address: string; raw: string; drop: Drop | undefined }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graph-'));
  const certificates = await makeCertificates(folder);
  const tenant = crypto.randomUUID();
  entra = await startEntra({ certificates, users, tenant, redirectUris: [], secrets: () => [] });
  const deliver = async (address: string, raw: Uint8Array | string, drop?: Drop) => {
    await hold;
    return delivered.push({ address, raw: raw.toString(), drop });
  };
  graph = await startGraph({
    certificates,
    entra,
    users,
    tenant,
    mailboxes: { deliver },
    addresses: [ada, grace, support],
    sendAs: { [support]: [ada] },
  });
});

afterEach(() => {
  graph.heal();
  hold = undefined;
  delivered.length = 0;
});

afterAll(async () => {
  await graph.stop();
  await entra.stop();
  await rm(folder, { recursive: true });
});

async function ask(path: string, init: RequestInit & { readonly as?: string } = {}) {
  const { as = ada, ...rest } = init;
  const authorization = `Bearer ${await entra.mint(as, 'graph')}`;
  const response = await fetch(`${graph.url}/v1.0/${path}`, {
    ...rest,
    headers: { authorization, ...Object.fromEntries(new Headers(rest.headers)) },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const mime = (raw: Buffer): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'text/plain' },
  body: raw.toString('base64'),
});

describe('the Graph stand-in', () => {
  it('shows the identity of a user for a Graph token and no other', async () => {
    const { status, body } = await ask('me?$select=mail');
    expect(status).toBe(200);
    expect(body).toEqual({
      mail: ada,
      userPrincipalName: ada,
      proxyAddresses: [`SMTP:${ada}`, 'smtp:countess@contoso.example'],
      otherMails: [],
    });
    for (const token of ['', 'forged', await entra.mint(ada)]) {
      const refused = await ask('me', { headers: { authorization: `Bearer ${token}` } });
      expect(refused).toMatchObject({ status: 401, body: { error: { code: 'InvalidAuthenticationToken' } } });
    }
  });

  it('names every request, and in an error once more', async () => {
    const { headers, body } = await ask('me/nothing', { headers: { 'client-request-id': 'mine' } });
    expect(headers.get('client-request-id')).toBe('mine');
    expect(body.error.innerError).toMatchObject({
      'request-id': headers.get('request-id'),
      'client-request-id': 'mine',
    });
  });

  it('sends a MIME message: Bcc recipients get it, no one sees them, and the copy in Sent keeps them', async () => {
    const { status, body } = await ask('me/sendMail', mime(message(`Bcc: ${support}`)));
    expect([status, body]).toEqual([202, undefined]);
    expect(delivered.map(({ address, drop }) => [address, drop?.folder])).toEqual([
      [grace, undefined],
      [support, undefined],
      [ada, 'Sent Items'],
    ]);
    expect(delivered[1]?.raw).not.toContain('Bcc');
    expect(delivered[2]?.raw).toContain(`Bcc: ${support}`);
    expect(graph.sent().at(-1)).toMatchObject({ mailbox: ada, way: 'sendMail', to: [grace, support] });
  });

  it('puts the copy of a shared mailbox into its own Sent, and takes that from people with Send As only', async () => {
    const raw = Buffer.from(`From: ${support}\r\nTo: ${grace}\r\n\r\nHello\r\n`);
    expect(await ask(`users/${support}/sendMail`, mime(raw))).toMatchObject({ status: 202 });
    expect(delivered.at(-1)).toMatchObject({ address: support, drop: { folder: 'Sent Items' } });
    const refused = await ask(`users/${support}/sendMail`, { ...mime(raw), as: grace });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'ErrorSendAsDenied' } } });
  });

  it('writes the primary address in the place of an alias in From', async () => {
    const raw = Buffer.from(`From: Ada <countess@contoso.example>\r\nTo: ${grace}\r\n\r\nHello\r\n`);
    expect((await ask('me/sendMail', mime(raw))).status).toBe(202);
    expect(delivered[0]?.raw).toContain(`From: Ada <${ada}>`);
  });

  it.each<[string, RequestInit, number, string]>([
    ['no base64', { ...mime(message()), body: 'Hello!' }, 400, 'ErrorMimeContentInvalidBase64String'],
    ['no recipient', mime(Buffer.from(`From: ${ada}\r\n\r\nHello\r\n`)), 400, 'ErrorInvalidRecipients'],
    [
      'somebody else in From',
      mime(Buffer.from(`From: ${grace}\r\nTo: ${ada}\r\n\r\nHello\r\n`)),
      403,
      'ErrorSendAsDenied',
    ],
    ['more than 4 MB', mime(Buffer.alloc(3_200_000, 65)), 413, 'RequestEntityTooLarge'],
  ])('refuses %s', async (_what, request, status, code) => {
    expect(await ask('me/sendMail', request)).toMatchObject({ status, body: { error: { code } } });
    expect(delivered).toEqual([]);
  });

  it('answers 200 and loses what is larger than 2.2 MB, as Graph was seen to do', async () => {
    const raw = Buffer.concat([message(), Buffer.alloc(2_300_000, 65)]);
    expect((await ask('me/sendMail', mime(raw))).status).toBe(200);
    expect(delivered).toEqual([]);
  });

  it('takes four requests at once for a mailbox, and turns away a fifth', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    hold = promise;
    const asked = Array.from({ length: 5 }, () => ask('me/sendMail', mime(message())));
    const first = await Promise.race(asked);
    resolve();
    expect([first.status, first.headers.get('retry-after'), first.body.error.code]).toEqual([
      429,
      '1',
      'ApplicationThrottled',
    ]);
    expect((await Promise.all(asked)).map(({ status }) => status).toSorted()).toEqual([202, 202, 202, 202, 429]);
  });

  it('answers as a test orders it, and may do what it was asked and lose the answer', async () => {
    graph.fail({ verb: 'sendMail', status: 429, code: 'ApplicationThrottled', retryAfterSeconds: 17 });
    const refused = await ask('me/sendMail', mime(message()));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '17']);
    graph.fail({ verb: 'sendMail', answer: 'truth, then close' });
    await expect(ask('me/sendMail', mime(message()))).rejects.toThrow('fetch failed');
    expect(delivered).toHaveLength(2);
  });
});

describe('a draft at the Graph stand-in', () => {
  const json = (body: object): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

  it('takes files by one request and by an upload session, is sent, and is gone then', async () => {
    const { status, body } = await ask('me/messages', mime(message(`Bcc: ${support}`)));
    expect([status, body.isDraft, body.subject]).toEqual([201, true, 'Offer']);
    const path = `me/messages/${body.id}`;
    const small = {
      '@odata.type': '#microsoft.graph.fileAttachment',
      name: 'kleiner Grüß.txt',
      contentBytes: Buffer.from('small').toString('base64'),
    };
    expect((await ask(`${path}/attachments`, json(small))).status).toBe(201);
    const large = Buffer.alloc(3_500_000, 'large');
    const AttachmentItem = { attachmentType: 'file', name: 'large.bin', size: large.length };
    const session = await ask(`${path}/attachments/createUploadSession`, json({ AttachmentItem }));
    const put = (from: number, to: number) =>
      fetch(session.body.uploadUrl, {
        method: 'PUT',
        headers: { 'content-range': `bytes ${from}-${to - 1}/${large.length}` },
        body: large.subarray(from, to),
      });
    expect(await (await put(0, 2_000_000)).json()).toMatchObject({ nextExpectedRanges: ['2000000-'] });
    expect((await put(0, 2_000_000)).status).toBe(416);
    expect((await put(2_000_000, large.length)).status).toBe(201);
    expect(await graph.drafts(ada)).toContain('Offer');

    expect((await ask(`${path}/send`, { method: 'POST' })).status).toBe(202);
    const got = await PostalMime.parse(delivered[0]?.raw ?? '', { attachmentEncoding: 'arraybuffer' });
    expect(
      got.attachments.map(({ filename, content }) => [filename, Buffer.from(content as ArrayBuffer).length]),
    ).toEqual([
      ['kleiner Grüß.txt', 5],
      ['large.bin', large.length],
    ]);
    expect(got.text?.trim()).toBe('Hello');
    for (const again of [ask(path), ask(`${path}/send`, { method: 'POST' })]) {
      expect(await again).toMatchObject({ status: 404, body: { error: { code: 'ErrorItemNotFound' } } });
    }
  });

  it('opens no session for a file of less than 3 MB, and takes no token at the address of a session', async () => {
    const { body } = await ask('me/messages', mime(message()));
    const open = (size: number) =>
      ask(
        `me/messages/${body.id}/attachments/createUploadSession`,
        json({ AttachmentItem: { attachmentType: 'file', name: 'a', size } }),
      );
    expect(await open(1000)).toMatchObject({ status: 400 });
    const session = await open(3_000_000);
    const refused = await fetch(session.body.uploadUrl, {
      method: 'PUT',
      headers: { authorization: 'Bearer x', 'content-range': 'bytes 0-0/3000000' },
      body: 'x',
    });
    expect(refused.status).toBe(401);
  });

  it('belongs to its mailbox, and is deleted for good', async () => {
    const { body } = await ask('me/messages', mime(message()));
    expect((await ask(`me/messages/${body.id}`, { as: grace })).status).toBe(404);
    expect((await ask(`me/messages/${body.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(`me/messages/${body.id}/send`, { method: 'POST' })).status).toBe(404);
  });
});
