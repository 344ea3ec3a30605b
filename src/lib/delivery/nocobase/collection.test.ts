import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expiring, tested } from '../../../../test/support/nocobase/events.ts';
import { type NocobaseApi, startNocobaseApi } from '../../../../test/support/nocobase-api.ts';
import { outboxJson } from '../../../../test/support/outbox-data.ts';
import type { OutgoingEvent } from '../../domain/events/event.ts';
import type { OutboxType } from '../../domain/events/event-types.ts';
import type { OutboxData } from '../../domain/events/outbox-data.ts';
import type { ReadMessage } from '../../domain/mail/message.ts';
import { systemClock } from '../../domain/system.ts';
import { consoleLog } from '../../log.ts';
import { createOutbound, type Outbound } from '../../outbound/outbound.ts';
import { buildMailboxEvent } from '../events/mailbox-event.ts';
import { buildMessageReceived } from '../events/message-event.ts';
import { createRenderer } from '../events/render.ts';
import { loadSanitizer } from '../sanitize/sanitize.ts';
import type { OpenDestination, Transport } from '../webhook/webhook.ts';
import { createCollection } from './collection.ts';
import { createWorkflow, isWorkflowTrigger } from './workflow.ts';

let api: NocobaseApi;
let outbound: Outbound;
let collection: Transport;
let workflow: Transport;

beforeEach(async () => {
  api = await startNocobaseApi();
  outbound = createOutbound({
    inAzure: false,
    privateDestinations: [{ host: api.host, network: '127.0.0.0/8' }],
    timeoutMs: 20_000,
  });
  const renderer = createRenderer({ log: consoleLog(() => undefined), loadSanitizer });
  const deps = { outbound, clock: systemClock, renderer };
  collection = createCollection(deps);
  workflow = createWorkflow(deps);
});
afterEach(async () => {
  await outbound.close();
  api.stop();
});

const destination = (change: { token?: string; url?: string } = {}): OpenDestination => ({
  config: {
    id: 'dst_0123456789ab',
    type: 'collection',
    name: 'NocoBase',
    url: change.url ?? api.url,
    rawHtml: false,
    paused: false,
    collections: { messages: 'mail_messages', accounts: 'mail_accounts', outbox: 'mail_outbox' },
    auth: 'bearer',
    signingSince: [],
    createdAt: new Date(),
    updatedAt: new Date(),
  },
  secrets: { signing: [], auth: { kind: 'bearer', token: change.token ?? api.token } },
});

const mailbox = { id: 'mbx_0000_0123456789abcdef', address: 'ada@contoso.example', label: 'Sales', ownerRef: 7 };

const mail: ReadMessage = {
  meta: {
    uid: 4711,
    internalDate: new Date('2026-11-22T08:00:01Z'),
    size: 12_345,
    seen: false,
    flagged: true,
    answered: false,
    messageId: '<1@mail.contoso.example>',
    date: undefined,
    from: 'grace@contoso.example',
    subject: 'Hello',
    received: undefined,
  },
  messageId: '<1@mail.contoso.example>',
  inReplyTo: undefined,
  references: [],
  subject: 'Hello',
  from: { name: 'Grace Hopper', address: 'grace@contoso.example' },
  to: [
    { name: 'Ada', address: 'ada@contoso.example' },
    { name: '', address: 'team@contoso.example' },
  ],
  cc: [],
  bcc: [],
  replyTo: [],
  date: new Date('2026-11-22T08:00:00Z'),
  text: 'Hello',
  html: '<p>Hello</p><script>x()</script>',
  truncated: [],
  attachments: [{ part: '2', filename: 'a.pdf', contentType: 'application/pdf', size: 9, inline: false }],
  autoReply: false,
  bounce: undefined,
  calendar: undefined,
};

const received = (key: string, change: Partial<ReadMessage> = {}): OutgoingEvent =>
  buildMessageReceived({
    key,
    mailbox,
    folder: { id: 'f1234567', path: 'INBOX', role: 'inbox' },
    uidValidity: 1n,
    message: { ...mail, ...change },
    seemsNew: true,
    late: false,
  });

const happened = <Type extends OutboxType>(type: Type, data: Partial<OutboxData[Type]>): OutgoingEvent =>
  buildMailboxEvent(
    { mailboxId: mailbox.id, id: 'e_1', type, at: new Date('2026-11-22T09:00:00Z'), data: outboxJson(type, data) },
    mailbox,
  );

