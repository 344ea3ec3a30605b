import { beforeEach, describe, expect, it } from 'vitest';
import {
  composed,
  mailbox,
  type SendingWorld,
  sendingWorld,
  startProcess,
} from '../../../test/support/sending-world.ts';
import { hourMs, minuteMs, secondMs } from '../domain/duration.ts';
import { BrokerError } from '../errors.ts';
import { accountHoldKey, tenantHoldKey } from '../store/submissions/submission-keys.ts';
import { createSuppressions } from '../store/submissions/suppressions.ts';
import { createHolds } from './holds.ts';
import { retryAccount } from './retry-account.ts';
import { withWaiting } from './shown-waiting.ts';

let world: SendingWorld;
beforeEach(async () => {
  world = await sendingWorld();
});

const later = (ms: number) => new Date(world.clock.now() + ms);
const read = async (id: string) => (await startProcess(world).deps.rows.read(id))?.submission;
const takenIds = () => world.server.taken.map(({ id }) => id);

/** As the API shows it. */
async function waitingFor(id: string, row = mailbox) {
  const { deps } = startProcess(world);
  const found = await deps.rows.read(id);
  const [shown] = await withWaiting(deps, row, found === undefined ? [] : [found.submission]);
  return shown?.waitingFor;
}

describe('why a message waits', () => {
  it('is told of one behind another for which the account is held', async () => {
    const process = startProcess(world);
    const first = await process.accept({ idempotencyKey: 'a' });
    const second = await process.accept({ idempotencyKey: 'b' });
    world.server.answers.push({
      ...{ kind: 'deferred', code: 'submission_quota', scope: 'account' },
      retryAfterMs: 10 * minuteMs,
    });
    await process.run();
    const held = { code: 'submission_quota', until: later(10 * minuteMs) };
    expect(await waitingFor(first.id)).toEqual(held);
    expect(await waitingFor(second.id)).toEqual(held);
    // What is accepted later waits for the same.
    expect(await waitingFor((await process.accept({ idempotencyKey: 'c' })).id)).toEqual(held);
    await world.clock.advance(10 * minuteMs);
    await process.run();
    expect(await waitingFor(second.id)).toBeUndefined();
  });

  it.each([
    ['the account', accountHoldKey],
    ['its organisation', () => tenantHoldKey(mailbox.grant.tid)],
  ])('is told where a bounce holds %s', async (_, keyOf) => {
    const process = startProcess(world);
    const hold = { code: 'submission_quota' as const, until: later(6 * hourMs) };
    await createHolds(process.deps).put(keyOf(world.lane), hold);
    const { id } = await process.accept();
    expect(await waitingFor(id)).toEqual(hold);
    await process.run();
    expect(takenIds()).toEqual([]);
    expect(await waitingFor(id)).toEqual(hold);
  });

  it('is told of what the pace of the account holds back', async () => {
    const process = startProcess(world);
    const ids: string[] = [];
    for (let index = 0; index < 31; index += 1) {
      ids.push((await process.accept({ idempotencyKey: String(index) })).id);
      await world.clock.advance(10);
    }
    await process.run();
    expect(takenIds()).toHaveLength(30);
    expect(await waitingFor(ids[30] ?? '')).toMatchObject({ code: 'submission_pace', until: expect.any(Date) });
  });

  it('is that the mailbox is paused, also before it was tried', async () => {
    const { id } = await startProcess(world).accept();
    expect(await waitingFor(id, { ...mailbox, paused: true })).toEqual({ code: 'mailbox_paused', until: undefined });
    expect(await waitingFor(id)).toBeUndefined();
  });

  it('is the reason that lasts longer, of its own and that of its account', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    world.server.answers.push({
      ...{ kind: 'deferred', code: 'send_deferred', scope: 'message' },
      retryAfterMs: hourMs,
    });
    await process.run();
    const hold = { code: 'submission_quota' as const, until: later(minuteMs) };
    await createHolds(process.deps).put(accountHoldKey(world.lane), hold);
    expect(await waitingFor(id)).toMatchObject({ code: 'send_deferred' });
    await createHolds(process.deps).put(accountHoldKey(world.lane), { ...hold, until: later(2 * hourMs) });
    expect(await waitingFor(id)).toMatchObject({ code: 'submission_quota' });
  });

  it('is not told of what is scheduled for later, or has ended', async () => {
    const process = startProcess(world);
    const { id } = await process.accept({ sendAt: later(hourMs) });
    const sent = await process.accept({ idempotencyKey: 'other' });
    await process.run();
    await createHolds(process.deps).put(accountHoldKey(world.lane), {
      code: 'submission_quota',
      until: later(2 * hourMs),
    });
    expect(await waitingFor(id)).toBeUndefined();
    expect(await waitingFor(sent.id)).toBeUndefined();
  });
});

