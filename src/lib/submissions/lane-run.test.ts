import { beforeEach, describe, expect, it } from 'vitest';
import { asStored } from '../../../test/support/rows.ts';
import {
  composed,
  mailbox,
  type SendingWorld,
  sendingWorld,
  startProcess,
} from '../../../test/support/sending-world.ts';
import { hourMs, minuteMs, secondMs } from '../domain/duration.ts';
import { BrokerError } from '../errors.ts';
import type { Way } from '../send/way.ts';
import { decodeOutbox } from '../store/rows/outbox-row.ts';
import { parseSubmissionId, submissionPartition } from '../store/submissions/submission-keys.ts';
import { dueLanes } from './due-lanes.ts';
import { createLaneRunner } from './lane-run.ts';

let world: SendingWorld;
beforeEach(async () => {
  world = await sendingWorld();
});

const read = async (id: string) => (await startProcess(world).deps.rows.read(id))?.submission;
const keyOf = (id: string) => parseSubmissionId(id)?.key ?? '';
const takenIds = () => world.server.taken.map(({ id }) => id);
const deferral = (scope: 'message' | 'account' | 'tenant', retryAfterMs?: number) =>
  ({ kind: 'deferred', code: 'submission_quota', scope, retryAfterMs }) as const;

describe('a run of a lane', () => {
  it('sends what is due, and not what is scheduled for later', async () => {
    const process = startProcess(world);
    const sendAt = new Date(world.clock.now() + hourMs);
    const later = await process.accept({ idempotencyKey: 'later', sendAt });
    const soon = await process.accept({ idempotencyKey: 'soon' });
    await process.run();
    expect(takenIds()).toEqual([soon.id]);
    expect(process.wakes.at(-1)).toEqual({ hint: { v: 1, kind: 'send', lane: world.lane }, delayMs: hourMs });
    await world.clock.advance(hourMs);
    await process.run();
    expect(takenIds()).toEqual([soon.id, later.id]);
    expect((await read(later.id))?.date).toEqual(sendAt);
  });

  it('writes Date, our header and no Bcc in front of the stored message', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    await process.run();
    expect(world.server.taken[0]?.text).toBe(
      `Date: Sun, 22 Nov 2026 12:00:00 +0000\r\nX-NocoBase-Submission: ${id}\r\nSubject: Offer\r\n\r\nHello\r\n`,
    );
  });

  it("sends people's own mail before bulk, and leaves them room in the pace", async () => {
    const process = startProcess(world);
    for (let index = 0; index < 28; index++) {
      await process.accept({ idempotencyKey: `bulk ${index}`, priority: 'bulk' });
    }
    const own = await process.accept({ idempotencyKey: 'own' });
    await process.run();
    expect(takenIds()[0]).toBe(own.id);
    expect(takenIds().length).toBe(25);
    const second = await process.accept({ idempotencyKey: 'own, too' });
    await process.run();
    expect(takenIds().at(-1)).toBe(second.id);
    expect(process.wakes.at(-1)?.delayMs).toBeLessThanOrEqual(minuteMs);
    await world.clock.advance(minuteMs);
    await process.run();
    expect(takenIds().length).toBe(30);
  });

  it.each(['s!', 'w!'])('sends the others where a row %s of one cannot be read', async (kind) => {
    const process = startProcess(world);
    const first = await process.accept({ idempotencyKey: 'a' });
    await world.clock.advance(secondMs);
    const second = await process.accept({ idempotencyKey: 'b' });
    const table = world.store.table('submissions');
    const row = (await world.rows('submissions', kind)).find(({ rowKey }) => rowKey.endsWith(keyOf(first.id)));
    const found = await table.get(submissionPartition(mailbox.id), row?.rowKey ?? '');
    if (found === undefined) throw new Error('no row');
    await table.replace({ ...found, values: { ...found.values, nextAt: 'never', state: 7 } }, found.etag);
    const errors: string[] = [];
    const log = { ...process.deps.log, error: (event: string) => void errors.push(event) };
    const parts = { ...process.deps, log, mailbox: async () => mailbox };
    expect((await dueLanes(parts, [7], new Date(world.clock.now()))).lanes).toEqual([world.lane]);
    await createLaneRunner({ ...process.deps, log }).run(world.lane);
    expect(takenIds()).toEqual([second.id]);
    expect(errors).toEqual(['submission.row_broken']);
  });

  it('does nothing while another run holds the lease, and goes on after it has ended', async () => {
    const { id } = await startProcess(world).accept();
    const row = { owner: 'somebody', epoch: 7, until: new Date(world.clock.now() + minuteMs), v: 2 };
    await world.store.table('submissions').insert({ partitionKey: 'lane', rowKey: world.lane, values: row });
    await startProcess(world).run();
    expect(takenIds()).toEqual([]);
    await world.clock.advance(minuteMs + 11 * secondMs);
    await startProcess(world).run();
    expect(takenIds()).toEqual([id]);
  });

  it('holds the whole account for as long as the server says, and says so', async () => {
    const process = startProcess(world);
    await process.accept({ idempotencyKey: 'a' });
    await process.accept({ idempotencyKey: 'b' });
    world.server.answers.push(deferral('account', 10 * minuteMs));
    await process.run();
    expect(takenIds()).toEqual([]);
    await world.clock.advance(9 * minuteMs);
    await process.run();
    expect(takenIds()).toEqual([]);
    await world.clock.advance(2 * minuteMs);
    await process.run();
    expect(takenIds().length).toBe(2);
  });

  it('holds every lane of a tenant whose limit is reached', async () => {
    const process = startProcess(world);
    await process.accept();
    world.server.answers.push(deferral('tenant'));
    await process.run();
    expect(await world.store.table('submissions').get('lane', `tenant!${mailbox.grant.tid}`)).toMatchObject({
      values: { code: 'submission_quota', until: new Date(world.clock.now() + hourMs) },
    });
    await world.clock.advance(30 * minuteMs);
    await process.run();
    expect(takenIds()).toEqual([]);
    await world.clock.advance(31 * minuteMs);
    await process.run();
    expect(takenIds().length).toBe(1);
  });

  it('sends to 10,000 recipients a day, goes on hour by hour, and lets a smaller message go first', async () => {
    const process = startProcess(world);
    const to = (count: number) => Array.from({ length: count }, (_, index) => `r${index}@fabrikam.example`);
    const accept = (idempotencyKey: string, count: number) =>
      process.accept({ idempotencyKey, compose: async () => composed('Many', to(count)) });
    const first = await accept('first', 6_000);
    await process.run();
    await world.clock.advance(hourMs);
    const second = await accept('second', 3_000);
    await process.run();
    await world.clock.advance(hourMs);
    const third = await accept('third', 2_000);
    await world.clock.advance(secondMs);
    const small = await accept('small', 1_000);
    await process.run();
    expect(takenIds()).toEqual([first.id, second.id, small.id]);
    const until = new Date(Math.floor((world.clock.now() + 22 * hourMs) / hourMs) * hourMs);
    expect(await read(third.id)).toMatchObject({
      state: 'queued',
      attempts: 0,
      waitingFor: { code: 'submission_quota', until },
    });
    await accept('one more', 1);
    await world.clock.advance(21 * hourMs);
    await process.run();
    expect(takenIds().length).toBe(3);
    await world.clock.advance(hourMs);
    await process.run();
    expect(takenIds().length).toBe(5);
    expect(takenIds()).toContain(third.id);
  });

  it('tries what was deferred again after a wait, with the same Date', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    world.server.answers.push(deferral('message'));
    await process.run();
    expect(await read(id)).toMatchObject({
      state: 'queued',
      waitingFor: { code: 'submission_quota' },
    });
    await world.clock.advance(31 * secondMs);
    await process.run();
    expect(takenIds()).toEqual([id]);
    expect(world.server.taken[0]?.text).toContain('Date: Sun, 22 Nov 2026 12:00:00 +0000');
    expect(await read(id)).toMatchObject({ state: 'sent', attempts: 2 });
  });

  it('fails what could not be sent in time, and never sends it', async () => {
    const process = startProcess(world);
    const { id } = await process.accept({ expiresInMs: minuteMs });
    world.server.answers.push(deferral('message', hourMs));
    await process.run();
    await world.clock.advance(61 * secondMs);
    await process.run();
    expect(await read(id)).toMatchObject({ state: 'failed', code: 'submission_expired' });
    expect(takenIds()).toEqual([]);
    expect((await world.rows('mail', 'o!')).length).toBe(1);
  });

  it('fails what is refused, naming each recipient', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    const recipients = [{ address: 'grace@fabrikam.example', code: 'submission_no_way' as const, reply: '550 5.1.1' }];
    world.server.answers.push({ kind: 'refused', code: 'submission_no_way', reply: '550', recipients });
    await process.run();
    expect(await read(id)).toMatchObject({ state: 'failed', refused: recipients, reply: '550' });
    const [told] = await world.rows('mail', 'o!');
    expect(JSON.parse(Object(told?.values).data)).toMatchObject({ state: 'failed', refused: recipients, reply: '550' });
  });

  it('says partial where some recipients were refused', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    const refused = [{ address: 'grace@fabrikam.example', code: 'submission_no_way' as const, reply: '550 5.1.1' }];
    world.server.answers.push({ kind: 'accepted', refused });
    await process.run();
    expect(await read(id)).toMatchObject({ state: 'partial', refused });
    expect((await world.rows('mail', 'o!')).map(({ values }) => values)).toEqual([
      expect.objectContaining({ type: 'submission.sent', data: expect.stringContaining('"state":"partial"') }),
    ]);
  });

  it('names each of a thousand refused recipients, in columns that a table takes', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    const refused = Array.from({ length: 1_000 }, (_, index) => ({
      address: `recipient-${index}@fabrikam.example`,
      code: 'recipient_refused' as const,
      reply: `550 5.1.1 📭 ${'x'.repeat(480)}`,
    }));
    world.server.answers.push({ kind: 'accepted', refused });
    await process.run();
    const after = await read(id);
    expect(after?.refused.map(({ address }) => address)).toEqual(refused.map(({ address }) => address));
    for (const { reply } of after?.refused ?? []) expect(reply).toMatch(/^550 5\.1\.1 📭 x{150,}$/);
    const [told] = await world.rows('mail', 'o!');
    const data = JSON.parse(decodeOutbox(asStored({ partitionKey: '', rowKey: '', values: {}, ...Object(told) })).data);
    expect(data.refused).toEqual(after?.refused);
    for (const { values } of [...(await world.rows('submissions', 's!')), ...(await world.rows('mail', 'o!'))]) {
      const texts = Object.values(values).filter((value) => typeof value === 'string');
      expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(32 * 1024);
      expect(2 * texts.join('').length).toBeLessThan(1024 * 1024);
      for (const text of texts) expect(text.isWellFormed()).toBe(true);
    }
  });

  it('waits where the sign-in fails, and says why', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    world.server.logins.push(new BrokerError('reconnect_required'));
    await process.run();
    expect(await read(id)).toMatchObject({ state: 'queued', attempts: 0, waitingFor: { code: 'reconnect_required' } });
  });

  it('puts off a message whose sign-in takes too long, so that it keeps no other one back', async () => {
    const hanging: Way = {
      name: 'smtp',
      prepare: (_account, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    };
    const process = startProcess(world, undefined, () => new Map([['smtp', hanging]]));
    const { id } = await process.accept();
    const run = process.run();
    await world.clock.advance(3 * minuteMs);
    await run;
    expect(await read(id)).toMatchObject({
      state: 'queued',
      attempts: 0,
      deferrals: 1,
      waitingFor: { code: 'smtp_unreachable' },
    });
  });

  it('waits while the mailbox is paused', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    process.mailbox = { ...mailbox, paused: true };
    await process.run();
    expect(await read(id)).toMatchObject({ state: 'queued', waitingFor: { code: 'mailbox_paused' } });
    process.mailbox = mailbox;
    await world.clock.advance(6 * minuteMs);
    await process.run();
    expect(takenIds()).toEqual([id]);
  });

  it('takes another way where the first is shut before anything was tried, and remembers for a day', async () => {
    const process = startProcess(world, undefined, ['smtp', 'graph']);
    const first = await process.accept({ idempotencyKey: 'a' });
    world.server.logins.push({ kind: 'closed', code: 'submission_no_way' });
    await process.run();
    expect(await read(first.id)).toMatchObject({ state: 'sent', way: 'graph' });
    const second = await process.accept({ idempotencyKey: 'b' });
    await process.run();
    expect(await read(second.id)).toMatchObject({ way: 'graph' });
    await world.clock.advance(25 * hourMs);
    const third = await process.accept({ idempotencyKey: 'c' });
    await process.run();
    expect(await read(third.id)).toMatchObject({ way: 'smtp' });
  });

  it('stays with the way of the first mark, though it is shut meanwhile', async () => {
    const process = startProcess(world, undefined, ['smtp', 'graph']);
    const { id } = await process.accept();
    world.server.answers.push(deferral('message'), { kind: 'closed', code: 'submission_no_way' });
    await process.run();
    await world.clock.advance(minuteMs);
    await process.run();
    await world.clock.advance(5 * minuteMs);
    await process.run();
    expect(takenIds()).toEqual([]);
    expect(await read(id)).toMatchObject({ state: 'queued', way: 'smtp', waitingFor: { code: 'submission_no_way' } });
  });

  it('looks in Sent after an answer that did not come, and ends as sent with the Message-ID of the copy', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    world.server.answers.push('died');
    await process.run();
    expect(await read(id)).toMatchObject({ state: 'sending', waitingFor: { code: 'submission_unsettled' } });
    await world.clock.advance(15 * secondMs);
    await startProcess(world).run();
    expect(await read(id)).toMatchObject({
      state: 'sent',
      serverMessageId: '<theirs@exchange.example>',
      ourMessageId: '<ours@contoso.example>',
    });
    expect(takenIds()).toEqual([id]);
  });

  it('does not call it unknown while Sent cannot be looked into', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    world.server.answers.push('died');
    world.server.sentFault = new BrokerError('imap_unreachable');
    await process.run();
    for (let minutes = 0; minutes < 120; minutes += 5) {
      await world.clock.advance(5 * minuteMs);
      await process.run();
    }
    expect(await read(id)).toMatchObject({ state: 'sending', waitingFor: { code: 'imap_unreachable' } });
    world.server.sentFault = undefined;
    await world.clock.advance(5 * minuteMs);
    await process.run();
    expect(await read(id)).toMatchObject({ state: 'sent' });
  });

  it('keeps an unknown one until a decision is made', async () => {
    world.server.copyAfterMs = Number.POSITIVE_INFINITY;
    const process = startProcess(world);
    const { id } = await process.accept();
    world.server.answers.push('died');
    await process.run();
    for (let minutes = 0; minutes < 60; minutes += 2) {
      await world.clock.advance(2 * minuteMs);
      await process.run();
    }
    expect(await read(id)).toMatchObject({ state: 'unknown', code: 'submission_unknown', stored: true });
    expect(takenIds()).toEqual([id]);
    await expect(process.decisions.cancel(id)).rejects.toMatchObject({ code: 'submission_marked' });

    await process.decisions.resend(id, mailbox);
    await process.run();
    expect(await read(id)).toMatchObject({ state: 'sent', attempts: 2 });
    const [first, second] = world.server.taken;
    expect(second).toEqual(first);
    await expect(process.decisions.resend(id, mailbox)).rejects.toMatchObject({ code: 'submission_not_unknown' });
  });

  it('lets a person settle an unknown one, and reports both', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    world.server.copyAfterMs = Number.POSITIVE_INFINITY;
    world.server.answers.push('died');
    await process.run();
    for (let minutes = 0; minutes < 60; minutes += 2) {
      await world.clock.advance(2 * minuteMs);
      await process.run();
    }
    await process.decisions.settle(id, 'sent');
    expect(await read(id)).toMatchObject({ state: 'sent' });
    const types = (await world.rows('mail', 'o!')).map(({ values }) => ('type' in values ? values.type : ''));
    expect(types.sort()).toEqual(['submission.sent', 'submission.unknown']);
  });
});

