import type { HttpHandler } from '@azure/functions';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { composed } from '../../../test/support/composed.ts';
import { send as call, memoryVault, testRoot } from '../../../test/support/http.ts';
import { type SendDoorWorld, sendDoorWorld } from '../../../test/support/send-door.ts';
import { rowsOfTable } from '../../../test/support/tables.ts';
import { createSubmissionLink } from '../../lib/connect/offered/submission-link.ts';
import { createTicketTokens } from '../../lib/connect/tickets.ts';
import { hourMs, minuteMs } from '../../lib/domain/duration.ts';
import type { Submission } from '../../lib/domain/submission.ts';
import { marked } from '../../lib/domain/submission-steps.ts';
import { systemRandom } from '../../lib/domain/system.ts';
import { BrokerError } from '../../lib/errors.ts';
import { createTickets } from '../../lib/store/links/tickets.ts';
import { encodeLane } from '../../lib/store/submissions/lane-row.ts';
import { accountHoldKey, laneOf, tenantHoldKey } from '../../lib/store/submissions/submission-keys.ts';
import { createSubmissionRows } from '../../lib/store/submissions/submissions.ts';
import { createHolds } from '../../lib/submissions/holds.ts';
import { createRootKeys } from '../../lib/vault/root-keys.ts';

vi.mock('../../lib/broker.ts', () => import('../../../test/support/composed.ts'));
vi.mock('@azure/functions', async (original) =>
  (await import('../../../test/support/without-host.ts')).withoutHost(original),
);

const { send } = await import('./send.ts');
const { bulk } = await import('./bulk.ts');
const { handler: submission } = await import('./submission.ts');
const { handler: resend } = await import('./submission-resend.ts');
const { handler: settle } = await import('./submission-settle.ts');
const { submissions } = await import('./submissions.ts');

let world: SendDoorWorld;
beforeEach(async () => {
  world = await sendDoorWorld(undefined, () => Promise.reject(new BrokerError('reconnect_required')));
  const { clock, store, audit } = world;
  const tokens = createTicketTokens({
    rootKeys: createRootKeys(memoryVault({ 'broker-root': [testRoot] })),
    ...{ clock, random: systemRandom },
  });
  const config = { publicUrl: 'https://broker.contoso.example' };
  const submissionLink = createSubmissionLink({ config, tokens, tickets: createTickets(store.table('tickets')) });
  composed.broker = async () => ({ ...world.parts, audit, submissionLink });
});

const offer = { to: 'grace@fabrikam.example', bcc: 'eve@fabrikam.example', subject: 'Offer', text: 'For you alone' };

async function accepted(body: object = {}): Promise<string> {
  const params = { id: world.mailbox.id };
  const answer = await call(send, { method: 'POST', path: 'mailboxes/x/send', params, body: { ...offer, ...body } });
  expect(answer.status).toBe(202);
  return answer.body.id;
}
const at = (handler: HttpHandler, method: string, path: string, id: string, body?: object) =>
  call(handler, { method, path: `submissions/x${path}`, params: { id }, ...(body === undefined ? {} : { body }) });
const get = (id: string) => at(submission, 'GET', '', id);
const cancel = (id: string) => at(submission, 'DELETE', '', id);

/** Writes what a run of the lane would have written. */
async function become(id: string, next: (now: Submission) => Submission): Promise<void> {
  const rows = createSubmissionRows(world);
  const found = await rows.read(id);
  if (found !== undefined) await rows.write(found, next(found.submission));
}
const later = (ms: number) => new Date(world.clock.now() + ms);
const underWay = (queued: Submission): Submission =>
  marked(queued, {
    ...{ way: 'smtp', lane: laneOf(world.mailbox), epoch: 1, at: later(0), until: later(150_000) },
    ...{ places: [], staged: undefined, wantsCopy: false },
  });
const unknown = (queued: Submission): Submission => ({
  ...underWay(queued),
  state: 'unknown',
  code: 'submission_unknown',
  endedAt: later(0),
});