const never = new AbortController().signal;
const send = (event: OutgoingEvent, to = destination()) => collection.send(to, event, never);
const messages = () => api.collections.mail_messages?.rows ?? [];
const accounts = () => api.collections.mail_accounts?.rows ?? [];
const accepted = { kind: 'accepted', status: 200 };
const held = (reason: string, status: number) => ({ kind: 'held', reason, status, attempted: true });

describe('a message in a collection', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ])('is stored, and known to be, where a proxy answers in %s unasked', async (name, encode) => {
    api.coding = { name, encode };
    expect(await collection.examine?.(destination(), never)).toEqual(accepted);
    expect(await send(received('m_1'))).toEqual(accepted);
    expect(messages()).toMatchObject([{ messageKey: 'm_1' }]);
  });

  it('is stored, and known to be, where the answer cannot be unpacked', async () => {
    let answers = 0;
    // Of one that is too large, or broken, the list tells whether it is there.
    api.coding = { name: 'gzip', encode: (body) => (answers++ === 0 ? Buffer.from('not gzip') : gzipSync(body)) };
    expect(await send(received('m_1'))).toEqual(accepted);
    expect(api.requests).toEqual(['POST mail_messages:firstOrCreate', 'GET mail_messages:list']);
  });

  it('is one flat record', async () => {
    expect(await send(received('m_1'))).toEqual(accepted);
    const [record] = messages();
    expect(record).toEqual({
      id: 1,
      messageKey: 'm_1',
      fingerprint: expect.stringMatching(/^f_/),
      direction: 'in',
      subject: 'Hello',
      fromAddress: 'grace@contoso.example',
      fromName: 'Grace Hopper',
      toAddresses: 'ada@contoso.example, team@contoso.example',
      ccAddresses: '',
      bccAddresses: '',
      replyToAddresses: '',
      mailboxId: mailbox.id,
      mailboxAddress: mailbox.address,
      ownerRef: '7',
      folderPath: 'INBOX',
      folderRole: 'inbox',
      threadKey: expect.stringMatching(/^t_/),
      messageId: '<1@mail.contoso.example>',
      messageRef: expect.any(String),
      text: 'Hello',
      html: '<p>Hello</p>',
      snippet: 'Hello',
      hasAttachments: true,
      seen: false,
      flagged: true,
      answered: false,
      receivedAt: '2026-11-22T08:00:01.000Z',
      sentAt: '2026-11-22T08:00:00.000Z',
      isBounce: false,
      isAutoReply: false,
      isInvitation: false,
      removed: false,
      raw: expect.objectContaining({ type: 'message.received', data: expect.objectContaining({ seemsNew: true }) }),
    });
  });

  it('is one record however often it comes', async () => {
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => send(received('m_1'))));
    expect(outcomes).toEqual(outcomes.map(() => accepted));
    expect(await send(received('m_1'))).toEqual(accepted);
    expect(messages()).toHaveLength(1);
  });

  it('is found in the list if another writer created its key first', async () => {
    api.betweenFindAndInsert = () => {
      api.betweenFindAndInsert = undefined;
      messages().push({ id: 99, messageKey: 'm_1' });
    };
    expect(await send(received('m_1'))).toEqual(accepted);
    expect(api.requests).toEqual(['POST mail_messages:firstOrCreate', 'GET mail_messages:list']);
    expect(messages()).toHaveLength(1);
  });

  it('counts as refused after a 400 if the list does not have it', async () => {
    api.override = (action) => (action.endsWith('firstOrCreate') ? { status: 400, body: '{}' } : undefined);
    expect(await send(received('m_1'))).toEqual({
      kind: 'refused',
      reason: 'destination_refused_message',
      status: 400,
    });
  });

  it('is not blamed for a 400 that the list cannot confirm', async () => {
    api.override = (action) =>
      action.endsWith('firstOrCreate') ? { status: 400, body: '{}' } : { status: 503, body: '' };
    expect(await send(received('m_1'))).toEqual(held('destination_busy', 503));
  });

  it('keeps every bounded field within what a string field takes', async () => {
    const long = 'x'.repeat(5000);
    const person = { name: long, address: `${long}@contoso.example` };
    const message = {
      subject: long,
      from: person,
      to: Array.from({ length: 100 }, () => person),
      text: long,
      messageId: long,
    };
    expect(await send(received('m_1', message))).toEqual(accepted);
    expect(messages()[0]).toMatchObject({ subject: long, fromName: long, fromAddress: 'x'.repeat(255) });
  });

  it('holds the destination if NocoBase returns another row', async () => {
    const collections = api.collections.mail_messages;
    if (collections !== undefined) delete collections.fields.messageKey;
    messages().push({ id: 1, subject: 'somebody else’s' });
    expect(await send(received('m_1'))).toEqual(held('destination_unfit', 200));
  });

  it('creates one empty record at most if the role may not fill it, and says what is wrong', async () => {
    // What NocoBase makes of a right that named no field, once someone has added a field to the collection.
    Object.assign(api.rights, { 'mail_messages:create': { whitelist: ['note'] } });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await send(received('m_1'))).toEqual(held('destination_role_may_not_create', 200));
    }
    expect(messages()).toHaveLength(1);
    Object.assign(api.rights, { 'mail_messages:create': { whitelist: [] } });
    expect(await send(received('m_1'))).toEqual(accepted);
  });

  it.each([
    ['a page', '<!doctype html><title>NocoBase</title>'],
    ['nothing', ''],
    ['no record', '{"data":null}'],
    ['text', '"ok"'],
    ['a record without our key', '{"data":{"id":1}}'],
  ])('is not acknowledged by 200 with %s', async (_what, body) => {
    api.override = () => ({ status: 200, body });
    expect(await send(received('m_1'))).toEqual(held('destination_answer_unexpected', 200));
  });

  it('is confirmed by the list if the answer is too long to read', async () => {
    expect(await send(received('m_1', { text: 'x'.repeat(3_000_000) }))).toEqual(accepted);
    expect(api.requests).toEqual(['POST mail_messages:firstOrCreate', 'GET mail_messages:list']);
  });

  it.each([
    [401, 'destination_unauthorised', () => destination({ token: 'revoked' })],
    [404, 'destination_not_found', () => destination({ url: `${api.url}/elsewhere` })],
  ])('meets %i as a fault of the destination', async (status, reason, to) => {
    expect(await send(received('m_1'), to())).toEqual(held(reason, status));
  });

  it('meets a role without the right to view, or a NocoBase that starts, as a fault of the destination', async () => {
    await send(received('m_1'));
    api.forbidden.add('view');
    expect(await send(received('m_1'))).toEqual(held('destination_unauthorised', 403));
    api.override = () => ({ status: 503, body: '{"error":{"code":"APP_COMMANDING"}}' });
    expect(await send(received('m_2'))).toEqual(held('destination_busy', 503));
    api.stop();
    expect(await send(received('m_2'))).toMatchObject({ kind: 'held', reason: 'destination_unreachable' });
  });

  it('is ambiguous if NocoBase fails on it twice while it answers the list', async () => {
    api.override = (action) => (action.endsWith('firstOrCreate') ? { status: 500, body: '{}' } : undefined);
    expect(await send(received('m_1'))).toMatchObject({ kind: 'refused', status: 500 });
    const [post, list] = ['POST mail_messages:firstOrCreate', 'GET mail_messages:list'];
    expect(api.requests).toEqual([post, list, post, list]);
  });

  it('meets a NocoBase that fails on everything, as one without its database does, as a fault of the destination', async () => {
    api.override = () => ({ status: 500, body: '{"errors":[{"message":"connect ECONNREFUSED"}]}' });
    expect(await send(received('m_1'))).toEqual(held('destination_busy', 500));
  });

  it('is sent again whole if NocoBase failed while its database came back', async () => {
    let failures = 1;
    api.override = () => (failures-- > 0 ? { status: 500, body: '{}' } : undefined);
    expect(await send(received('m_1'))).toEqual(accepted);
    expect(messages()).toMatchObject([{ messageKey: 'm_1', text: 'Hello' }]);
  });

  it('is found in the list if NocoBase failed after storing it', async () => {
    api.override = (action) => {
      if (!action.endsWith('firstOrCreate')) return undefined;
      messages().push({ id: 99, messageKey: 'm_1' });
      return { status: 500, body: '{}' };
    };
    expect(await send(received('m_1'))).toEqual(accepted);
  });
});

