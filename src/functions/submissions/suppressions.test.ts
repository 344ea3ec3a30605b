import { beforeEach, describe, expect, it, vi } from 'vitest';
import { composed } from '../../../test/support/composed.ts';
import { send as call } from '../../../test/support/http.ts';
import { type SendDoorWorld, sendDoorWorld } from '../../../test/support/send-door.ts';

vi.mock('../../lib/broker.ts', () => import('../../../test/support/composed.ts'));
vi.mock('@azure/functions', async (original) =>
  (await import('../../../test/support/without-host.ts')).withoutHost(original),
);

const { send } = await import('./send.ts');
const { bulk } = await import('./bulk.ts');
const { suppressions } = await import('./suppressions.ts');

let world: SendDoorWorld;
beforeEach(async () => {
  world = await sendDoorWorld();
  composed.broker = async () => world.parts;
});

const ask = (method: string, { query = '', body }: { query?: string; body?: object } = {}) =>
  call(suppressions, {
    method,
    path: `mailboxes/x/suppressions${query}`,
    params: { id: world.mailbox.id },
    ...(body === undefined ? {} : { body }),
  });
const put = (addresses: unknown, note?: string) =>
  ask('PUT', { body: note === undefined ? { addresses } : { addresses, note } });
const post = (body: object) => call(send, { method: 'POST', params: { id: world.mailbox.id }, body });
const addresses = (answer: { body: { items: { address: string }[] } }) =>
  answer.body.items.map(({ address }) => address);

describe('the suppression list of a mailbox', () => {
  it('is written, read in pages, asked for one address, and shortened', async () => {
    const many = Array.from({ length: 5 }, (_, index) => `u${index}@fabrikam.example`);
    expect((await put(many, 'asked us to stop')).status).toBe(200);
    const first = await ask('GET', { query: '?limit=3' });
    const second = await ask('GET', { query: `?limit=3&cursor=${first.body.cursor}` });
    expect([...addresses(first), ...addresses(second)].toSorted()).toEqual(many);
    expect(second.body.cursor).toBeNull();
    expect((await ask('GET', { query: '?address=U3@FABRIKAM.example' })).body.items).toMatchObject([
      { address: 'u3@fabrikam.example', reason: 'manual', note: 'asked us to stop', submissionId: null },
    ]);
    expect((await ask('DELETE', { query: '?address=U3@fabrikam.example' })).status).toBe(204);
    expect((await ask('DELETE', { query: '?address=u3@fabrikam.example' })).body.code).toBe('not_found');
    expect(addresses(await ask('GET'))).toHaveLength(4);
    expect((await put(['U1@Fabrikam.example'])).status).toBe(200);
    expect(addresses(await ask('GET'))).toHaveLength(4);
  });

  it.each<[unknown, string]>([
    [[], 'addresses'],
    [['nobody'], 'addresses'],
    [['a@x.example\r\nBcc: eve@evil.example'], 'addresses'],
    [Array.from({ length: 101 }, (_, index) => `u${index}@x.example`), 'addresses'],
    [undefined, 'addresses'],
  ])('refuses %j', async (wrong, field) => {
    const answer = await put(wrong);
    expect([answer.status, answer.body.fields[0].field]).toEqual([400, field]);
  });

  it.each(['', '?address=', '?address=a@x.example,b@x.example', '?adress=a@x.example'])(
    'takes none off for %j',
    async (query) => {
      expect((await ask('DELETE', { query })).body.code).toBe('invalid_request');
    },
  );
});

describe('a message to somebody on the list', () => {
  beforeEach(async () => {
    await put(['grace@fabrikam.example', 'straße@bücher.example']);
  });

  it('is refused, and says by name who it is and why', async () => {
    const answer = await post({ to: 'alan@x.example', cc: 'Grace Hopper <GRACE@fabrikam.example>', text: 'Hello' });
    const day = new Date().toISOString().slice(0, 10);
    expect([answer.status, answer.body.code, answer.body.fields]).toEqual([
      422,
      'recipient_suppressed',
      [
        {
          field: 'cc',
          message: expect.stringMatching(
            /^grace@fabrikam\.example is on the suppression list .* \(put there by hand\)\.$/,
          ),
        },
      ],
    ]);
    expect(answer.body.fields[0].message).toContain(day);
    expect(world.blobs.names()).toEqual([]);
    expect((await post({ to: 'grace@fabrikam.example', dryRun: true })).body.code).toBe('recipient_suppressed');
    expect((await post({ to: 'straße@xn--bcher-kva.example' })).body.code).toBe('recipient_suppressed');
    expect((await post({ to: 'alan@x.example', text: 'Hello' })).status).toBe(202);
  });

  it('is found among more recipients than are asked for one by one', async () => {
    const to = Array.from({ length: 30 }, (_, index) => `u${index}@x.example`);
    expect((await post({ to, text: 'Hello' })).status).toBe(202);
    expect((await post({ to: [...to, 'grace@fabrikam.example'], text: 'Hello' })).body.code).toBe(
      'recipient_suppressed',
    );
  });

  it('is left out of a bulk request by name; the others go', async () => {
    const messages = [{ to: 'grace@fabrikam.example' }, { to: 'alan@x.example' }];
    const { body } = await call(bulk, {
      method: 'POST',
      params: { id: world.mailbox.id },
      headers: { 'idempotency-key': 'autumn' },
      body: { text: 'Hello', messages },
    });
    expect(body.counts).toEqual({ accepted: 1, refused: 1, left: 0 });
    expect(body.items[0]).toMatchObject({ code: 'recipient_suppressed', fields: [{ field: 'messages.0.to' }] });
  });
});
