import { describe, expect, it } from 'vitest';
import type { MailboxRow } from '../src/lib/store/rows/rows.ts';
import { StoreError } from '../src/lib/store/table/table.ts';
import type { SentMail } from '../src/lib/sync/state/types.ts';
import { type EngineWorld, engineWorld } from './support/engine-world.ts';
import { onMemoryTables } from './support/suite-tables.ts';

// What sync tells mail out. What that makes of it: src/lib/submissions/mail-in.test.ts.
const ada = 'ada@contoso.example';
const ours = `sub_${'A'.repeat(43)}`;
const theirs = `sub_${'B'.repeat(43)}`;

let world: EngineWorld;
let mailbox: MailboxRow;
let told: string[];
let isDown: boolean;

const sentMail: SentMail = {
  async bounced({ id }, { subject }) {
    if (isDown) throw new StoreError('unreachable', { table: 'submissions' });
    told.push(`${id === mailbox.id ? 'bounce' : '?'} ${subject}`);
  },
  async copied(_, submissionId, messageId) {
    if (isDown) throw new StoreError('unreachable', { table: 'submissions' });
    told.push(`copy ${submissionId === ours ? 'ours' : 'theirs'} ${messageId}`);
    return submissionId === ours;
  },
  end: async () => 0,
};

onMemoryTables(async (store) => {
  world = engineWorld(store);
  mailbox = await world.connectMailbox(ada, ['INBOX', 'Sent Items']);
  told = [];
  isDown = false;
});

const folder = (path: string) => world.mail.mailbox(ada).folder(path);
const failed = { recipient: 'grace@fabrikam.example', action: 'failed', status: '5.1.1' };
const report = { subject: 'Undeliverable: Offer', from: 'mailer-daemon@mx.example', bounced: [failed] };
const poll = () => world.poll({ sentMail });
const submissionIds = () => world.receiver.ofType('message.received').map(({ data }) => data.submissionId);

describe('a bounce', () => {
  it('is told when it is read, and delivered like any mail', async () => {
    folder('INBOX').add(report);
    await poll();
    expect(told).toEqual(['bounce Undeliverable: Offer']);
    expect(world.receiver.subjects()).toEqual(['Undeliverable: Offer']);
  });

  it('is told though the filter keeps it back, for which it alone is read', async () => {
    await world.registry.patch(mailbox.id, { filter: { only: { from: ['*@fabrikam.example'] } } });
    folder('INBOX').add(report);
    folder('INBOX').add('a newsletter');
    await poll();
    expect(told).toEqual(['bounce Undeliverable: Offer']);
    expect(world.receiver.subjects()).toEqual([]);
    expect(world.mail.commands.filter((each) => each === 'read').length).toBe(1);
  });

  it('is told again where that failed, before its message is settled', async () => {
    isDown = true;
    folder('INBOX').add(report);
    await poll();
    expect(told).toEqual([]);
    expect(world.receiver.subjects()).toEqual([]);
    isDown = false;
    world.time.pass(60_000);
    await poll();
    expect(told).toEqual(['bounce Undeliverable: Offer']);
    expect(world.receiver.subjects()).toEqual(['Undeliverable: Offer']);
  });
});

describe('a copy in Sent', () => {
  it('that bears our header is told, and its event names the submission', async () => {
    folder('Sent Items').add({ subject: 'Offer', submissionId: ours, messageId: '<theirs@exchange.example>' });
    await poll();
    expect(told).toEqual(['copy ours <theirs@exchange.example>']);
    expect(submissionIds()).toEqual([ours]);
  });

  it('of which mail out knows nothing names none', async () => {
    folder('Sent Items').add({ subject: 'Offer', submissionId: theirs });
    folder('Sent Items').add('written in Outlook');
    await poll();
    expect(submissionIds()).toEqual([null, null]);
  });

  it('is told though the filter keeps it back', async () => {
    await world.registry.patch(mailbox.id, { filter: { only: { direction: 'in' } } });
    folder('Sent Items').add({ subject: 'Offer', submissionId: ours, messageId: '<a@b.example>' });
    await poll();
    expect(told).toEqual(['copy ours <a@b.example>']);
    expect(world.receiver.subjects()).toEqual([]);
  });

  it('is none where it lies in another folder: whoever receives our mail has the header, too', async () => {
    folder('INBOX').add({ subject: 'Offer', submissionId: ours });
    await poll();
    expect(told).toEqual([]);
    expect(submissionIds()).toEqual([null]);
  });
});