describe('the wake-up of a message', () => {
  it.each([
    ['at once', 0, [0]],
    ['in ten seconds', 10 * secondMs, [10 * secondMs]],
    ['in a day', 24 * hourMs, [24 * hourMs]],
    // The dispatcher finds it at its tick.
    ['later than in a day', 24 * hourMs + secondMs, []],
  ])('comes to the second where it goes %s', async (_when, aheadMs, delays) => {
    const process = startProcess(world);
    const { id } = await process.accept({ sendAt: new Date(world.clock.now() + aheadMs) });
    expect(process.wakes).toEqual(
      delays.map((delayMs) => ({ hint: { v: 1, kind: 'send', lane: world.lane }, delayMs })),
    );
    const due = (at: number) => dueLanes({ ...process.deps, mailbox: async () => mailbox }, [7], new Date(at));
    expect((await due(world.clock.now() + aheadMs - 1)).lanes).toEqual([]);
    expect((await due(world.clock.now() + aheadMs)).lanes).toEqual([world.lane]);
    await world.clock.advance(aheadMs);
    await process.run();
    expect(takenIds()).toEqual([id]);
  });
});

describe('an idempotency key', () => {
  it('answers the same submission while it is in flight and after its end', async () => {
    const process = startProcess(world);
    const first = await process.accept();
    expect((await process.accept()).id).toBe(first.id);
    await process.run();
    expect((await process.accept()).id).toBe(first.id);
    expect(takenIds()).toEqual([first.id]);
    expect(world.blobs.names()).toEqual([]);
  });

  it('is refused with other content, and free for another client', async () => {
    const process = startProcess(world);
    const first = await process.accept();
    await expect(process.accept({ contentHash: 'other' })).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect((await process.accept({ client: 'other' })).id).not.toBe(first.id);
  });

  it('lets one of two who ask at the same moment win, and answers both with it', async () => {
    const [one, other] = await Promise.all([startProcess(world).accept(), startProcess(world).accept()]);
    expect(one.id).toBe(other.id);
    expect(world.blobs.names()).toEqual([one.id]);
  });
});

