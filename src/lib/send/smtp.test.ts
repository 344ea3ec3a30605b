import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../../local/certificates.ts';
import { sendingMailbox as mailbox } from '../../../test/support/rows.ts';
import { type ScriptedSmtp, type SmtpScript, startScriptedSmtp } from '../../../test/support/scripted-smtp.ts';
import { BrokerError } from '../errors.ts';
import { shownReply, smtpMeaning } from './exchange-smtp.ts';
import { createSmtpWay } from './smtp.ts';
import type { OutgoingMail, ReadyWay } from './way.ts';

const account = { mailbox, login: 'ada@contoso.example' };
const never = new AbortController().signal;

const text = 'Subject: Hello\r\n\r\nDear Grace,\r\n.hidden dot\r\n.\r\nAda\r\n';

const mail = (own: Partial<OutgoingMail> = {}): OutgoingMail => ({
  submissionId: 'sub_1',
  from: 'ada@contoso.example',
  recipients: ['grace@x.example', 'bob@x.example'],
  messageId: '<1@contoso.example>',
  size: text.length,
  open: async function* () {
    yield Buffer.from(text);
  },
  ...own,
});

/** Reads on only while the connection takes it, so that a cut in the middle is one. */
async function* long(): AsyncGenerator<Uint8Array, void, undefined> {
  for (let line = 0; line < 100_000; line++) yield Buffer.from(`${'x'.repeat(70)}\r\n`);
}

