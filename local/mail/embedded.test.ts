import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { ImapFlow } from 'imapflow';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../certificates.ts';
import { startEntra } from '../entra/entra.ts';
import type { EntraStandIn } from '../entra/stand-in.ts';
import { startEmbeddedImap } from './embedded.ts';
import type { EmbeddedImap } from './stand-ins.ts';

const tenant = '11111111-2222-4333-8444-555555555555';
const ada = 'ada@contoso.example';
const alan = 'alan@contoso.example';
const support = 'support@contoso.example';
const users = [
  { address: ada, name: 'Ada', oid: 'aaaaaaaa-0000-4000-8000-000000000001' },
  { address: alan, name: 'Alan', oid: 'aaaaaaaa-0000-4000-8000-000000000002' },
];
const raw = (subject: string) => `From: x@y.example\r\nTo: ${ada}\r\nSubject: ${subject}\r\n\r\nHello ${subject}\r\n`;

let folder: string;
let entra: EntraStandIn;
let imap: EmbeddedImap;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imap-'));
  const certificates = await makeCertificates(folder);
  entra = await startEntra({ certificates, users, tenant, redirectUris: [], secrets: () => ['a-secret'] });
  imap = await startEmbeddedImap({
    certificates,
    entra,
    addresses: [ada, alan, support],
    shared: { [support]: [ada] },
    app: { [tenant]: [support] },
  });
});

afterEach(() => imap.behave('normal'));

afterAll(async () => {
  await imap.stop();
  await entra.stop();
  await rm(folder, { recursive: true });
});

async function session(user: string, accessToken: string): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: true,
    auth: { user, accessToken },
    logger: false,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** A token of the app itself. */
async function appToken(named = tenant): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: entra.clientId,
    client_secret: 'a-secret',
    scope: 'https://outlook.office365.com/.default',
  });
  const response = await fetch(`${entra.pageUrl}/${named}/oauth2/v2.0/token`, { method: 'POST', body });
  return String(Reflect.get(Object(await response.json()), 'access_token'));
}

const logIn = async (user: string, person = user) => session(user, await entra.mint(person));

