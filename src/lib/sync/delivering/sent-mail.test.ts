import { beforeEach, describe, expect, it } from 'vitest';
import { type EngineWorld, engineWorld } from '../../../../test/support/engine-world.ts';
import { memoryBlobs } from '../../../../test/support/memory-blobs.ts';
import { refused, accepted as taken } from '../../../../test/support/memory-receiver.ts';
import { queuedSubmission } from '../../../../test/support/rows.ts';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';
import type { Submission } from '../../domain/submission.ts';
import { marked } from '../../domain/submission-steps.ts';
import { systemRandom } from '../../domain/system.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { newSubmissionId } from '../../store/submissions/submission-keys.ts';
import { createSubmissionRows, type SubmissionRows } from '../../store/submissions/submissions.ts';
import { StoreError } from '../../store/table/table.ts';
import { endSubmissions } from '../../submissions/ending/end-of-mailbox.ts';
import { createStoredMail, type StoredMail } from '../../submissions/stored-mail.ts';
import type { SentMail } from '../state/types.ts';

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
  async copied(_, submissionId, { messageId }) {
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
  it('is reported if it has our header, and its event names the submission', async () => {
    folder('Sent Items').add({ subject: 'Offer', submissionId: ours, messageId: '<theirs@exchange.example>' });
    await poll();
    expect(told).toEqual(['copy ours <theirs@exchange.example>']);
    expect(submissionIds()).toEqual([ours]);
  });

  it('has no submission in its event if the submission is unknown', async () => {
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

  it('is none in another folder, because recipients of our mail have the header, too', async () => {
    folder('INBOX').add({ subject: 'Offer', submissionId: ours });
    await poll();
    expect(told).toEqual([]);
    expect(submissionIds()).toEqual([null]);
  });
});

describe('a removed mailbox', () => {
  let rows: SubmissionRows;
  let mail: StoredMail;
  const now = () => new Date(world.store.time.whenJudging());
  const withEnd = (): SentMail => ({
    ...sentMail,
    end: (id) =>
      endSubmissions(
        {
          ...{ store: world.store, rows, mail, clock: world.time.clock, random: systemRandom },
          ...{ markOriginal: async () => undefined, sweepDrafts: async () => true, wakeDraft: async () => {} },
        },
        id,
      ),
  });
  const types = () =>
    world.receiver.arrivals.filter(({ outcome }) => outcome === 'accepted').map(({ event }) => event.type);

  beforeEach(async () => {
    await poll();
    rows = createSubmissionRows({ store: world.store });
    mail = createStoredMail({ blobs: memoryBlobs(world.time.clock) });
  });

  async function accepted(change: (queued: Submission) => Submission = (queued) => queued) {
    const id = newSubmissionId(mailbox.id, now(), systemRandom);
    const submission = change(queuedSubmission({ id, mailboxId: mailbox.id }, now()));
    await rows.insert({ submission, sealed: new Uint8Array() }, undefined);
  }

  const underWay = (queued: Submission) =>
    marked(queued, {
      way: 'smtp',
      lane: 'a lane',
      epoch: 1,
      at: now(),
      until: new Date(now().getTime() + 150_000),
      places: [],
      staged: undefined,
      wantsCopy: false,
    });

  it('is told as removed after what became of each of its messages', async () => {
    await accepted();
    await accepted();
    await world.registry.remove(mailbox.id);
    await world.poll({ sentMail: withEnd() });
    expect(types()).toEqual(['mailbox.connected', 'submission.failed', 'submission.failed', 'mailbox.removed']);
    expect(await world.mailRows()).toEqual(['!', `a!${mailbox.id}`]);
    expect(await rows.page(mailbox.id, undefined, 10)).toEqual([]);
  });

  it('waits for an attempt in progress, and calls it unknown if no result comes', async () => {
    await accepted(underWay);
    await world.registry.remove(mailbox.id);
    await world.poll({ sentMail: withEnd() });
    expect(types()).toEqual(['mailbox.connected']);
    expect(await world.mailRows()).toContain(`b!${mailbox.id}`);
    world.time.pass(170_000);
    await world.poll({ sentMail: withEnd() });
    expect(types()).toEqual(['mailbox.connected', 'submission.unknown', 'mailbox.removed']);
  });

  it('is not told as removed while the receiver does not take one of its outcomes', async () => {
    await accepted();
    await world.registry.remove(mailbox.id);
    world.receiver.answer = ({ type }) => (type === 'submission.failed' ? refused : taken);
    await world.poll({ sentMail: withEnd() });
    expect(types()).toEqual(['mailbox.connected']);
    world.receiver.answer = () => taken;
    world.time.pass(3_600_000);
    await world.poll({ sentMail: withEnd() });
    expect(types()).toEqual(['mailbox.connected', 'submission.failed', 'mailbox.removed']);
  });
});