describe('the way out over SMTP', () => {
  let folder: string;
  let server: ScriptedSmtp;
  let ca: string;
  let strangersCa: string;
  const asked: boolean[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'smtp-way-'));
    const certificates = await makeCertificates(folder);
    ca = certificates.ca;
    strangersCa = (await makeCertificates(join(folder, 'strangers'))).ca;
    server = await startScriptedSmtp(certificates);
  });

  beforeEach(() => {
    server.script = {};
    for (const list of [server.messages, server.senders, server.envelopes, server.tokens, asked]) list.length = 0;
  });

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const prepare = (options: { silenceMs?: number; port?: number; ca?: string } = {}, signal = never) =>
    createSmtpWay(
      { host: 'localhost', port: server.port, ca, ...options },
      {
        token: async (_mailbox, { force }) => {
          asked.push(force);
          return force ? 'new-token' : 'token';
        },
      },
    ).prepare(account, signal);

  async function withWay<T>(script: SmtpScript, use: (way: ReadyWay) => Promise<T>, silenceMs?: number): Promise<T> {
    server.script = script;
    const way = await prepare(silenceMs === undefined ? {} : { silenceMs });
    if (way.kind !== 'ready') throw new Error(`not ready: ${way.code}`);
    try {
      return await use(way);
    } finally {
      await way.close();
    }
  }

  it('signs in with the token, and hands the message over as it is, with the Message-ID that Exchange gives it', async () => {
    const result = await withWay({}, (way) => way.send(mail(), never));
    expect(result).toEqual({ kind: 'accepted', refused: [], serverMessageId: '<ABC@XYZ.eurprd01.prod.outlook.com>' });
    expect(server.tokens).toEqual(['user=ada@contoso.example\x01auth=Bearer token\x01\x01']);
    expect(server.envelopes).toEqual([['grace@x.example', 'bob@x.example']]);
    expect(server.messages).toEqual([text.replace(/\r\n$/, '').replaceAll('\r\n.', '\r\n..')]);
  });

  it('sends several messages over one connection, also after one that was refused', async () => {
    await withWay({}, async (way) => {
      server.script = {
        mail: '554 5.2.252 SendAsDenied; ada@contoso.example not allowed to send as x@contoso.example',
      };
      expect(await way.send(mail(), never)).toMatchObject({ kind: 'refused', code: 'send_as_denied' });
      server.script = {};
      expect(await way.send(mail(), never)).toMatchObject({ kind: 'accepted' });
      expect(await way.send(mail(), never)).toMatchObject({ kind: 'accepted' });
    });
    expect([server.tokens.length, server.messages.length]).toEqual([1, 2]);
  });

  it('tells who was refused where the others were not', async () => {
    const rcpt = (address: string) => (address === 'bob@x.example' ? '550 5.1.1 User unknown' : '250 2.1.5 OK');
    expect(await withWay({ rcpt }, (way) => way.send(mail(), never))).toMatchObject({
      kind: 'accepted',
      refused: [{ address: 'bob@x.example', code: 'recipient_refused', reply: '550 5.1.1 User unknown' }],
    });
    expect(server.messages).toHaveLength(1);
  });

  it.each<[string, SmtpScript, object]>([
    [
      'all recipients refused',
      { rcpt: () => '550 5.1.1 User unknown' },
      { kind: 'refused', code: 'recipient_refused' },
    ],
    ['all recipients put off', { rcpt: () => '451 4.7.1 Later' }, { kind: 'deferred', code: 'recipient_deferred' }],
    ['DATA refused', { data: '554 5.7.1 No' }, { kind: 'refused', code: 'mail_refused' }],
    [
      '432 after the message',
      { message: '432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded' },
      { kind: 'deferred', code: 'send_throttled', scope: 'account' },
    ],
    [
      '451 after the message',
      { message: '451 4.3.0 Try later' },
      { kind: 'deferred', code: 'send_deferred', scope: 'message' },
    ],
    [
      'SendAsDenied after the message',
      { message: '554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied' },
      { kind: 'refused', code: 'send_as_denied' },
    ],
    [
      "the tenant's quota",
      { message: '550 5.7.232 limit' },
      { kind: 'deferred', code: 'submission_quota', scope: 'tenant' },
    ],
    ['a cut at MAIL FROM', { mail: 'cut' }, { kind: 'deferred', code: 'smtp_unreachable' }],
    ['a cut at DATA', { data: 'cut' }, { kind: 'deferred', code: 'smtp_unreachable' }],
    // Nobody knows.
    ['a cut after the final dot', { message: 'cut' }, { kind: 'unknown' }],
    ['421 after the final dot', { message: '421 4.3.2 Service not available' }, { kind: 'unknown' }],
  ])('%s is told as such', async (_title, script, expected) => {
    expect(await withWay(script, (way) => way.send(mail(), never))).toMatchObject(expected);
  });

  it('may send again what was cut off in the middle: the server has not had its end', async () => {
    const result = await withWay({ cutAfterBytes: 50_000 }, (way) => way.send(mail({ open: long }), never));
    expect(result).toMatchObject({ kind: 'deferred', code: 'smtp_unreachable' });
    expect(server.messages).toEqual([]);
  });

  it('knows nothing of a message that is never answered', async () => {
    const result = await withWay({ message: '250-' }, (way) => way.send(mail(), never), 300);
    expect(result).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    ['before the end', 'deferred'],
    ['after the end', 'unknown'],
  ])('counts being given up %s of the message as %s', async (when, kind) => {
    const giveUp = new AbortController();
    const open = async function* () {
      yield Buffer.from(text);
      if (when === 'before the end') giveUp.abort();
    };
    const result = await withWay({ message: '250-' }, async (way) => {
      const sending = way.send(mail({ open }), giveUp.signal);
      if (when === 'after the end') await expect.poll(() => server.messages.length).toBe(1);
      giveUp.abort();
      return sending;
    });
    expect(result).toMatchObject({ kind });
  });

  it('sends nothing of a message that cannot be read to its end, and fails with what reading it failed with', async () => {
    const open = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(text);
      throw new BrokerError('submission_content_gone');
    };
    const sending = withWay({}, (way) => way.send(mail({ open }), never));
    await expect(sending).rejects.toMatchObject({ code: 'submission_content_gone' });
    expect(server.messages).toEqual([]);
  });

  it('does not begin with a message that is larger than the server says it takes', async () => {
    const result = await withWay({}, (way) => way.send(mail({ size: 1_000_001 }), never));
    expect(result).toMatchObject({ kind: 'refused', code: 'mail_too_large' });
  });

  const beyondAscii = { recipients: ['grace@x.example', 'jörg@xn--mnchen-3ya.example'] };

  it('announces SMTPUTF8 for a local part beyond ASCII, where the server offers it', async () => {
    const result = await withWay({ extensions: ['SMTPUTF8'] }, (way) => way.send(mail(beyondAscii), never));
    expect(result).toMatchObject({ kind: 'accepted' });
    expect(server.senders).toEqual([expect.stringMatching(/^MAIL FROM:<ada@contoso.example> SMTPUTF8\b/)]);
    expect(server.envelopes).toEqual([beyondAscii.recipients]);
    await withWay({ extensions: ['SMTPUTF8'] }, (way) => way.send(mail(), never));
    expect(server.senders.at(-1)).not.toContain('SMTPUTF8');
  });

  it('names the addresses that a server without SMTPUTF8 cannot be told, and goes on with the next message', async () => {
    await withWay({}, async (way) => {
      expect(await way.send(mail(beyondAscii), never)).toEqual({
        kind: 'refused',
        code: 'recipient_refused',
        reply: expect.stringContaining('does not offer SMTPUTF8'),
        recipients: [
          {
            address: 'jörg@xn--mnchen-3ya.example',
            code: 'recipient_refused',
            reply: expect.stringContaining('SMTPUTF8'),
          },
        ],
      });
      expect(server.senders).toEqual([]);
      expect(await way.send(mail(), never)).toMatchObject({ kind: 'accepted' });
    });
  });

  it.each(['"a<b"@x.example', '"a>b"@x.example'])(
    'refuses for good, and does not put off, what nodemailer takes for no recipient: %s',
    async (address) => {
      await withWay({}, async (way) => {
        const result = await way.send(mail({ recipients: ['grace@x.example', address] }), never);
        expect(result).toMatchObject({ kind: 'refused', code: 'mail_refused' });
      });
      expect(server.messages).toEqual([]);
    },
  );

  it('asks once for a new token where one is refused', async () => {
    server.script = { auth: '535 5.7.3 Authentication unsuccessful' };
    expect(await prepare()).toMatchObject({ kind: 'closed', code: 'smtp_sign_in_refused' });
    expect(asked).toEqual([false, true]);
    expect(server.tokens.at(-1)).toContain('new-token');
  });

  it.each([
    [
      '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled',
      { kind: 'closed', code: 'smtp_disabled_tenant' },
    ],
    [
      '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.',
      { kind: 'closed', code: 'smtp_disabled_mailbox' },
    ],
    ['432 4.3.2 Concurrent connections limit exceeded', { kind: 'deferred', code: 'send_throttled', scope: 'account' }],
    ['454 4.7.0 Temporary authentication failure', { kind: 'deferred', code: 'smtp_unreachable' }],
    ['cut', { kind: 'deferred', code: 'smtp_unreachable' }],
  ])('says why it cannot sign in: %s', async (auth, expected) => {
    server.script = { auth };
    expect(await prepare()).toMatchObject(expected);
    expect(asked).toEqual([false]);
  });

  it('is put off where there is no server, and tells what getting a token fails with', async () => {
    expect(await prepare({ port: 1 })).toMatchObject({ kind: 'deferred', code: 'smtp_unreachable' });
    const way = createSmtpWay(
      { host: 'localhost', port: server.port, ca },
      { token: () => Promise.reject(new BrokerError('reconnect_required')) },
    );
    await expect(way.prepare(account, never)).rejects.toMatchObject({ code: 'reconnect_required' });
  });

  it('shows its token to no server without TLS', async () => {
    server.script = { withoutTls: true };
    expect(await prepare()).toMatchObject({ kind: 'deferred', code: 'smtp_unreachable' });
    expect(server.tokens).toEqual([]);
  });

  it('rejects a server whose certificate is not trusted', async () => {
    expect(await prepare({ ca: strangersCa })).toMatchObject({ kind: 'deferred', code: 'smtp_unreachable' });
    expect(server.tokens).toEqual([]);
  });
});

describe('what Exchange says over SMTP', () => {
  it.each([
    [
      'recipient',
      '550 5.1.90 Your message cannot be sent because you have reached your daily limit',
      'submission_quota',
      'account',
    ],
    ['message', '550 5.7.233 Tenant limit exceeded', 'submission_quota', 'tenant'],
    ['message', '550 5.1.8 Access denied, bad outbound sender', 'sender_blocked', 'account'],
    [
      'message',
      '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
      'send_as_denied',
      'message',
    ],
    [
      'sender',
      '421 4.4.2 Message submission rate for this client has exceeded the configured limit',
      'send_throttled',
      'account',
    ],
    ['message', '552 5.3.4 Message size exceeds fixed maximum message size', 'mail_too_large', 'message'],
    ['message', '554 5.6.0 Corrupt message content', 'mail_refused', 'message'],
  ] as const)('is understood at the stage of the %s: %s', (stage, reply, code, scope) => {
    expect(smtpMeaning(stage, reply)).toMatchObject({ code, scope });
  });

  it('is shown in one line and without what may be a token', () => {
    expect(shownReply(`550 5.7.1 ${'a'.repeat(100)}\r\n no`)).toBe('550 5.7.1 […] no');
  });
});