describe('a change of a message in a collection', () => {
  it('changes the fields of its record', async () => {
    await send(received('m_1'));
    await send(received('m_2'));
    const change = { messageKey: 'm_1', seen: true, folder: { path: 'Archive', role: null }, messageRef: 'new' };
    expect(await send(happened('message.updated', change))).toEqual(accepted);
    expect(messages()[0]).toMatchObject({
      seen: true,
      flagged: true,
      folderPath: 'Archive',
      folderRole: null,
      messageRef: 'new',
    });
    expect(messages()[1]).toMatchObject({ seen: false, folderPath: 'INBOX' });
    expect(await send(happened('message.removed', { messageKey: 'm_2' }))).toEqual(accepted);
    expect(messages().map(({ removed }) => removed)).toEqual([false, true]);
  });

  it('reverts a removal if it says where the message is now', async () => {
    await send(received('m_1'));
    await send(happened('message.removed', { messageKey: 'm_1' }));
    await send(happened('message.updated', { messageKey: 'm_1', change: 'flags', seen: true }));
    expect(messages()[0]).toMatchObject({ removed: true, seen: true });
    const folder = { path: 'INBOX', role: 'inbox' } as const;
    const moved = { messageKey: 'm_1', change: 'moved', folder, messageRef: 'new' } as const;
    expect(await send(happened('message.updated', moved))).toEqual(accepted);
    expect(messages()[0]).toMatchObject({ removed: false, messageRef: 'new' });
  });

  it('is acknowledged without creating a record if a user has deleted it', async () => {
    expect(await send(happened('message.updated', { messageKey: 'm_1', seen: true }))).toEqual(accepted);
    expect(messages()).toEqual([]);
  });

  it('is acknowledged by the list if the record is too long to be returned', async () => {
    await send(received('m_1', { text: 'x'.repeat(1_500_000) }));
    expect(await send(happened('message.updated', { messageKey: 'm_1', seen: true }))).toEqual(accepted);
    expect(messages()[0]).toMatchObject({ seen: true });
  });

  it.each(['<html>', '', 'null', '[]', '"ok"', '{"ok":true}', '{"data":null}'])(
    'is not acknowledged by something that is no NocoBase: %s',
    async (body) => {
      api.override = () => ({ status: 200, body });
      const event = happened('message.updated', { messageKey: 'm_1', seen: true });
      expect(await send(event)).toEqual(held('destination_answer_unexpected', 200));
    },
  );
});

