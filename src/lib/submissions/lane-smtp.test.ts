import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../../local/certificates.ts';
import { type ScriptedSmtp, type SmtpScript, startScriptedSmtp } from '../../../test/support/scripted-smtp.ts';
import {
  composed,
  mailbox,
  type SendingWorld,
  sendingWorld,
  startProcess,
} from '../../../test/support/sending-world.ts';
import { hourMs, minuteMs, secondMs } from '../domain/duration.ts';
import { createSmtpWay } from '../send/smtp.ts';
import { createLaneRunner } from './lane-run.ts';
import { submissionJson } from './requests/submission-json.ts';
import { withWaiting } from './shown-waiting.ts';

let folder: string;
let server: ScriptedSmtp;
let ca: string;
let world: SendingWorld;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lane-smtp-'));
  const certificates = await makeCertificates(folder);
  ca = certificates.ca;
  server = await startScriptedSmtp(certificates);
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  world = await sendingWorld();
  server.script = {};
  for (const list of [server.messages, server.envelopes, server.tokens]) list.length = 0;
});

/** A process whose one way is real SMTP. */
function smtpProcess() {
  const process = startProcess(world);
  const way = createSmtpWay({ host: 'localhost', port: server.port, ca }, { token: async () => 'token' });
  const runner = createLaneRunner({ ...process.deps, ways: new Map([['smtp', way]]) });
  const read = async (id: string) => (await process.deps.rows.read(id))?.submission;
  return { ...process, accept: process.accept, run: () => runner.run(world.lane), read };
}

async function* longMail(): AsyncGenerator<Uint8Array, void, undefined> {
  // In chunks as large as a file's: line by line, sealing and sending it took 20 s of processor time.
  const chunk = Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(1_000));
  for (let sent = 0; sent < 100; sent++) yield chunk;
}

