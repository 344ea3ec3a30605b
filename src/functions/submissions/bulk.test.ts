import { beforeEach, describe, expect, it, vi } from 'vitest';
import { composed } from '../../../test/support/composed.ts';
import { send as call } from '../../../test/support/http.ts';
import { type SendDoorWorld, sendDoorWorld } from '../../../test/support/send-door.ts';
import { BrokerError } from '../../lib/errors.ts';
import { sendBulk } from '../../lib/submissions/requests/bulk-send.ts';
import { sendRequest } from '../../lib/submissions/requests/send-request.ts';

vi.mock('../../lib/broker.ts', () => import('../../../test/support/composed.ts'));
vi.mock('@azure/functions', async (original) =>
  (await import('../../../test/support/without-host.ts')).withoutHost(original),
);

const { bulk } = await import('./bulk.ts');

let world: SendDoorWorld;
beforeEach(async () => {
  world = await sendDoorWorld();
  composed.broker = async () => world.parts;
});

const post = (body: object | string, headers: Record<string, string> = { 'idempotency-key': 'autumn' }) =>
  call(bulk, { method: 'POST', path: 'mailboxes/x/bulk', params: { id: world.mailbox.id }, headers, body });

const to = (index: number) => ({ to: `u${index}@fabrikam.example`, text: `Dear ${index}` });
const submissions = async () =>
  (await world.sending.submissions.page(world.mailbox.id, undefined, 200)).map(({ submission }) => submission);

describe('a bulk request', () => {
  it('makes each message a submission that lets other mail go first, and one wake-up', async () => {
    const messages = Array.from({ length: 25 }, (_, index) => to(index));
    const answer = await post({ subject: 'Autumn', messages });
    expect(answer).toMatchObject({ status: 202, body: { counts: { accepted: 25, refused: 0, left: 0 } } });
    expect(answer.body.items.map(({ index, state }: { index: number; state: string }) => `${index} ${state}`)).toEqual(
      messages.map((_, index) => `${index} queued`),
    );
    const made = await submissions();
    expect(new Set(made.map(({ id }) => id))).toEqual(new Set(answer.body.items.map(({ id }: { id: string }) => id)));
    expect(made.every(({ priority }) => priority === 'bulk')).toBe(true);
    expect(world.wakes).toEqual([0]);
    expect(world.audited).toEqual(['submission.create-bulk']);
  });

  it('is answered with the same submissions when it comes again, also while it is under way', async () => {
    const body = { subject: 'Autumn', messages: [to(1), to(2), to(3)] };
    const [first, second] = await Promise.all([post(body), post(body)]);
    const third = await post(body);
    for (const { body: again } of [second, third]) expect(again.items).toEqual(first.body.items);
    expect(await submissions()).toHaveLength(3);
  });

  it('takes the other messages where some are refused, and says of each why', async () => {
    const messages = [to(1), { text: 'To nobody' }, { ...to(2), text: 'x'.repeat(1_100_000) }, to(3)];
    const { body } = await post({ subject: 'Autumn', messages });
    expect(body.counts).toEqual({ accepted: 2, refused: 2, left: 0 });
    expect(body.items[1]).toMatchObject({
      outcome: 'refused',
      code: 'invalid_request',
      fields: [{ field: 'messages.1.to', message: 'Names nobody.' }],
    });
    expect(body.items[2]).toMatchObject({ outcome: 'refused', code: 'mail_too_large' });
    expect(body.items[2].detail).toContain('1.0 MB');
    expect(world.blobs.names()).toHaveLength(2);
  });

  it('refuses a message that is another one than under the same key before', async () => {
    await post({ messages: [to(1), to(2)] });
    const { body } = await post({ messages: [to(1), to(3)] });
    expect(body.items.map(({ outcome, code }: { outcome: string; code?: string }) => code ?? outcome)).toEqual([
      'accepted',
      'idempotency_key_reused',
    ]);
  });

  it('gives each message what all have in common, unless it says something else itself', async () => {
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    const messages = [to(1), { ...to(2), subject: 'For you' }];
    const answer = await post({ subject: 'Autumn', sendAt, onUnknown: 'resend', messages });
    expect(answer.body.items[0].state).toBe('scheduled');
    for (const each of await submissions())
      expect(each).toMatchObject({ onUnknown: 'resend', dueAt: new Date(sendAt) });
  });

  it.each<[object, string]>([
    [{ messages: [] }, 'messages'],
    [{}, 'messages'],
    [{ messages: Array.from({ length: 501 }, (_, index) => to(index)) }, 'messages'],
    [{ messages: [to(1), { ...to(2), subject: 'x\r\nBcc: eve@evil.example' }] }, 'messages.1.subject'],
    [{ messages: [{ ...to(1), from: 'boss@x.example' }] }, 'messages.0.from'],
    [{ messages: [{ reply: 'x'.repeat(40) }] }, 'messages.0.reply'],
    [{ messages: [to(1)], to: 'everybody@x.example' }, 'to'],
  ])('%j is refused as a whole, by the name of the field', async (body, field) => {
    const answer = await post(body);
    expect([answer.status, answer.body.fields[0].field]).toEqual([400, field]);
    expect(await submissions()).toEqual([]);
  });

  it('needs a key, without which a lost answer could not be asked for again', async () => {
    const answer = await post({ messages: [to(1)] }, {});
    expect(answer.body.fields).toEqual([
      { field: 'Idempotency-Key', message: 'Is missing: a bulk request needs this header.' },
    ]);
  });
});

describe('messages that cannot be taken now', () => {
  const messages = [1, 2, 3].map((index) => sendRequest.parse(to(index)));
  const clock = { now: () => 0, monotonic: () => 0 };
  const down = async (): Promise<never> => {
    throw new BrokerError('storage_unreachable');
  };

  it('are left for the next try', async () => {
    const [made] = (await post({ messages: [to(1)] })).body.items;
    const [first] = await submissions();
    expect(first?.id).toBe(made.id);
    const take = async (_: unknown, index: number) => (index === 0 && first !== undefined ? first : down());
    const { counts, items } = await sendBulk(messages, take, clock);
    expect(counts).toEqual({ accepted: 1, refused: 0, left: 2 });
    expect(items[2]).toEqual({ index: 2, outcome: 'left', code: 'storage_unreachable' });
  });

  it('make the request fail if they are all', async () => {
    await expect(sendBulk(messages, down, clock)).rejects.toMatchObject({ code: 'storage_unreachable' });
  });

  it('are left when the time of the request is over', async () => {
    let now = 0;
    const late = { now: () => 0, monotonic: () => (now += 50_000) };
    const take = async (): Promise<never> => {
      throw new BrokerError('sender_not_own');
    };
    const { counts } = await sendBulk(messages, take, late);
    expect(counts).toEqual({ accepted: 0, refused: 2, left: 1 });
  });
});
