import { beforeEach, describe, expect, it } from 'vitest';
import { dsn, type Report } from '../../../test/support/dsn.ts';
import { mailbox, type SendingWorld, sendingWorld, startProcess } from '../../../test/support/sending-world.ts';
import { dayMs, hourMs, minuteMs } from '../domain/duration.ts';
import { parseMessage } from '../mailbox/message/parse-message.ts';
import { createSendingSettings } from '../store/submissions/sending-settings.ts';
import { createSuppressions } from '../store/submissions/suppressions.ts';
import { createMailIn } from './mail-in.ts';

let world: SendingWorld;
beforeEach(async () => {
  world = await sendingWorld();
});

const read = async (id: string) => (await startProcess(world).deps.rows.read(id))?.submission;
const eventsOf = async (type: string) =>
  (await world.rows('mail', 'o!')).map(({ values }) => Object(values)).filter((event) => event.type === type);

async function sent(idempotencyKey = 'one') {
  const process = startProcess(world);
  const { id } = await process.accept({ idempotencyKey });
  await process.run();
  return id;
}

/** A report comes into the mailbox and is read, as sync does. */
async function receive(report: Report) {
  const internalDate = new Date(world.clock.now());
  const meta = { uid: 1, size: 1, seen: false, flagged: false, answered: false, internalDate };
  const none = { messageId: undefined, date: undefined, from: undefined, subject: undefined, received: undefined };
  const message = await parseMessage(dsn(report), { meta: { ...meta, ...none }, truncated: [] });
  await createMailIn(startProcess(world).deps).bounced(mailbox, message);
}

const unknownUser = { recipient: 'grace@fabrikam.example', status: '5.1.1', diagnostic: '550 5.1.1 no such user' };

describe('a bounce', () => {
  it('makes the submission that our header names bounced, with the words of the server, and is told once', async () => {
    const id = await sent();
    const report = { returned: { submission: id }, recipients: [unknownUser] };
    await receive(report);
    await receive(report);
    expect(await read(id)).toMatchObject({
      state: 'bounced',
      code: 'submission_bounced',
      resendable: false,
      refused: [
        { address: 'grace@fabrikam.example', code: 'submission_bounced', reply: '5.1.1 550 5.1.1 no such user' },
      ],
    });
    expect(await eventsOf('submission.bounced')).toEqual([
      expect.objectContaining({ data: expect.stringContaining(`"submissionId":"${id}","state":"bounced"`) }),
    ]);
    expect(await world.rows('submissions', 'w!')).toEqual([]);
  });

  it.each([
    ['ours', '<ours@contoso.example>'],
    ['that of the server', '<theirs@exchange.example>'],
  ])('is linked by a Message-ID where our header did not come back: %s', async (_, messageId) => {
    world.server.answers.push({ kind: 'accepted', refused: [], serverMessageId: '<theirs@exchange.example>' });
    const id = await sent();
    await receive({ returned: { messageId }, recipients: [unknownUser] });
    expect(await read(id)).toMatchObject({ state: 'bounced' });
  });

  it('belongs to the one recent submission to its recipient if it names no message', async () => {
    const id = await sent();
    await receive({ returned: undefined, recipients: [{ ...unknownUser, recipient: 'alan@fabrikam.example' }] });
    expect(await read(id)).toMatchObject({ state: 'sent' });
    await receive({ returned: undefined, recipients: [unknownUser] });
    expect(await read(id)).toMatchObject({ state: 'bounced' });
  });

  it('changes nothing if it names no message and two submissions went to its recipient', async () => {
    const ids = [await sent('a'), await sent('b')];
    await receive({ returned: undefined, recipients: [unknownUser] });
    for (const id of ids) expect(await read(id)).toMatchObject({ state: 'sent' });
  });

  it('is not matched to submissions older than servers keep trying', async () => {
    const id = await sent();
    await world.clock.advance(5 * dayMs + minuteMs);
    await receive({ returned: undefined, recipients: [unknownUser] });
    expect(await read(id)).toMatchObject({ state: 'sent' });
  });

  it('is ignored for mail that another client sent, even to a recipient of ours', async () => {
    const id = await sent();
    await receive({ returned: { messageId: '<from-outlook@contoso.example>' }, recipients: [unknownUser] });
    expect(await read(id)).toMatchObject({ state: 'sent' });
  });

  it('changes no submission of another account', async () => {
    const id = await sent();
    const stranger = { ...mailbox, id: 'mbx_0007_StrangerStranger', grant: { ...mailbox.grant, oid: 'other' } };
    const message = { returnedSubmissionId: id, bounce: { ...unknownUser, action: 'failed', recipients: [] } };
    const deps = { ...startProcess(world).deps, mailboxesOf: async () => [] };
    const recipients = [{ ...unknownUser, action: 'failed' }];
    await createMailIn(deps).bounced(stranger, Object({ ...message, bounce: { ...message.bounce, recipients } }));
    expect(await read(id)).toMatchObject({ state: 'sent' });
  });

  it('adds each recipient that failed, those of a later report too', async () => {
    const id = await sent();
    const other = { recipient: 'alan@fabrikam.example', status: '5.2.2', diagnostic: 'mailbox full' };
    const third = { recipient: 'kay@fabrikam.example', status: '5.4.4', diagnostic: 'no route' };
    await receive({ returned: { submission: id }, recipients: [unknownUser, other] });
    await receive({ returned: { submission: id }, recipients: [other, third] });
    expect((await read(id))?.refused.map(({ address }) => address)).toEqual([
      'grace@fabrikam.example',
      'alan@fabrikam.example',
      'kay@fabrikam.example',
    ]);
    expect((await eventsOf('submission.bounced')).length).toBe(2);
  });

  it('changes nothing while the server keeps trying', async () => {
    const id = await sent();
    await receive({ returned: { submission: id }, recipients: [{ ...unknownUser, action: 'delayed' }] });
    expect(await read(id)).toMatchObject({ state: 'sent' });
    await receive({
      returned: { submission: id },
      recipients: [
        { ...unknownUser, action: 'delayed' },
        { ...unknownUser, recipient: 'alan@fabrikam.example' },
      ],
    });
    expect((await read(id))?.refused.map(({ address }) => address)).toEqual(['alan@fabrikam.example']);
  });

  it('reports an unknown one as sent', async () => {
    world.server.copyAfterMs = Number.POSITIVE_INFINITY;
    world.server.answers.push('died');
    const id = await sent();
    for (let minutes = 0; minutes < 60; minutes += 2) {
      await world.clock.advance(2 * minuteMs);
      await startProcess(world).run();
    }
    expect(await read(id)).toMatchObject({ state: 'unknown' });
    await receive({ returned: { submission: id }, recipients: [unknownUser] });
    expect(await read(id)).toMatchObject({ state: 'bounced', stored: false });
  });
});