describe('a mailbox in a collection', () => {
  it('is one record, kept true by the events', async () => {
    expect(await send(happened('mailbox.connected', {}))).toEqual(accepted);
    expect(accounts()).toEqual([
      expect.objectContaining({
        mailboxId: mailbox.id,
        address: mailbox.address,
        label: 'Sales',
        ownerRef: '7',
        state: 'active',
        code: '',
      }),
    ]);
    await send(happened('mailbox.degraded', { code: 'destination_busy' }));
    expect(accounts()[0]).toMatchObject({
      state: 'degraded',
      code: 'destination_busy',
      lastEventType: 'mailbox.degraded',
    });
    await send(happened('folder.reset', { assumedKnown: 3 }));
    expect(accounts()[0]).toMatchObject({
      state: 'degraded',
      lastEventType: 'folder.reset',
      lastEvent: expect.objectContaining({ data: expect.objectContaining({ assumedKnown: 3 }) }),
    });
    await send(happened('message.vanished', { count: 2 }));
    await send(happened('mailbox.recovered', {}));
    expect(accounts()).toHaveLength(1);
    expect(accounts()[0]).toMatchObject({ state: 'active', code: '', remedy: '' });
  });

  it('is not acknowledged without its id', async () => {
    api.override = () => ({ status: 200, body: '{"data":[{"mailboxId":"mbx_other"}]}' });
    expect(await send(happened('mailbox.connected', {}))).toEqual(held('destination_answer_unexpected', 200));
  });
});

describe('a mailbox whose server could not be reached when it was connected', () => {
  it('is connecting and says why, until it is read', async () => {
    const code = 'imap_not_connected';
    await send(happened('mailbox.connected', { state: 'connecting', code }));
    expect(accounts()).toMatchObject([{ state: 'connecting', code, remedy: expect.stringMatching(/./) }]);
    await send(happened('mailbox.recovered', { state: 'active', was: 'connecting' }));
    expect(accounts()).toMatchObject([{ state: 'active', code: '', remedy: '' }]);
  });
});