describe('GET submissions/{id}', () => {
  const held = { code: 'submission_quota' as const, until: new Date(Date.now() + 6 * hourMs) };
  const holds = () => createHolds({ ...world, random: systemRandom });
  const ways: readonly [string, () => Promise<unknown>, object][] = [
    [
      'its owner has to sign in again',
      () => world.sending.run(laneOf(world.mailbox)),
      {
        code: 'reconnect_required',
        until: expect.any(String),
        reconnect: { url: expect.stringContaining('https://broker.contoso.example/api/connect?token=') },
      },
    ],
    [
      'its mailbox is paused',
      () => world.registry.patch(world.mailbox.id, { paused: true }),
      { code: 'mailbox_paused', until: null },
    ],
    [
      'its account has sent 30 messages in this minute',
      () =>
        world.store.table('submissions').insert(
          encodeLane({
            ...{ lane: laneOf(world.mailbox), owner: 'a run', epoch: 1, until: later(-minuteMs) },
            ...{ recent: Array.from({ length: 30 }, () => later(-1)), hours: [], hold: undefined, shut: [] },
          }),
        ),
      { code: 'submission_pace', until: expect.any(String) },
    ],
    [
      'Exchange has named a limit of its account',
      () => holds().put(accountHoldKey(laneOf(world.mailbox)), held),
      { code: 'submission_quota', until: held.until.toISOString() },
    ],
    [
      'Exchange has named a limit of its organisation',
      () => holds().put(tenantHoldKey(world.mailbox.grant.tid), held),
      { code: 'submission_quota', until: held.until.toISOString() },
    ],
  ];

  it.each(ways)('says that a message waits because %s', async (_why, happens, waitingFor) => {
    const id = await accepted();
    expect((await get(id)).body).toMatchObject({ state: 'queued', waitingFor: null });
    await happens();
    const explained = { ...waitingFor, sentence: expect.any(String), remedy: expect.any(String) };
    expect(await get(id)).toMatchObject({ status: 200, body: { state: 'queued', attempts: 0, waitingFor: explained } });
    const listed = await call(submissions, { path: 'mailboxes/x/submissions', params: { id: world.mailbox.id } });
    expect(listed.body.items).toMatchObject([{ id, waitingFor: { code: Reflect.get(waitingFor, 'code') } }]);
  });

  it('knows no other submission', async () => {
    const id = await accepted();
    for (const other of ['sub_x', `sub_${'A'.repeat(id.length - 4)}`, world.mailbox.id])
      expect((await get(other)).status).toBe(404);
  });
});

describe('DELETE submissions/{id}', () => {
  it('undoes a message that goes in ten seconds, and says the same when it comes again', async () => {
    const id = await accepted({ sendAt: later(10_000).toISOString() });
    expect((await get(id)).body.state).toBe('scheduled');
    for (let turn = 0; turn < 2; turn++)
      expect(await cancel(id)).toMatchObject({ status: 200, body: { state: 'cancelled' } });
    expect(world.blobs.names()).toEqual([]);
  });

  it('comes too late once an attempt is marked, and says in what state the message is', async () => {
    const id = await accepted();
    await become(id, underWay);
    expect(await cancel(id)).toMatchObject({
      status: 409,
      body: { code: 'submission_marked', detail: 'The submission is sending.', remedy: expect.any(String) },
    });
    expect((await get(id)).body.state).toBe('sending');
  });
});

describe('a message of which nobody knows', () => {
  it('goes once more where somebody decides so, under the Message-ID that it had', async () => {
    const id = await accepted();
    const { ourMessageId } = (await get(id)).body;
    expect((await at(resend, 'POST', '/resend', id)).body.code).toBe('submission_not_unknown');
    await become(id, unknown);
    world.wakes.length = 0;
    expect(await at(resend, 'POST', '/resend', id)).toMatchObject({
      status: 200,
      body: { state: 'queued', ourMessageId },
    });
    expect(world.wakes).toEqual([0]);
    expect(world.blobs.names()).toEqual([id]);
  });

  it.each(['sent', 'failed'])('is %s where somebody has found that out', async (as) => {
    const id = await accepted();
    expect((await at(settle, 'POST', '/settle', id, { as })).body.code).toBe('submission_not_unknown');
    await become(id, unknown);
    expect(await at(settle, 'POST', '/settle', id, { as })).toMatchObject({ status: 200, body: { state: as } });
    expect(world.blobs.names()).toEqual([]);
  });
});

describe('the audit', () => {
  it('says who sent, cancelled, resent and settled what and when, and nothing of what it says', async () => {
    const [one, two, three] = [
      await accepted(),
      await accepted({ subject: 'Two' }),
      await accepted({ subject: 'Three' }),
    ];
    await cancel(one);
    for (const id of [two, three]) await become(id, unknown);
    await at(resend, 'POST', '/resend', two);
    await at(settle, 'POST', '/settle', three, { as: 'sent' });
    await at(settle, 'POST', '/settle', three, { as: 'sent' });
    const headers = { 'idempotency-key': 'autumn' };
    const body = { messages: [offer, { to: 'bob@fabrikam.example' }] };
    const made = await call(bulk, {
      method: 'POST',
      path: 'mailboxes/x/bulk',
      params: { id: world.mailbox.id },
      headers,
      body,
    });
    const rows = await rowsOfTable(world.store, 'audit');
    const { id: mailboxId } = world.mailbox;
    const noted = (action: string, subject: string | undefined) => ({
      ...{ v: 1, at: expect.any(Date), actor: 'testkey00000', action, mailboxId, subject, result: 'ok' },
    });
    const whole = rows.map(({ values }) => values);
    expect(whole).toHaveLength(7);
    expect(whole).toEqual(
      expect.arrayContaining([
        ...[one, two, three].map((id) => noted('submission.create', id)),
        noted('submission.cancel', one),
        noted('submission.resend', two),
        noted('submission.settle', three),
        noted('submission.create-bulk', made.body.items.map(({ id }: { id: string }) => id).join(' ')),
      ]),
    );
    expect(JSON.stringify(rows)).not.toMatch(/fabrikam|contoso|Offer|Two|Three|For you/);
  });
});