describe('the suppression list', () => {
  const listed = async () =>
    (await createSuppressions(world).page(mailbox.id, undefined, 10)).map(({ suppression }) => suppression);
  const wants = () =>
    createSendingSettings({ ...startProcess(world).deps }).change(mailbox.id, { suppressHardBounces: true });

  it('gets an address that a bounce calls unknown, once, where the mailbox wants that', async () => {
    await wants();
    const id = await sent();
    const report = { returned: { submission: id }, recipients: [unknownUser] };
    await receive(report);
    await receive(report);
    expect(await listed()).toMatchObject([
      { address: 'grace@fabrikam.example', reason: 'hard_bounce', submissionId: id },
    ]);
  });

  it('gets none where it does not want that', async () => {
    const id = await sent();
    await receive({ returned: { submission: id }, recipients: [unknownUser] });
    expect(await listed()).toEqual([]);
  });

  it.each([
    ['a full mailbox', { ...unknownUser, status: '5.2.2' }],
    ['a filter', { ...unknownUser, status: '5.7.1' }],
    ['a limit of the organisation', { ...unknownUser, status: '5.7.232' }],
    ['a limit of a trial', { ...unknownUser, status: '5.7.233' }],
    ['a limit of the sender', { ...unknownUser, status: '5.1.90' }],
    ['a blocked sender', { ...unknownUser, status: '5.1.8' }],
    ['an address that the message did not go to', { ...unknownUser, recipient: 'boss@fabrikam.example' }],
  ])('gets none for %s', async (_what, recipient) => {
    await wants();
    const id = await sent();
    await receive({ returned: { submission: id }, recipients: [recipient] });
    expect(await listed()).toEqual([]);
  });

  it('keeps what stands there by hand', async () => {
    await wants();
    const since = new Date(world.clock.now());
    const byHand = {
      address: 'Grace@Fabrikam.example',
      reason: 'manual' as const,
      since,
      note: 'asked',
      submissionId: undefined,
    };
    const id = await sent();
    await createSuppressions(world).put(mailbox.id, byHand);
    await receive({ returned: { submission: id }, recipients: [unknownUser] });
    expect(await listed()).toEqual([byHand]);
  });
});