describe('an event that NocoBase fails on', () => {
  const events = (): OutgoingEvent[] => [
    happened('message.updated', { messageKey: 'm_1', seen: true }),
    happened('mailbox.degraded', { code: 'imap_refused' }),
    expiring,
  ];

  it('is refused for what it is', async () => {
    api.override = (action) => (/:update/.test(action) ? { status: 500, body: '{}' } : undefined);
    for (const event of events()) expect(await send(event)).toMatchObject({ kind: 'refused', status: 500 });
  });

  it('is a fault of the destination if NocoBase fails on everything, without its database', async () => {
    api.override = () => ({ status: 500, body: '{}' });
    for (const event of events()) expect(await send(event)).toEqual(held('destination_busy', 500));
  });
});

describe('an event that concerns no mailbox', () => {
  it('is told in the records of all mailboxes that are well, and leaves the others what they have to say', async () => {
    for (const state of ['active', 'reconnect_required', 'active']) {
      accounts().push({ id: 0, mailboxId: `mbx_${accounts().length}`, state, lastEventType: 'before' });
    }
    expect(await send(expiring)).toEqual(accepted);
    expect(accounts().map(({ lastEventType }) => lastEventType)).toEqual([
      'secret.expiring',
      'before',
      'secret.expiring',
    ]);
    expect(accounts()[0]?.lastEvent).toMatchObject({ type: 'secret.expiring', data: { daysLeft: 7 } });
  });

  it('is not told where no mailbox is well', async () => {
    expect(await send(expiring)).toMatchObject({ kind: 'refused' });
  });

  it('has no record if it is the test of a destination', async () => {
    expect(await send(tested)).toMatchObject({ kind: 'refused' });
    expect(api.requests).toEqual([]);
  });
});

describe('the examination of a collection', () => {
  const examine = (to = destination()) => collection.examine?.(to, never);

  it('finds it fit and leaves nothing behind', async () => {
    expect(await examine()).toEqual(accepted);
    expect(messages()).toEqual([]);
    expect(accounts()).toEqual([]);
  });

  it.each<[string, () => void]>([
    ['the key is not unique', () => Object.assign(api.collections.mail_messages?.fields ?? {}, { messageKey: {} })],
    ['the id is not unique', () => Object.assign(api.collections.mail_accounts?.fields ?? {}, { mailboxId: {} })],
    ['the key is missing', () => delete api.collections.mail_messages?.fields.messageKey],
    ['there is no outbox', () => delete api.collections.mail_outbox],
    ['there are no messages', () => delete api.collections.mail_messages],
  ])('finds it unfit if %s', async (_what, spoil) => {
    spoil();
    expect(await examine()).toEqual(held('destination_unfit', 200));
  });

  const rights = ['messageKey', 'mailboxId', 'subject', 'seen', 'state'];
  it.each<[string, string, 'create' | 'view' | 'update', readonly string[]]>([
    ['may not view the key', 'mail_messages', 'view', ['id', 'createdAt']],
    ['may not view the id', 'mail_accounts', 'view', ['id']],
    ['may not make a whole mail', 'mail_messages', 'create', rights],
    ['may make nothing but a field that was added', 'mail_messages', 'create', ['note']],
    ['may not make an account', 'mail_accounts', 'create', rights],
    ['may not change a mail', 'mail_messages', 'update', rights],
    ['may not change an account', 'mail_accounts', 'update', ['note']],
  ])('says so if the role %s', async (_what, collection, action, named) => {
    api.rights[`${collection}:${action}`] = action === 'view' ? { fields: named } : { whitelist: named };
    expect(await examine()).toEqual(held(`destination_role_may_not_${action}`, 200));
  });

  it.each(['view', 'create', 'update'])('says so if the role has no right to %s at all', async (action) => {
    api.forbidden.add(action);
    expect(await examine()).toEqual(held(`destination_role_may_not_${action}`, 200));
  });

  it('does not ask for the right to a field that the collection does not have', async () => {
    delete api.collections.mail_messages?.fields.raw;
    const fields = Object.keys(api.collections.mail_messages?.fields ?? {});
    api.rights['mail_messages:create'] = { whitelist: fields };
    expect(await examine()).toEqual(accepted);
  });

  it('tells a wrong key and a wrong address apart', async () => {
    expect(await examine(destination({ token: 'wrong' }))).toEqual(held('destination_unauthorised', 401));
    api.override = () => ({ status: 200, body: '<!doctype html>', type: 'text/html' });
    expect(await examine()).toEqual(held('destination_answer_unexpected', 200));
  });
});