describe('a lane over SMTP', () => {
  it('sends the stored message with Date and our header, over one connection, and learns its Message-ID', async () => {
    const process = smtpProcess();
    const { id } = await process.accept({ idempotencyKey: 'a' });
    await process.accept({ idempotencyKey: 'b' });
    await process.run();
    expect(server.messages.length).toBe(2);
    expect(server.tokens.length).toBe(1);
    expect(server.messages.join()).toContain(`X-NocoBase-Submission: ${id}\r\nSubject: Offer\r\n`);
    expect(server.messages.join()).not.toContain('secret@fabrikam.example');
    expect(await process.read(id)).toMatchObject({
      state: 'sent',
      ourMessageId: '<ours@contoso.example>',
      serverMessageId: '<ABC@XYZ.eurprd01.prod.outlook.com>',
    });
  });

  it('sends again after a cut before the final dot', async () => {
    const process = smtpProcess();
    server.script = { data: 'cut' };
    const { id } = await process.accept();
    await process.run();
    expect(await process.read(id)).toMatchObject({ state: 'queued', attempts: 1 });
    server.script = {};
    await world.clock.advance(minuteMs);
    await process.run();
    expect(await process.read(id)).toMatchObject({ state: 'sent', attempts: 2 });
    expect(server.messages.length).toBe(1);
  });

  it('never sends again after a cut behind the final dot: without a copy it is unknown, with one it is sent', async () => {
    const process = smtpProcess();
    server.script = { message: 'cut' };
    const { id } = await process.accept();
    await process.run();
    expect(await process.read(id)).toMatchObject({ state: 'sending' });
    server.script = {};
    for (let passed = 0; passed < hourMs; passed += 2 * minuteMs) {
      await world.clock.advance(2 * minuteMs);
      await process.run();
    }
    expect(server.messages.length).toBe(1);
    expect(await process.read(id)).toMatchObject({ state: 'unknown' });

    server.script = { message: 'cut' };
    const other = await process.accept({ idempotencyKey: 'other' });
    await process.run();
    world.server.copies.push({ id: other.id, at: world.clock.now() });
    await world.clock.advance(15 * secondMs);
    await process.run();
    expect(await process.read(other.id)).toMatchObject({ state: 'sent' });
    expect(server.messages.length).toBe(2);
  });

  const grace = 'grace@fabrikam.example';
  const bob = 'bob@fabrikam.example';
  const sendAsDenied = '554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied';
  const disabled = (whose: string) =>
    `535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the ${whose}.`;
  const unknownUser = '550 5.1.1 User unknown';

  /** What the API then shows: state, code, a piece of the remedy, whether it counts as an attempt, recipients refused. */
  it.each<[string, SmtpScript, [state: string, code: string, remedy: string, attempts: number], string[]?]>([
    [
      '432 at the sign-in',
      { auth: '432 4.3.2 Concurrent connections limit exceeded' },
      ['queued', 'send_throttled', 'wait', 0],
    ],
    [
      '432 for the message',
      { message: '432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded' },
      ['queued', 'send_throttled', 'wait', 1],
    ],
    [
      '535 5.7.3',
      { auth: '535 5.7.3 Authentication unsuccessful' },
      ['queued', 'smtp_sign_in_refused', 'permission SMTP.Send', 0],
    ],
    [
      '535 5.7.139 for the tenant',
      { auth: disabled('Tenant') },
      ['queued', 'smtp_disabled_tenant', 'Set-CASMailbox', 0],
    ],
    [
      '535 5.7.139 for the mailbox',
      { auth: disabled('Mailbox') },
      ['queued', 'smtp_disabled_mailbox', 'Set-CASMailbox', 0],
    ],
    [
      'SendAsDenied at MAIL FROM',
      { mail: '554 5.2.252 SendAsDenied; not allowed' },
      ['failed', 'send_as_denied', '-AccessRights SendAs', 1],
    ],
    [
      '554 SendAsDenied for the message',
      { message: sendAsDenied },
      ['failed', 'send_as_denied', '-AccessRights SendAs', 1],
    ],
    [
      '451 at DATA',
      { data: '451 4.3.0 Try later' },
      ['queued', 'send_deferred', 'Nothing was sent; the broker retries', 1],
    ],
    [
      '451 for the message',
      { message: '451 4.3.0 Try later' },
      ['queued', 'send_deferred', 'Nothing was sent; the broker retries', 1],
    ],
    [
      '5.7.232 for the message',
      { message: '550 5.7.232 Message limit exceeded' },
      ['queued', 'submission_quota', 'Wait until the limit resets', 1],
    ],
    [
      '5.1.90 at RCPT TO',
      { rcpt: () => '550 5.1.90 Daily limit' },
      ['queued', 'submission_quota', 'Wait until the limit resets', 1],
    ],
    [
      '5.1.8',
      { message: '550 5.1.8 Access denied, bad outbound sender' },
      ['failed', 'sender_blocked', 'Restricted entities', 1],
    ],
    [
      '552 for the message',
      { message: '552 5.3.4 Message size exceeds fixed maximum message size' },
      ['failed', 'mail_too_large', 'fewer or smaller files', 1],
    ],
    ['a cut at MAIL FROM', { mail: 'cut' }, ['queued', 'smtp_unreachable', 'Nothing was sent; the broker retries', 1]],
    ['a cut at DATA', { data: 'cut' }, ['queued', 'smtp_unreachable', 'Nothing was sent; the broker retries', 1]],
    [
      'a cut before the final dot',
      { cutAfterBytes: 50_000, size: 36_700_160 },
      ['queued', 'smtp_unreachable', 'Nothing was sent; the broker retries', 1],
    ],
    ['a cut after the final dot', { message: 'cut' }, ['sending', 'submission_unsettled', 'becomes unknown', 1]],
    [
      'one recipient of two refused',
      { rcpt: (to) => (to === bob ? unknownUser : '250 OK') },
      ['partial', 'recipient_refused', 'Check the address', 1],
      [bob],
    ],
    [
      'each recipient refused',
      { rcpt: () => unknownUser },
      ['failed', 'recipient_refused', 'Check the address', 1],
      [grace, bob],
    ],
    [
      'each recipient put off',
      { rcpt: () => '451 4.7.1 Greylisted' },
      ['queued', 'recipient_deferred', 'the broker retries', 1],
    ],
  ])('%s: the state, the code and the remedy', async (_what, script, [state, code, remedy, attempts], refused = []) => {
    const process = smtpProcess();
    server.script = script;
    // Long enough to be cut in the middle, where it is.
    const compose = async () => ({
      ...composed('Offer', [grace, bob]),
      ...(script.cutAfterBytes === undefined ? {} : { mime: longMail() }),
    });
    const { id } = await process.accept({ compose });
    await process.run();
    const { deps } = process;
    const found = await deps.rows.read(id);
    const [after] = await withWaiting(deps, mailbox, found === undefined ? [] : [found.submission]);
    if (after === undefined) throw new Error('gone');
    const shown = submissionJson(after, new Date(world.clock.now()), mailbox);
    expect(shown).toMatchObject({
      state,
      attempts,
      refused: refused.map((address) => ({ address, reply: unknownUser })),
    });
    const said = script.auth ?? script.mail ?? script.data ?? script.message ?? '';
    if (said !== 'cut' && attempts > 0) expect(shown.reply ?? '').toContain(said);
    const why = shown.waitingFor ?? shown;
    expect(Reflect.get(why, 'code')).toBe(code);
    expect(Reflect.get(why, 'remedy')).toContain(remedy);
    const isOver = state === 'failed' || state === 'partial';
    expect((await world.rows('mail', 'o!')).length).toBe(isOver ? 1 : 0);
    expect(server.messages.length).toBe(script.message !== undefined || state === 'partial' ? 1 : 0);
  });
});