describe('a bounce for a limit of the sender', () => {
  const limit = (status: string) => ({ ...unknownUser, status, diagnostic: `550 ${status} over the limit` });
  const exchange = 'MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.example';

  it.each([
    ['5.7.232', 'submission_quota', 'tenant!'],
    ['5.7.233', 'submission_quota', 'tenant!'],
    ['5.1.90', 'submission_quota', 'hold!u!'],
    ['5.1.8', 'sender_blocked', 'hold!u!'],
  ])('%s can be sent again later, and nothing else goes before', async (status, code, row) => {
    const id = await sent();
    await receive({ from: exchange, returned: { submission: id }, recipients: [limit(status)] });
    expect(await read(id)).toMatchObject({ state: 'bounced', code, resendable: true });
    const resending = startProcess(world).decisions.resend(id, mailbox);
    await expect(resending).rejects.toMatchObject({ code: 'submission_not_kept', status: 409 });
    const [held] = await world.rows('submissions', row);
    expect(held?.values).toMatchObject({ code, until: new Date(world.clock.now() + 6 * hourMs) });

    const next = await startProcess(world).accept({ idempotencyKey: 'next' });
    await world.clock.advance(5 * hourMs);
    await startProcess(world).run();
    expect(await read(next.id)).toMatchObject({ state: 'queued' });
    await world.clock.advance(hourMs + minuteMs);
    await startProcess(world).run();
    expect(await read(next.id)).toMatchObject({ state: 'sent' });
  });

  it('holds no account where it does not come from Exchange, because anyone could write one', async () => {
    const id = await sent();
    const from = 'mailer-daemon@fabrikam.example';
    await receive({ from, returned: { submission: id }, recipients: [limit('5.7.232')] });
    expect(await read(id)).toMatchObject({ state: 'bounced', resendable: true });
    expect(await world.rows('submissions', 'tenant!')).toEqual([]);
  });

  it('is not sent again as a whole where a recipient failed for another reason', async () => {
    const id = await sent();
    await receive({
      from: exchange,
      returned: { submission: id },
      recipients: [limit('5.1.90'), { ...unknownUser, recipient: 'alan@fabrikam.example' }],
    });
    expect(await read(id)).toMatchObject({ state: 'bounced', code: 'submission_bounced', resendable: false });
    expect((await world.rows('submissions', 'hold!')).length).toBe(1);
  });
});

describe('a copy in Sent', () => {
  const unread = { messageId: undefined, from: undefined };
  const copied = (id: string, messageId: string | undefined, from = mailbox.address) =>
    createMailIn(startProcess(world).deps).copied(mailbox, id, { messageId, from });

  it('tells the Message-ID that Exchange gave the message, also when all went well', async () => {
    const id = await sent();
    expect(await copied(id, ' <theirs@exchange.example>')).toBe(true);
    expect(await read(id)).toMatchObject({
      state: 'sent',
      ourMessageId: '<ours@contoso.example>',
      serverMessageId: '<theirs@exchange.example>',
    });
    expect(await startProcess(world).deps.rows.byMessageId(mailbox.id, '<theirs@exchange.example>')).toBe(id);
    expect(await world.rows('submissions', 'w!')).toEqual([]);
    expect((await world.rows('mail', 'o!')).length).toBe(1);
  });

  it('tells the address that the server put into From in place of ours', async () => {
    const id = await sent();
    await copied(id, '<ours@contoso.example>', mailbox.address.toUpperCase());
    expect((await read(id))?.fromRewritten).toBeUndefined();
    await copied(id, '<ours@contoso.example>', 'ada.lovelace@contoso.example');
    expect(await read(id)).toMatchObject({ state: 'sent', fromRewritten: 'ada.lovelace@contoso.example' });
    const { etag } = (await startProcess(world).deps.rows.read(id)) ?? {};
    await copied(id, '<ours@contoso.example>', 'ada.lovelace@contoso.example');
    expect((await startProcess(world).deps.rows.read(id))?.etag).toBe(etag);
    // The end was told before, and is told once.
    expect(await world.rows('mail', 'o!')).toHaveLength(1);
  });

  it('changes nothing if it has our own Message-ID', async () => {
    const id = await sent();
    const before = await startProcess(world).deps.rows.read(id);
    expect(await copied(id, '<ours@contoso.example>')).toBe(true);
    expect((await startProcess(world).deps.rows.read(id))?.etag).toBe(before?.etag);
  });

  it('settles an unknown one, and reports it', async () => {
    world.server.copyAfterMs = Number.POSITIVE_INFINITY;
    world.server.answers.push('died');
    const id = await sent();
    for (let minutes = 0; minutes < 60; minutes += 2) {
      await world.clock.advance(2 * minuteMs);
      await startProcess(world).run();
    }
    expect(await read(id)).toMatchObject({ state: 'unknown' });
    await copied(id, '<ours@contoso.example>');
    expect(await read(id)).toMatchObject({ state: 'sent' });
    expect((await eventsOf('submission.sent')).length).toBe(1);
  });

  it('leaves the result to an attempt that is still in progress', async () => {
    const process = startProcess(world, { atStep: 6, done: true });
    const { id } = await process.accept();
    await process.run().catch(() => undefined);
    await copied(id, '<theirs@exchange.example>');
    expect(await read(id)).toMatchObject({ state: 'sending', serverMessageId: '<theirs@exchange.example>' });
  });

  it('is ignored if it names a submission of another account or an invented one', async () => {
    const id = await sent();
    expect(await copied(`${id.slice(0, -4)}AAAA`, undefined)).toBe(false);
    expect(await copied('sub_nonsense', undefined)).toBe(false);
    const other = { ...mailbox, id: 'mbx_0007_StrangerStranger' };
    const deps = { ...startProcess(world).deps, mailboxesOf: async () => [] };
    expect(await createMailIn(deps).copied(other, id, unread)).toBe(false);
    // A person sends from a shared mailbox, and the copy lies in that person's Sent.
    const siblings = { ...deps, mailboxesOf: async () => [other, mailbox] };
    expect(await createMailIn(siblings).copied(other, id, unread)).toBe(true);
  });
});