describe('a workflow', () => {
  const to = () => destination({ url: `${api.url}/workflows:trigger?triggerWorkflows=abc` });

  it('gets the whole event with its id, and an API key', async () => {
    expect(await workflow.send(to(), received('m_1'), never)).toEqual(accepted);
    expect(api.triggered).toEqual([
      {
        id: 'm_1',
        type: 'message.received',
        timestamp: '2026-11-22T08:00:01.000Z',
        data: expect.objectContaining({ messageKey: 'm_1', html: '<p>Hello</p>' }),
      },
    ]);
  });

  it('meets a revoked key as a fault of the destination, and a failed run as ambiguous', async () => {
    const revoked = { ...to(), secrets: { signing: [], auth: { kind: 'bearer', token: 'x' } as const } };
    expect(await workflow.send(revoked, received('m_1'), never)).toEqual(held('destination_unauthorised', 401));
    api.override = (action) => (action === 'workflows:trigger' ? says('Workflow on your action failed, …') : undefined);
    expect(await workflow.send(to(), received('m_1'), never)).toMatchObject({ kind: 'refused', status: 500 });
    // It ran: it is not run again for the same failure.
    expect(api.requests.filter((request) => request.endsWith('workflows:trigger'))).toHaveLength(2);
  });

  const says = (message: string) => ({ status: 500, body: JSON.stringify({ errors: [{ message }] }) });

  it('has not run because a page in front of NocoBase says 200', async () => {
    api.override = () => ({ status: 200, body: '<html>Sign in</html>', type: 'text/html; charset=utf-8' });
    expect(await workflow.send(to(), received('m_1'), never)).toEqual(held('destination_answer_unexpected', 200));
    api.override = () => ({ status: 200, body: '{"messages":[]}', type: 'application/json; charset=utf-8' });
    expect(await workflow.send(to(), received('m_1'), never)).toEqual(accepted);
  });

  it('holds the destination if it is switched off, and says what to switch on', async () => {
    api.override = () => says('No action done, please contact the administrator');
    expect(await workflow.send(to(), received('m_1'), never)).toEqual(held('destination_workflow_off', 500));
  });

  it('does not blame the mail if NocoBase fails on everything', async () => {
    for (const message of ['Internal Server Error', 'Workflow on your action failed, …']) {
      api.override = () => says(message);
      expect(await workflow.send(to(), received('m_1'), never)).toEqual(held('destination_busy', 500));
    }
    api.override = (action) => (action === 'workflows:trigger' ? says('…') : { status: 503, body: '' });
    expect(await workflow.send(to(), received('m_1'), never)).toEqual(held('destination_busy', 503));
  });

  it('gets the mail again, whole, if it failed while the database came back', async () => {
    let failures = 1;
    api.override = () => (failures-- > 0 ? says('Internal Server Error') : undefined);
    expect(await workflow.send(to(), received('m_1'), never)).toEqual(accepted);
    expect(api.triggered).toMatchObject([{ id: 'm_1', data: { text: 'Hello' } }]);
  });

  it('is ambiguous if it fails twice before it runs while NocoBase works', async () => {
    api.override = (action) => (action === 'workflows:trigger' ? says('Internal Server Error') : undefined);
    expect(await workflow.send(to(), received('m_1'), never)).toMatchObject({ kind: 'refused', status: 500 });
  });

  it.each([
    ['https://n.example/api/workflows:trigger?triggerWorkflows=abc', true],
    ['https://n.example/api/__app/sub/workflows:trigger?triggerWorkflows=abc', true],
    ['https://n.example/api/workflows:trigger', false],
    ['https://n.example/api/workflows:trigger?triggerWorkflows=', false],
    ['https://n.example/api/webhook:trigger/abc?triggerWorkflows=abc', false],
    ['workflows:trigger?triggerWorkflows=abc', false],
  ])('has the address %s: %s', (address, yes) => {
    expect(isWorkflowTrigger(address)).toBe(yes);
  });
});
