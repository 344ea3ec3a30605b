import { beforeEach, describe, expect, it, vi } from 'vitest';
import { send as call } from '../../../test/support/http.ts';
import { type SendDoorWorld, sendDoorWorld } from '../../../test/support/send-door.ts';
import { rowsOfTable } from '../../../test/support/tables.ts';

const composed = vi.hoisted((): { broker: () => Promise<unknown> } => ({
  broker: async () => {
    throw new Error('not composed yet');
  },
}));
vi.mock('../../lib/broker.ts', () => ({ broker: () => composed.broker() }));
// Outside the host the library only says that nothing is registered.
vi.mock('@azure/functions', async (original) => ({
  ...(await original<typeof import('@azure/functions')>()),
  app: { http: () => {} },
}));

const { send } = await import('./send.ts');

let world: SendDoorWorld;
beforeEach(async () => {
  world = await sendDoorWorld();
  composed.broker = async () => world.parts;
});

const post = (
  body: object | string,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
) => call(send, { method: 'POST', path: `mailboxes/x/send${query}`, params: { id: world.mailbox.id }, headers, body });

const offer = { to: ['Grace <grace@fabrikam.example>'], bcc: 'eve@fabrikam.example', subject: 'Offer', text: 'Hello' };
const stored = () => rowsOfTable(world.store, 'submissions');

describe('a dry run', () => {
  it('shows the message and everybody whom it would go to, and keeps nothing', async () => {
    const answer = await post({ ...offer, dryRun: true }, { headers: { 'idempotency-key': 'one' } });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        from: 'ada@contoso.example',
        recipients: ['grace@fabrikam.example', 'eve@fabrikam.example'],
        subject: 'Offer',
        mimeTruncated: false,
      },
    });
    expect(answer.body.mime).toContain('To: Grace <grace@fabrikam.example>\r\n');
    expect(answer.body.mime).not.toContain('eve@');
    expect(answer.body.size).toBe(Buffer.byteLength(answer.body.mime));
    expect(await stored()).toEqual([]);
    expect(world.blobs.names()).toEqual([]);
    expect(world.audited).toEqual([]);
  });

  it('shows the beginning of a message that is too long for an answer, and its whole size', async () => {
    const answer = await post({ ...offer, text: 'x'.repeat(4_500_000), dryRun: true });
    expect(answer.body.mimeTruncated).toBe(true);
    expect(answer.body.mime.length).toBe(4 * 1024 * 1024);
    expect(answer.body.size).toBeGreaterThan(4_500_000);
  });

  it('is refused as the message itself would be', async () => {
    expect((await post({ ...offer, from: 'boss@contoso.example', dryRun: true })).body.code).toBe('sender_not_own');
    expect((await post({ text: 'x', dryRun: true })).body.code).toBe('invalid_request');
    const sendAt = new Date(Date.now() + 91 * 86_400_000).toISOString();
    expect((await post({ ...offer, sendAt, dryRun: true })).body.fields).toEqual([
      { field: 'sendAt', message: 'Lies more than 90 days ahead.' },
    ]);
  });
});

describe('sending with wait=true', () => {
  it('answers 200 with what became of the message while it waited', async () => {
    const answer = post(offer, { query: '?wait=true' });
    await vi.waitFor(async () =>
      expect(await world.sending.submissions.page(world.mailbox.id, undefined, 1)).toHaveLength(1),
    );
    const [row] = await world.sending.submissions.page(world.mailbox.id, undefined, 1);
    await world.sending.submissions.cancel(row?.submission.id ?? '');
    expect(await answer).toMatchObject({ status: 200, body: { state: 'cancelled' } });
  });

  it('answers 202 at once for a message that is to go later', async () => {
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    const answer = await post({ ...offer, sendAt }, { query: '?wait=true' });
    expect(answer).toMatchObject({ status: 202, body: { state: 'scheduled' } });
  });

  it.each(['?wait=maybe', '?wiat=true'])('refuses the query %s', async (query) => {
    expect((await post(offer, { query })).body.code).toBe('invalid_request');
    expect(await stored()).toEqual([]);
  });
});