describe('an account that was put right', () => {
  it('sends at once what waited for its sign-in', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    for (let tries = 0; tries < 4; tries += 1) {
      world.server.logins.push(new BrokerError('reconnect_required'));
      await process.run();
      await world.clock.advance((await waitMs(id)) - (tries === 3 ? secondMs : 0));
    }
    expect(takenIds()).toEqual([]);
    await retryAccount(process.deps, mailbox);
    expect(process.wakes.at(-1)).toMatchObject({ hint: { kind: 'send', lane: world.lane }, delayMs: 0 });
    await process.run();
    expect(takenIds()).toEqual([id]);
  });

  it('tries a way at once that was shut for want of a consent', async () => {
    const process = startProcess(world, undefined, ['graph']);
    process.sendVia = 'graph';
    const { id } = await process.accept();
    world.server.logins.push({ kind: 'closed', code: 'send_consent_required', scope: 'mailbox' });
    await process.run();
    expect(await waitingFor(id)).toMatchObject({ code: 'send_consent_required' });
    await world.clock.advance(minuteMs);
    await process.run();
    expect(takenIds()).toEqual([]);
    await retryAccount(process.deps, mailbox);
    await process.run();
    expect(takenIds()).toEqual([id]);
  });

  it('tries a way again that was found shut in the same second, though the clock of the store may be that much behind', async () => {
    const process = startProcess(world, undefined, ['graph']);
    process.sendVia = 'graph';
    const { id } = await process.accept();
    await world.clock.advance(2 * secondMs);
    world.server.logins.push({ kind: 'closed', code: 'send_consent_required', scope: 'mailbox' });
    await process.run();
    const time = {
      whenWriting: () => world.clock.now() + 400,
      whenJudging: () => world.clock.now() - secondMs,
    };
    await retryAccount({ ...process.deps, store: { ...process.deps.store, time } }, mailbox);
    await process.run();
    expect(takenIds()).toEqual([id]);
  });

  it('does not hurry what the mail server asked to wait for, nor what is scheduled', async () => {
    const process = startProcess(world);
    const { id } = await process.accept();
    await process.accept({ idempotencyKey: 'later', sendAt: later(hourMs) });
    world.server.answers.push({
      ...{ kind: 'deferred', code: 'recipient_deferred', scope: 'message' },
      retryAfterMs: 10 * minuteMs,
    });
    await process.run();
    await retryAccount(process.deps, mailbox);
    await process.run();
    expect(takenIds()).toEqual([]);
    await world.clock.advance(10 * minuteMs);
    await process.run();
    expect(takenIds()).toEqual([id]);
  });

  const waitMs = async (id: string) => ((await read(id))?.nextAt.getTime() ?? 0) - world.clock.now();
});

describe('the suppression list', () => {
  it('holds back a message that was accepted before, and names who is on it', async () => {
    const process = startProcess(world);
    const compose = async () => composed('Later', ['ada@contoso.example', 'Grace@fabrikam.example']);
    const { id } = await process.accept({ sendAt: later(hourMs), compose });
    const since = new Date('2026-11-22T12:30:00Z');
    const suppression = { address: 'grace@fabrikam.example', reason: 'manual', note: undefined } as const;
    await createSuppressions(world).put(mailbox.id, { ...suppression, since, submissionId: undefined });
    await world.clock.advance(hourMs);
    await process.run();
    expect(takenIds()).toEqual([]);
    expect(await read(id)).toMatchObject({
      ...{ state: 'failed', code: 'recipient_suppressed', attempts: 0 },
      refused: [
        {
          address: 'grace@fabrikam.example',
          code: 'recipient_suppressed',
          reply: expect.stringContaining('grace@fabrikam.example is on the suppression list'),
        },
      ],
    });
    expect((await world.rows('mail', 'o!')).map(({ values }) => values)).toMatchObject([{ type: 'submission.failed' }]);
  });
});
