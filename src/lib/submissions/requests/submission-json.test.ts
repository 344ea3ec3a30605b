import { describe, expect, it } from 'vitest';
import { mailbox, sendingWorld, startProcess } from '../../../../test/support/sending-world.ts';
import { submissionJson } from './submission-json.ts';

describe('a submission that waits for an administrator', () => {
  it.each([
    ['names the command with the address of the account', mailbox, mailbox.login],
    // Who signs in for it is another person.
    ['leaves the address open for a shared mailbox', { ...mailbox, shared: true }, 'ADDRESS'],
  ] as const)('%s', async (_what, of, address) => {
    const world = await sendingWorld();
    const process = startProcess(world);
    const { id } = await process.accept();
    world.server.logins.push({ kind: 'closed', code: 'smtp_disabled_tenant' });
    await process.run();
    const stored = await process.deps.rows.read(id);
    if (stored === undefined) throw new Error('The submission is gone.');
    expect(submissionJson(stored.submission, new Date(world.clock.now()), of)).toMatchObject({
      state: 'queued',
      way: null,
      waitingFor: {
        code: 'smtp_disabled_tenant',
        remedy: expect.stringContaining(`Set-CASMailbox -Identity ${address} -SmtpClientAuthenticationDisabled $false`),
      },
    });
  });
});
