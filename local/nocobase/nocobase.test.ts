import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startNocobase } from './nocobase.ts';
import type { NocobaseStandIn } from './stand-in.ts';

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const other = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
let nocobase: NocobaseStandIn;

beforeAll(async () => {
  nocobase = await startNocobase();
  nocobase.trust(secret);
});
beforeEach(() => {
  nocobase.clear();
  nocobase.mode({});
});
afterAll(() => nocobase.stop());

const event = (data: object, type = 'message.received') => ({ type, timestamp: '2026-11-22T10:00:00Z', data });

function post(body: object, id = 'm_1', by = secret): Promise<Response> {
  const text = JSON.stringify(body);
  const now = new Date();
  return fetch(nocobase.webhookUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(by).sign(id, now, text),
    },
    body: text,
  });
}

const items = async (query = ''): Promise<unknown> => (await fetch(`${nocobase.eventsUrl}${query}`)).json();

describe('the NocoBase stand-in', () => {
  it('records what arrives, oldest first, with headers, answer and the verdict on the signature', async () => {
    expect((await post(event({ mailbox: { id: 'mbx_1' } }), 'm_1')).status).toBe(200);
    await post(event({ mailboxId: 'mbx_2' }, 'mailbox.connected'), 'm_2');
    expect(await items()).toMatchObject({
      items: [
        { id: 'm_1', type: 'message.received', status: 200, verified: true, headers: { 'webhook-id': 'm_1' } },
        { id: 'm_2', type: 'mailbox.connected', status: 200 },
      ],
    });
    expect(await items('?type=mailbox.connected')).toMatchObject({ items: [{ id: 'm_2' }] });
    expect(await items('?mailboxId=mbx_1')).toMatchObject({ items: [{ id: 'm_1' }] });
    await fetch(nocobase.eventsUrl, { method: 'DELETE' });
    expect(await items()).toEqual({ items: [] });
  });

  it('refuses and records an event without a trusted signature', async () => {
    expect((await post(event({}), 'm_1', other)).status).toBe(401);
    expect(nocobase.events()).toMatchObject([{ status: 401, verified: false }]);
  });

  it('answers as it is told, for as long as it is told', async () => {
    const mode = (body: object) =>
      fetch(`${nocobase.eventsUrl}/mode`, { method: 'PUT', body: JSON.stringify(body) }).then((it) => it.status);
    expect(await mode({ status: 503, delayMs: 60, forMs: 400 })).toBe(204);
    const before = Date.now();
    expect((await post(event({}))).status).toBe(503);
    expect(Date.now() - before).toBeGreaterThanOrEqual(55);
    await expect.poll(async () => (await post(event({}))).status).toBe(200);
    expect(await mode({ status: 'broken' })).toBe(400);
  });

  it('takes POST only, as the webhook trigger of NocoBase does', async () => {
    expect((await fetch(nocobase.webhookUrl)).status).toBe(405);
  });

  it('shows messages on a page on which nothing of a stranger becomes markup', async () => {
    const hostile = '<img src=x onerror=alert(1)>';
    await post(
      event({
        subject: hostile,
        from: { name: hostile, address: 'x@y.example' },
        text: `</div>${hostile}`,
        attachments: [{ filename: hostile, contentType: hostile, size: 2048, inline: false }],
      }),
    );
    await post(event({ subject: 7, from: null, attachments: 'x' }), 'm_2');
    await post({ nothing: 'here' }, 'm_3');
    const response = await fetch(`${nocobase.url}/?open=0`);
    const page = await response.text();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x');
    expect(page).toContain('signature verified');
    for (const open of [1, 2]) expect((await fetch(`${nocobase.url}/?open=${open}`)).status).toBe(200);
  });
});