describe('the embedded IMAP server, asked by imapflow with a token of the Entra stand-in', () => {
  it('looks like Exchange: its folders, and no extension that Exchange lacks', async () => {
    const client = await logIn(ada);
    const folders = (await client.list()).map((item) => item.path).sort();
    expect(folders).toEqual(['Archive', 'Deleted Items', 'Drafts', 'INBOX', 'Junk Email', 'Sent Items']);
    const capabilities = [...client.capabilities.keys()];
    expect(capabilities).toEqual(expect.arrayContaining(['UIDPLUS', 'MOVE', 'IDLE', 'ID', 'NAMESPACE', 'UNSELECT']));
    for (const missing of ['CONDSTORE', 'QRESYNC', 'SPECIAL-USE']) expect(capabilities).not.toContain(missing);
    await client.logout();
  });

  it('announces XOAUTH2 alone before log-in', async () => {
    const socket = connectTls({ host: imap.host, port: imap.port, servername: 'localhost' });
    const lines = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
        if (text.includes('ready.\r\n') && !text.includes('CAPABILITY'))
          socket.write('1 CAPABILITY\r\n2 LOGIN a b\r\n');
        if (text.includes('2 NO')) resolve(text);
      });
    });
    socket.destroy();
    expect(lines).toContain('AUTH=XOAUTH2');
    expect(lines).not.toMatch(/OAUTHBEARER|CONDSTORE|AUTH=PLAIN/);
    expect(lines).toContain('2 NO LOGIN failed.');
  });

  it('keeps what is delivered, with its flags and date, and counts on from there', async () => {
    const date = new Date('2026-03-04T05:06:07Z');
    const uid = await imap.deliver(ada, raw('one'), { flags: ['\\Seen'], date });
    const client = await logIn(ada);
    const status = await client.status('INBOX', { uidNext: true, uidValidity: true, messages: true, unseen: true });
    expect(status).toMatchObject({ uidNext: uid + 1, messages: 1, unseen: 0 });
    await client.mailboxOpen('INBOX');
    const message = await client.fetchOne(
      String(uid),
      { source: true, internalDate: true, flags: true },
      { uid: true },
    );
    if (!message) throw new Error('The message is not there.');
    expect(message.source?.toString()).toBe(raw('one'));
    expect(new Date(message.internalDate ?? 0)).toEqual(date);
    expect(message.flags?.has('\\Seen')).toBe(true);
    await client.logout();
  });

  it('opens to the app the mailboxes that it was given, and no others', async () => {
    const elsewhere = '99999999-2222-4333-8444-555555555555';
    await (await session(support, await appToken())).logout();
    const notConnected = { response: expect.stringContaining('not connected') };
    await expect(session(ada, await appToken())).rejects.toMatchObject(notConnected);
    entra.giveApp(['IMAP.AccessAsApp'], elsewhere);
    await expect(session(support, await appToken(elsewhere))).rejects.toMatchObject(notConnected);
    entra.giveApp(['SMTP.SendAsApp']);
    await expect(session(support, await appToken())).rejects.toMatchObject({ authenticationFailed: true });
  });

  it('takes a message by APPEND from the holder of a token, bytes beyond ASCII included', async () => {
    const client = await logIn(alan);
    const source = Buffer.from('Subject: =?utf-8?B?5L2g5aW9?=\r\n\r\nGrüße 你好\r\n');
    const appended = await client.append('INBOX', source);
    if (appended === false) throw new Error('The message was not appended.');
    await client.mailboxOpen('INBOX');
    const message = await client.fetchOne(String(appended.uid), { source: true }, { uid: true });
    if (!message) throw new Error('The message is not there.');
    expect(message.source?.equals(source)).toBe(true);
    await client.logout();
  });

  it('tells the structure of a message of 10,000 parts', async () => {
    const part = '--b\r\nContent-Type: text/plain; name="a \\"b\\""\r\nContent-ID: <c>\r\n\r\nx\r\n';
    const source = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(10_000)}--b--\r\n`;
    const uid = await imap.deliver(ada, source);
    const client = await logIn(ada);
    await client.mailboxOpen('INBOX');
    const message = await client.fetchOne(String(uid), { bodyStructure: true }, { uid: true });
    if (!message) throw new Error('The message is not there.');
    expect(message.bodyStructure?.type).toBe('multipart/mixed');
    expect(message.bodyStructure?.childNodes).toHaveLength(10_000);
    const third = { part: '3', type: 'text/plain', id: '<c>', encoding: '7bit', size: 1, lineCount: 1 };
    expect(message.bodyStructure?.childNodes?.[2]).toMatchObject(third);
    await client.logout();
  });

  it('takes a message of 8 MB by APPEND as it is, without going through it character by character', async () => {
    const client = await session(ada, await entra.mint(ada));
    const line = `${'0123456789'.repeat(7)}\r\n`;
    const text = `${raw('large')}${line.repeat(Math.ceil((8 * 1024 ** 2) / line.length))}`;
    const done = await client.append('INBOX', text);
    const uid = done === false ? 0 : (done.uid ?? 0);
    await client.mailboxOpen('INBOX');
    const found = await client.fetchOne(String(uid), { source: true }, { uid: true });
    expect(found !== false && found.source?.equals(Buffer.from(text))).toBe(true);
    await client.logout();
  });

  it('moves a message, which gets a new uid elsewhere', async () => {
    const uid = await imap.deliver(ada, raw('to move'));
    const client = await logIn(ada);
    await client.mailboxOpen('INBOX');
    expect(await client.messageMove(String(uid), 'Archive', { uid: true })).toMatchObject({ destination: 'Archive' });
    expect(await client.search({ uid: String(uid) }, { uid: true })).toEqual([]);
    expect(await client.status('Archive', { messages: true })).toMatchObject({ messages: 1 });
    await client.logout();
  });

  it('tells an idling client at once', async () => {
    const client = await logIn(ada);
    await client.mailboxOpen('INBOX');
    const told = new Promise((resolve) => client.once('exists', resolve));
    void client.idle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await imap.deliver(ada, raw('pushed'));
    await told;
    await client.logout();
  });

  it('refuses a forged token and one for Graph', async () => {
    for (const token of ['forged', await entra.mint(ada, 'graph')]) {
      await expect(session(ada, token)).rejects.toMatchObject({ authenticationFailed: true });
    }
  });

  it('opens a shared mailbox only to the people on its list', async () => {
    const client = await logIn(support, ada);
    expect((await client.list()).length).toBeGreaterThan(0);
    await client.logout();
    // Exchange accepts the token and then fails every command.
    await expect(logIn(support, alan)).rejects.toThrow();
    await expect(logIn(ada, alan)).rejects.toThrow();
  });

  it('throttles in the words of Exchange', async () => {
    imap.behave('throttle', { backoffMs: 1234 });
    await expect(logIn(ada)).rejects.toMatchObject({ responseText: expect.stringContaining('1234 milliseconds') });
    imap.behave('normal');
    await (await logIn(ada)).logout();
  });

  it('refuses one mailbox and serves the others', async () => {
    imap.behave('refuse', { address: ada });
    await expect(logIn(ada)).rejects.toMatchObject({ responseText: expect.stringContaining('AUTHENTICATE failed') });
    await (await logIn(alan)).logout();
  });

  it('accepts the token and connects to nothing', async () => {
    imap.behave('not-connected');
    const socket = connectTls({ host: imap.host, port: imap.port, servername: 'localhost' });
    const answer = Buffer.from(`user=${ada}\u0001auth=Bearer ${await entra.mint(ada)}\u0001\u0001`).toString('base64');
    socket.write(`1 AUTHENTICATE XOAUTH2 ${answer}\r\n2 NAMESPACE\r\n`);
    const text = await new Promise<string>((resolve) => {
      let all = '';
      socket.on('data', (chunk) => {
        all += chunk;
        if (all.includes('\n2 ')) resolve(all);
      });
    });
    socket.destroy();
    expect(text).toContain('1 OK AUTHENTICATE completed.');
    expect(text).toContain('2 BAD User is authenticated but not connected.');
  });

  it('changes UIDVALIDITY and starts the uids again', async () => {
    const before = await logIn(ada);
    const old = await before.status('INBOX', { uidValidity: true, messages: true });
    if (old === false) throw new Error('There is no INBOX.');
    imap.resetUidValidity(ada);
    const client = await logIn(ada);
    const status = await client.status('INBOX', { uidValidity: true, uidNext: true });
    if (status === false) throw new Error('There is no INBOX.');
    expect(status.uidValidity).not.toBe(old.uidValidity);
    expect(status.uidNext).toBe((old.messages ?? 0) + 1);
    await client.logout();
  });

  it('cuts the connections of one mailbox when told', async () => {
    const [hers, his] = [await logIn(ada), await logIn(alan)];
    const closed = new Promise((resolve) => hers.once('close', resolve));
    imap.kill(ada);
    await closed;
    await his.noop();
    await his.logout();
  });
});
