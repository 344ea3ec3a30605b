import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSmtpWay } from '../../src/lib/send/smtp.ts';
import { sendingMailbox as mailbox } from '../../test/support/rows.ts';
import { makeCertificates } from '../certificates.ts';
import { startEntra } from '../entra/entra.ts';
import type { EntraStandIn } from '../entra/stand-in.ts';
import { startSmtp } from './smtp.ts';
import type { Drop, SmtpServer } from './stand-ins.ts';

const ada = 'ada@contoso.example';
const alan = 'alan@contoso.example';
const support = 'support@contoso.example';
const message = { from: ada, to: [alan, 'x@elsewhere.example'], subject: 'Grüße', text: 'Hello' };

describe('the SMTP server, asked by nodemailer', () => {
  const delivered: { address: string; raw: string; drop: Drop | undefined }[] = [];
  let folder: string;
  let entra: EntraStandIn;
  let smtp: SmtpServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'smtp-'));
    const certificates = await makeCertificates(folder);
    const users = [{ address: ada, name: 'Ada', oid: 'aaaaaaaa-0000-4000-8000-000000000001' }];
    entra = await startEntra({ certificates, users, tenant: crypto.randomUUID(), redirectUris: [], secrets: () => [] });
    const deliver = async (address: string, raw: Uint8Array | string, drop?: Drop) =>
      delivered.push({ address, raw: raw.toString(), drop });
    smtp = await startSmtp({
      certificates,
      entra,
      mailboxes: { deliver },
      addresses: [ada, alan],
      sendAs: { [support]: [ada] },
    });
  });

  afterAll(async () => {
    await smtp.stop();
    await entra.stop();
    await rm(folder, { recursive: true });
  });

  const transport = (accessToken?: string) =>
    createTransport({
      host: smtp.host,
      port: smtp.port,
      secure: false,
      requireTLS: true,
      ...(accessToken === undefined ? {} : { auth: { type: 'OAuth2', user: ada, accessToken } }),
    });

  it('takes mail from a person with a token, delivers it here, and keeps her copy in Sent Items', async () => {
    delivered.length = 0;
    await transport(await entra.mint(ada)).sendMail(message);
    expect(delivered.map(({ address, drop }) => [address, drop?.folder ?? 'INBOX'])).toEqual([
      [alan, 'INBOX'],
      [ada, 'Sent Items'],
    ]);
    expect(delivered[0]?.raw).toContain('Hello');
    expect(smtp.accepted().at(-1)).toMatchObject({ from: ada, user: ada, to: message.to });
  });

  it('writes on top of each copy it delivers that it did, and nothing on the one in Sent Items', async () => {
    delivered.length = 0;
    const token = await entra.mint(ada);
    for (const _ of [1, 2]) await transport(token).sendMail({ ...message, messageId: '<1@contoso.example>' });
    const tops = delivered.map(
      ({ raw }) => /^Received: from \S+ by localhost with ESMTP id (\S+);\r\n\t/.exec(raw)?.[1],
    );
    expect(tops.map((top) => top === undefined)).toEqual([false, true, false, true]);
    expect(tops[0]).not.toBe(tops[2]);
  });

  it('refuses a forged token and one for another resource', async () => {
    for (const token of ['forged', await entra.mint(ada, 'graph')]) {
      await expect(transport(token).sendMail(message)).rejects.toMatchObject({ responseCode: 535 });
    }
  });

  it('takes mail under the address of a shared mailbox from people with Send As, and keeps the copy in their own Sent Items', async () => {
    delivered.length = 0;
    await transport(await entra.mint(ada)).sendMail({ ...message, from: support });
    expect(delivered.map(({ address, drop }) => [address, drop?.folder ?? 'INBOX'])).toEqual([
      [alan, 'INBOX'],
      [ada, 'Sent Items'],
    ]);
    expect(smtp.accepted().at(-1)).toMatchObject({ from: support, user: ada });
  });

  it("refuses to send under another person's name", async () => {
    const sending = transport(await entra.mint(ada)).sendMail({ ...message, from: alan });
    await expect(sending).rejects.toMatchObject({ responseCode: 554 });
  });

  it('takes mail from the world for mailboxes that are here, and relays nothing', async () => {
    delivered.length = 0;
    await transport().sendMail({ ...message, from: 'x@elsewhere.example', to: ada });
    expect(delivered).toMatchObject([{ address: ada }]);
    const relayed = transport().sendMail({ ...message, from: 'x@elsewhere.example', to: 'y@elsewhere.example' });
    await expect(relayed).rejects.toMatchObject({ responseCode: 550 });
  });

  it("takes the broker's own mail over its own way out, and refuses it a token for something else", async () => {
    delivered.length = 0;
    const never = new AbortController().signal;
    const open = async function* () {
      yield Buffer.from('Subject: Hello\r\n\r\nDear Alan,\r\n.\r\n');
    };
    const mail = { submissionId: 's', from: ada, recipients: [alan], messageId: '<2@contoso.example>', size: 40, open };
    const wayWith = (resource?: 'graph') =>
      createSmtpWay(smtp, { token: () => entra.mint(ada, resource) }).prepare({ mailbox, login: ada }, never);

    const way = await wayWith();
    if (way.kind !== 'ready') throw new Error(`not ready: ${way.code}`);
    expect(await way.send(mail, never)).toEqual({ kind: 'accepted', refused: [] });
    // One more on the same connection, under a name that is not hers.
    expect(await way.send({ ...mail, from: alan }, never)).toMatchObject({ kind: 'refused', code: 'send_as_denied' });
    expect(await way.send(mail, never)).toMatchObject({ kind: 'accepted' });
    await way.close();
    const copies = [
      [alan, 'INBOX'],
      [ada, 'Sent Items'],
    ];
    expect(delivered.map(({ address, drop }) => [address, drop?.folder ?? 'INBOX'])).toEqual([...copies, ...copies]);
    expect(delivered[1]?.raw).toContain('Dear Alan,\r\n.\r\n');
    expect(await wayWith('graph')).toMatchObject({ kind: 'closed', code: 'smtp_sign_in_refused' });
  });

  it.each([
    ['disabled-tenant', 'smtp_disabled_tenant'],
    ['disabled-mailbox', 'smtp_disabled_mailbox'],
  ] as const)(
    'refuses a good token where SMTP AUTH is off (%s), which the broker knows by its words',
    async (mode, code) => {
      const never = new AbortController().signal;
      const way = createSmtpWay(smtp, { token: () => entra.mint(ada) });
      smtp.behave(mode, { address: ada });
      expect(await way.prepare({ mailbox, login: ada }, never)).toMatchObject({ kind: 'closed', code });
      smtp.behave('normal');
      expect(await way.prepare({ mailbox, login: ada }, never)).toMatchObject({ kind: 'ready' });
    },
  );
});
