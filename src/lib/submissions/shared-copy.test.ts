import { beforeEach, describe, expect, it } from 'vitest';
import { goOn, killed } from '../../../test/support/sending-crash.ts';
import {
  type Death,
  mailbox,
  type SendingWorld,
  sendingWorld,
  startProcess,
} from '../../../test/support/sending-world.ts';
import { minuteMs } from '../domain/duration.ts';
import { BrokerError } from '../errors.ts';
import { encodeMailbox } from '../store/rows/mailbox-row.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { createSendingSettings } from '../store/submissions/sending-settings.ts';
import { copyLooked, mayBeStored } from './ending/copy-looked.ts';

/** Opened by a person, who signs in over SMTP: there the copy lies in her Sent. */
const shared: MailboxRow = { ...mailbox, address: 'support@contoso.example', shared: true };

let world: SendingWorld;
beforeEach(async () => {
  world = await sendingWorld();
  const { deps } = startProcess(world);
  const row = await world.store.table('mail').get(encodeMailbox(mailbox).partitionKey, encodeMailbox(mailbox).rowKey);
  await world.store.table('mail').replace(encodeMailbox(shared), row?.etag ?? '');
  await createSendingSettings(deps).change(mailbox.id, { sentCopyIn: 'mailbox' });
});

function start(death?: Death) {
  const process = startProcess(world, death);
  process.mailbox = shared;
  return process;
}
const read = async (id: string) => (await start().deps.rows.read(id))?.submission;
const toldTypes = async () => (await world.rows('mail', 'o!')).map(({ values }) => Object(values).type);

async function goOnAsShared(): Promise<void> {
  for (let minutes = 0; minutes < 240; minutes += 1) {
    if ((await world.rows('submissions', 'w!')).length === 0) return;
    await world.clock.advance(minuteMs);
    await start().run();
  }
}

describe('the copy of what a shared mailbox sends over SMTP', () => {
  it('is put into its own Sent, once Exchange had its time to do so, and the sender is not kept waiting', async () => {
    const { id } = await start().accept();
    await start().run();
    expect(await read(id)).toMatchObject({ state: 'sent', copy: { state: 'awaited' } });
    expect(await toldTypes()).toEqual(['submission.sent']);
    expect(world.blobs.names()).toEqual([id]);
    expect(world.server.filed).toEqual([]);
    await goOnAsShared();
    expect(await read(id)).toMatchObject({ state: 'sent', copy: { state: 'stored', looks: 2 }, stored: false });
    expect(world.server.filed).toMatchObject([{ id, path: 'Sent' }]);
    // As it left, with the Bcc that its sender may see.
    const [copy] = world.server.filed;
    const [taken] = world.server.taken;
    expect(copy?.text.replace('Bcc: secret@fabrikam.example\r\n', '')).toBe(taken?.text);
    expect(copy?.text).toContain('Bcc: secret@fabrikam.example');
    expect(world.blobs.names()).toEqual([]);
    expect(await toldTypes()).toEqual(['submission.sent']);
  });

  it('is left alone where Exchange has put it there itself', async () => {
    const { id } = await start().accept();
    await start().run();
    world.server.filed.push({ id, path: 'Sent', text: '' });
    await goOnAsShared();
    expect(await read(id)).toMatchObject({ copy: { state: 'found' } });
    expect(world.server.filed).toHaveLength(1);
  });

  it('is given up after two hours in which the mailbox could not be opened, and the reason is told', async () => {
    world.server.sentFault = new BrokerError('imap_unreachable');
    const { id } = await start().accept();
    await start().run();
    await goOnAsShared();
    expect(await read(id)).toMatchObject({ state: 'sent', copy: { state: 'failed', code: 'imap_unreachable' } });
    expect(world.blobs.names()).toEqual([]);
  });

  it.each([
    ['the mailbox does not ask for it', shared, 'account'],
    ['the mailbox is a person’s own', mailbox, 'mailbox'],
  ] as const)('is where Exchange puts it if %s', async (_, row, sentCopyIn) => {
    await createSendingSettings(start().deps).change(mailbox.id, { sentCopyIn });
    const process = startProcess(world);
    process.mailbox = row;
    const { id } = await process.accept();
    await process.run();
    const submission = await read(id);
    expect([submission?.state, submission?.copy]).toEqual(['sent', undefined]);
    await goOn(world);
    expect(world.server.filed).toEqual([]);
  });

  it.each(
    Array.from({ length: 6 }, (_, index) => [index + 1, false] as const).flatMap(
      ([at]) =>
        [
          [at, false],
          [at, true],
        ] as const,
    ),
  )('is there once, and told once, if the process that files it dies at step %i (done: %s)', async (atStep, done) => {
    const { id } = await start().accept();
    await start().run();
    for (const minutes of [1, 2, 5]) {
      await world.clock.advance(minutes * minuteMs);
      if (minutes < 5) await start().run();
    }
    const copies = () => world.server.filed.length;
    expect(copies()).toBe(0);
    await start({ atStep, done }).run().catch(killed);
    await goOnAsShared();
    expect(copies()).toBe(1);
    expect(await read(id)).toMatchObject({ state: 'sent' });
    expect(world.blobs.names()).toEqual([]);
    expect(await toldTypes()).toEqual(['submission.sent']);
  });
});

describe('a look for the copy', () => {
  it('is the last one before it is stored only after two in vain, and nothing is noted of one that has ended', async () => {
    expect([0, 1, 2, 3].map((looks) => mayBeStored({ looks }))).toEqual([false, false, true, true]);
    const { id } = await start().accept();
    const submission = await read(id);
    expect(submission && copyLooked(submission, { kind: 'found' }, new Date())).toBeUndefined();
  });
});
