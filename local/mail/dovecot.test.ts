import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeNeeding } from '../../test/support/requirements.ts';
import { type Certificates, makeCertificates } from '../certificates.ts';
import { startEntra } from '../entra/entra.ts';
import type { EntraStandIn } from '../entra/stand-in.ts';
import { listen } from '../listen.ts';
import { startDovecot } from './dovecot.ts';
import type { MailServer } from './stand-ins.ts';

const ada = 'ada@contoso.example';
const alan = 'alan@contoso.example';

describeNeeding('dovecot', 'Dovecot, asked by imapflow with a token of the Entra stand-in', () => {
  let folder: string;
  let certificates: Certificates;
  let entra: EntraStandIn;
  let imap: MailServer;

  const options = () => ({
    certificates,
    introspectionUrl: entra.introspectionUrl,
    token: (address: string) => entra.mint(address),
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dovecot-test-'));
    certificates = await makeCertificates(folder);
    const users = [
      { address: ada, name: 'Ada', oid: 'aaaaaaaa-0000-4000-8000-000000000001' },
      { address: alan, name: 'Alan', oid: 'aaaaaaaa-0000-4000-8000-000000000002' },
    ];
    const tenant = '11111111-2222-4333-8444-555555555555';
    entra = await startEntra({ certificates, users, tenant, redirectUris: [], secrets: () => [] });
    imap = await startDovecot(options());
  });

  afterAll(async () => {
    await imap.stop();
    await entra.stop();
    await rm(folder, { recursive: true });
  });

  const session = async (user: string, accessToken: string): Promise<ImapFlow> => {
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
  };

  it('looks like Exchange: its folders, and no extension that Exchange lacks', async () => {
    const client = await session(ada, await entra.mint(ada));
    const folders = (await client.list()).map((item) => item.path).sort();
    expect(folders).toEqual(['Archive', 'Deleted Items', 'Drafts', 'INBOX', 'Junk Email', 'Sent Items']);
    const capabilities = [...client.capabilities.keys()];
    expect(capabilities).toEqual(expect.arrayContaining(['UIDPLUS', 'MOVE', 'IDLE', 'ID', 'NAMESPACE', 'UNSELECT']));
    for (const missing of ['CONDSTORE', 'QRESYNC', 'SPECIAL-USE']) expect(capabilities).not.toContain(missing);
    await client.logout();
  });

  it('keeps what is delivered, with its flags, date and bytes', async () => {
    const source = Buffer.from('From: x@y.example\r\nSubject: =?utf-8?B?5L2g5aW9?=\r\n\r\nGrüße 你好\r\n');
    const date = new Date('2026-03-04T05:06:07Z');
    const uid = await imap.deliver(ada, source, { flags: ['\\Seen'], date });
    const client = await session(ada, await entra.mint(ada));
    const status = await client.status('INBOX', { uidNext: true, messages: true, unseen: true });
    expect(status).toMatchObject({ uidNext: uid + 1, messages: 1, unseen: 0 });
    await client.mailboxOpen('INBOX');
    const message = await client.fetchOne(String(uid), { source: true, internalDate: true }, { uid: true });
    if (!message) throw new Error('The message is not there.');
    expect(message.source?.equals(source)).toBe(true);
    expect(new Date(message.internalDate ?? 0)).toEqual(date);
    await client.logout();
  });

  it('delivers many messages over one session', async () => {
    const before = entra.requests().introspection;
    for (let count = 0; count < 20; count += 1) await imap.deliver(alan, `Subject: ${count}\n\nx\n`);
    expect(entra.requests().introspection - before).toBe(1);
  });

  it('refuses a forged token, one for Graph, and one of another person', async () => {
    for (const token of ['forged', await entra.mint(ada, 'graph'), await entra.mint(alan)]) {
      await expect(session(ada, token)).rejects.toMatchObject({
        authenticationFailed: true,
        // A temporary failure would make clients try again for ever.
        serverResponseCode: 'AUTHENTICATIONFAILED',
      });
    }
  });

  it('cuts the connections of one mailbox when told', async () => {
    const client = await session(ada, await entra.mint(ada));
    const closed = new Promise((resolve) => client.once('close', resolve));
    imap.kill(ada);
    await closed;
    await (await session(ada, await entra.mint(ada))).logout();
  });

  it('names the port that is taken', async () => {
    const taken = await listen(createServer(), 'a test');
    await expect(startDovecot({ ...options(), port: taken.port })).rejects.toThrow(
      `Port ${taken.port} for Dovecot is taken by another program`,
    );
    await taken.stop();
  });

  it('leaves no process behind', async () => {
    const lines = () => execFileSync('ps', ['-eo', 'ppid=,args=']).toString().split('\n');
    // Folders of the instances that this very process started: other suites may run theirs beside it.
    const folders = () =>
      lines()
        .filter((line) => line.trim().startsWith(`${process.pid} `))
        .flatMap((line) => /nmb-dovecot-\w+/.exec(line)?.[0] ?? []);
    const before = folders();
    const other = await startDovecot(options());
    await other.deliver(ada, 'Subject: x\n\nx\n');
    const [mine = 'none'] = folders().filter((name) => !before.includes(name));
    expect(lines().filter((line) => line.includes(mine)).length).toBeGreaterThan(0);
    await other.stop();
    await expect.poll(() => lines().filter((line) => line.includes(mine))).toEqual([]);
  });
});
