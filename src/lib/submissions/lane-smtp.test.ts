import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../../local/certificates.ts';
import { type ScriptedSmtp, startScriptedSmtp } from '../../../test/support/scripted-smtp.ts';
import { type SendingWorld, sendingWorld, startProcess } from '../../../test/support/sending-world.ts';
import { hourMs, minuteMs, secondMs } from '../domain/duration.ts';
import { createSmtpWay } from '../send/smtp.ts';
import { createLaneRunner } from './lane-run.ts';

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

  it('waits, and names why, where SMTP AUTH is disabled', async () => {
    const process = smtpProcess();
    server.script = {
      auth: '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.',
    };
    const { id } = await process.accept();
    await process.run();
    const after = await process.read(id);
    expect(after).toMatchObject({ state: 'queued', attempts: 0 });
    expect(after?.waitingFor?.code).toMatch(/^smtp_/);
    expect(server.messages).toEqual([]);
  });
});