describe('cancelling', () => {
  it('wins until an attempt is marked, may be repeated, and leaves no content', async () => {
    const process = startProcess(world);
    const { id } = await process.accept({ sendAt: new Date(world.clock.now() + 10 * secondMs) });
    expect(await process.decisions.cancel(id)).toMatchObject({ state: 'cancelled' });
    expect(await process.decisions.cancel(id)).toMatchObject({ state: 'cancelled' });
    await world.clock.advance(minuteMs);
    await process.run();
    expect(takenIds()).toEqual([]);
    expect(world.blobs.names()).toEqual([]);
    expect(await world.rows('submissions', 'w!')).toEqual([]);
  });

  it.each([
    ['wins while the run signs in', 'prepare', 'cancelled'],
    ['comes too late while the message is handed over', 'send', 'sent'],
  ] as const)('%s', async (_what, when, state) => {
    let id = '';
    let refused: unknown;
    const sent: string[] = [];
    const cancel = () =>
      startProcess(world)
        .decisions.cancel(id)
        .catch((error: unknown) => {
          refused = error;
        });
    const process = startProcess(world, undefined, () => {
      const way: Way = {
        name: 'smtp',
        async prepare() {
          if (when === 'prepare') await cancel();
          return {
            kind: 'ready',
            async send(mail) {
              if (when === 'send') await cancel();
              sent.push(mail.submissionId);
              return { kind: 'accepted', refused: [] };
            },
            close: async () => {},
          };
        },
      };
      return new Map([['smtp', way]]);
    });
    ({ id } = await process.accept());
    await process.run();
    expect(await read(id)).toMatchObject({ state });
    expect(sent).toEqual(when === 'send' ? [id] : []);
    if (when === 'send')
      expect(refused).toMatchObject({ code: 'submission_marked', message: 'The submission is sending.' });
    else expect(refused).toBeUndefined();
  });

  it('comes too late once it is sent, and names the state', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    await process.run();
    await expect(process.decisions.cancel(id)).rejects.toMatchObject({
      code: 'submission_marked',
      message: 'The submission is sent.',
    });
  });

  it('answers 404 for an unknown submission', async () => {
    await expect(startProcess(world).decisions.cancel('sub_x')).rejects.toMatchObject({ code: 'not_found' });
  });
});
