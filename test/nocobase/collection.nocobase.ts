import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewDestination } from '../../src/lib/delivery/destination-change.ts';
import type { DeliveryOutcome, OutgoingEvent } from '../../src/lib/domain/events/event.ts';
import { newDestinationId } from '../../src/lib/domain/ids.ts';
import { systemRandom } from '../../src/lib/domain/system.ts';
import { isBrokerError } from '../../src/lib/errors.ts';
import { filterOf } from '../support/nocobase/api.ts';
import { runDocumented } from '../support/nocobase/documented.ts';
import { expiring, happened, mail, mailbox, newKey, received } from '../support/nocobase/events.ts';
import { type Nocobase, startNocobase } from '../support/nocobase/nocobase.ts';
import { type Sender, startSender } from '../support/nocobase/sender.ts';

let nocobase: Nocobase;
let sender: Sender;
let apiKey: string;
let destinationId: string;

type NewCollection = Extract<NewDestination, { type: 'collection' }>;

const documented = { messages: 'mail_messages', accounts: 'mail_accounts', outbox: 'mail_outbox' };

const collection = (change: Partial<NewCollection> = {}): NewCollection => ({
  type: 'collection',
  name: 'NocoBase',
  url: `${nocobase.url}/api`,
  rawHtml: false,
  paused: false,
  auth: { type: 'bearer', token: apiKey },
  collections: documented,
  ...change,
});

const make = async (change: Partial<NewCollection> = {}): Promise<string> =>
  (await sender.destinations.create(collection(change))).destination.id;

const refusalOf = async (work: Promise<unknown>): Promise<{ code: string; remedy: string }> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isBrokerError(error)) throw new Error('It was not refused.', { cause: error });
  return { code: error.code, remedy: error.remedy };
};

const send = (event: OutgoingEvent, to = destinationId): Promise<DeliveryOutcome> => sender.send(to, event);
const stored = (messageKey: string, of = 'mail_messages') => nocobase.records(of, { messageKey });
const accepted = { kind: 'accepted', status: 200 };

/** Gives the broker's role these rights on a collection, in place of those it has there. */
const permit = (name: string, actions: readonly object[]) =>
  nocobase.ask('roles:applyDataPermissions?filterByTk=mail_broker', { resources: [{ name, actions }] });

beforeAll(async () => {
  nocobase = await startNocobase();
  const { variables } = await runDocumented({ nocobase }, '1. The collections', '2. A role and an API key');
  apiKey = variables.API_KEY;
  sender = await startSender(nocobase.host);
  destinationId = await make();
});
afterAll(async () => {
  await sender?.stop();
  await nocobase?.stop();
});

describe('the key that the documentation makes', () => {
  const answerTo = async (path: string, body?: unknown) => (await nocobase.askAs(apiKey, path, body)).status;

  it('may do what the broker does, and hardly more', async () => {
    await send(received(newKey()));
    expect(await answerTo('mail_messages:list?fields[]=messageKey')).toBe(200);
    expect(await answerTo('mail_messages:destroy?filterByTk=1', {})).toBe(403);
    expect(await answerTo('mail_outbox:list')).toBe(403);
    expect(await answerTo('users:list')).toBe(403);
    expect(await answerTo('roles:list')).toBe(403);
    expect(await answerTo('apiKeys:create', { name: 'more', role: { name: 'mail_broker' }, expiresIn: 'never' })).toBe(
      403,
    );
  });

  it('does not show mail', async () => {
    const { body } = await nocobase.askAs(apiKey, 'mail_messages:list');
    const [record] = body.data;
    expect(record.messageKey).toMatch(/^m_/);
    for (const field of ['subject', 'text', 'html', 'fromAddress', 'raw']) expect(record).not.toHaveProperty(field);
  });
});

describe('a destination', () => {
  const loose = { messageKey: { name: 'messageKey', title: 'Key', interface: 'input' } };

  it('a collection whose key field is not unique is refused, with what to do', async () => {
    const fields = [loose.messageKey, { name: 'subject', title: 'Subject', interface: 'textarea' }];
    await nocobase.ask('collections:apply', { name: 'mail_loose', title: 'Loose', template: 'general', fields });
    await permit('mail_loose', [{ name: 'create' }, { name: 'view', fields: ['messageKey'] }, { name: 'update' }]);
    const refusal = await refusalOf(make({ collections: { ...documented, messages: 'mail_loose' } }));
    expect(refusal.code).toBe('destination_unfit');
    expect(refusal.remedy).toContain('unique');
  });

  it.each<[string, Partial<NewCollection['collections']>]>([
    ['messages', { messages: 'not_there' }],
    ['accounts', { accounts: 'not_there' }],
    ['outbox', { outbox: 'not_there' }],
  ])('a destination without its collection for %s is refused', async (_name, change) => {
    const refusal = await refusalOf(make({ collections: { ...documented, ...change } }));
    expect(refusal.code).toBe('destination_unfit');
  });

  it('a destination with a wrong key is refused', async () => {
    const forged = `${apiKey.slice(0, -4)}AAAA`;
    const refusal = await refusalOf(make({ auth: { type: 'bearer', token: forged } }));
    expect(refusal.code).toBe('destination_unauthorised');
  });

  it('an address that is not the API is refused', async () => {
    const refusal = await refusalOf(make({ url: nocobase.url }));
    expect(refusal.code).toMatch(/^destination_(answer_unexpected|not_found)$/);
  });

  it('a collection that the key may not read is refused', async () => {
    await nocobase.ask('collections:apply', {
      name: 'mail_hidden',
      title: 'Hidden',
      template: 'general',
      fields: [{ ...loose.messageKey, unique: true }],
    });
    await permit('mail_hidden', [{ name: 'create' }, { name: 'update' }]);
    const hidden = { collections: { ...documented, messages: 'mail_hidden' } };
    expect((await refusalOf(make(hidden))).code).toBe('destination_role_may_not_view');
    await permit('mail_hidden', [{ name: 'create' }, { name: 'view', fields: [] }, { name: 'update' }]);
    const refusal = await refusalOf(make(hidden));
    expect(refusal.code).toBe('destination_role_may_not_view');
    expect(refusal.remedy).toContain('messageKey');
  });

  const readable = { name: 'view', fields: ['messageKey'] };
  it.each<[string, 'create' | 'update', readonly object[]]>([
    ['may not make records', 'create', [readable, { name: 'update' }]],
    ['may not fill the key', 'create', [{ name: 'create', fields: ['createdAt'] }, readable, { name: 'update' }]],
    ['may not change records', 'update', [{ name: 'create' }, readable]],
  ])('a destination whose role %s is refused', async (_what, action, actions) => {
    await permit('mail_hidden', actions);
    const hidden = { collections: { ...documented, messages: 'mail_hidden' } };
    expect((await refusalOf(make(hidden))).code).toBe(`destination_role_may_not_${action}`);
  });

  it('a destination whose collection gets another field is held, says why, and holds one empty record at most', async () => {
    const field = { ...loose.messageKey, unique: true };
    await nocobase.ask('collections:apply', {
      name: 'mail_grows',
      title: 'Grows',
      template: 'general',
      fields: [field],
    });
    // No field named means all of them, until there is one more.
    await permit('mail_grows', [{ name: 'create' }, readable, { name: 'update' }]);
    const to = await make({ collections: { ...documented, messages: 'mail_grows' } });
    expect(await send(received(newKey()), to)).toEqual(accepted);
    await nocobase.ask('collections/mail_grows/fields:create', { name: 'note', interface: 'input', type: 'string' });
    const key = newKey();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const outcome = await sender.deliverer.deliver(to, received(key), new AbortController().signal, undefined, {
        insists: true,
      });
      expect(outcome).toMatchObject({ kind: 'held', reason: 'destination_role_may_not_create' });
      const { state, etag = '' } = await sender.rows.readState(to);
      await sender.rows.writeState(to, { ...state, nextProbe: undefined }, etag);
      sender.deliverer.forget(to);
    }
    expect(await nocobase.records('mail_grows')).toHaveLength(2);
    expect(await sender.destinations.test(to, new AbortController().signal)).toMatchObject({
      accepted: false,
      code: 'destination_role_may_not_create',
    });
    await permit('mail_grows', [{ name: 'create', fields: ['messageKey', 'note'] }, readable, { name: 'update' }]);
    // What an administrator does who has fixed it.
    await sender.destinations.test(to, new AbortController().signal);
    expect(await send(received(key), to)).toEqual(accepted);
  });

  it('answers a test without leaving a record', async () => {
    const before = await nocobase.records('mail_messages');
    expect(await sender.destinations.test(destinationId, new AbortController().signal)).toMatchObject({
      accepted: true,
    });
    expect(await nocobase.records('mail_messages')).toEqual(before);
  });
});

describe('a message', () => {
  it('is one flat record with every field', async () => {
    const key = newKey();
    const event = received(key);
    expect(await send(event)).toEqual(accepted);
    const [record, ...others] = await stored(key);
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      messageKey: key,
      fingerprint: event.data.fingerprint,
      direction: 'in',
      subject: 'Offer – 报价 🌱',
      fromAddress: 'grace@contoso.example',
      fromName: 'Grace Hopper',
      toAddresses: 'ada@contoso.example, team@contoso.example',
      ccAddresses: 'cc@contoso.example',
      bccAddresses: 'bcc@contoso.example',
      replyToAddresses: 'reply@contoso.example',
      mailboxId: mailbox.id,
      mailboxAddress: mailbox.address,
      ownerRef: '7',
      folderPath: 'INBOX',
      folderRole: 'inbox',
      threadKey: event.data.threadKey,
      messageId: '<1@mail.contoso.example>',
      messageRef: event.data.messageRef,
      text: 'Hello Ada',
      html: '<p>Hello <b>Ada</b></p>',
      snippet: 'Hello Ada',
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
    });
    expect(record?.raw).toMatchObject({
      type: 'message.received',
      timestamp: '2026-11-22T08:00:01.000Z',
      data: { messageKey: key, attachments: [{ part: '2', filename: 'prices.csv', size: 9 }], seemsNew: true },
    });
  });

  it('leaves no field of the record unfilled that the documentation lists', async () => {
    const key = newKey();
    await send(received(key));
    const [record] = await stored(key);
    const empty = Object.entries(record ?? {}).filter(([, value]) => value === null || value === undefined);
    expect(empty).toEqual([]);
  });

  it('a message that comes again is still one record, as it was first', async () => {
    const key = newKey();
    expect(await send(received(key))).toEqual(accepted);
    expect(await send(received(key, {}, { variant: 'metadata', late: true }))).toEqual(accepted);
    expect(await stored(key)).toMatchObject([{ text: 'Hello Ada' }]);
  });

  it('a message that comes 20 times at once is one record, and accepted 20 times', async () => {
    const second = await startSender(nocobase.host);
    try {
      const { destination } = await second.destinations.create(collection());
      for (let round = 0; round < 3; round += 1) {
        const key = newKey();
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            index % 2 === 0 ? send(received(key)) : second.send(destination.id, received(key)),
          ),
        );
        expect(outcomes).toEqual(outcomes.map(() => accepted));
        expect(await stored(key)).toHaveLength(1);
      }
    } finally {
      await second.stop();
    }
  });

  it('a message with 3 MB of text is stored whole', async () => {
    const key = newKey();
    const text = 'Grüße, 你好. '.repeat(200_000);
    expect(await send(received(key, { text }))).toEqual(accepted);
    const [record] = await stored(key);
    expect(record?.text === text).toBe(true);
  });

  it.each<[string, string]>([
    ['the character zero', 'a\u0000b'],
    ['half of a surrogate pair', 'a\ud83cb'],
    ['control characters', 'a\u0001\u001b\u0085b'],
  ])('a message with %s in it is stored', async (_name, text) => {
    const key = newKey();
    expect(await send(received(key, { text, subject: text, html: `<p>${text}</p>` }))).toEqual(accepted);
    expect(await stored(key)).toHaveLength(1);
  });

  it('a message with addresses and subject of any length is stored', async () => {
    const key = newKey();
    const long = 'x'.repeat(5000);
    const person = { name: long, address: `${long}@contoso.example` };
    const change = { subject: long, from: person, to: Array.from({ length: 100 }, () => person), messageId: long };
    expect(await send(received(key, change, { folder: { id: 'f1234567', path: long, role: undefined } }))).toEqual(
      accepted,
    );
    expect(await stored(key)).toMatchObject([{ subject: long, fromName: long, folderPath: long }]);
  });

  it('larger than NocoBase takes is refused for what it is, and goes through without its text', async () => {
    const key = newKey();
    const outcome = await send(received(key, { text: 'x'.repeat(11 * 1024 * 1024) }));
    expect(outcome).toEqual({ kind: 'refused', reason: 'destination_refused_message', status: 413 });
    expect(await send(received(key, {}, { variant: 'metadata' }))).toEqual(accepted);
    expect(await stored(key)).toMatchObject([{ text: null, html: null, subject: mail.subject }]);
  });
});

describe('a change', () => {
  it('changes the fields of its record and of no other', async () => {
    const [key, other] = [newKey(), newKey()];
    await send(received(key));
    await send(received(other));
    const before = await stored(other);
    const change = {
      messageKey: key,
      seen: true,
      folder: { path: 'Archive/2026', role: 'archive' } as const,
      messageRef: 'new',
    };
    expect(await send(happened('message.updated', change))).toEqual(accepted);
    expect(await stored(key)).toMatchObject([
      {
        seen: true,
        flagged: true,
        folderPath: 'Archive/2026',
        folderRole: 'archive',
        messageRef: 'new',
        removed: false,
      },
    ]);
    expect(await send(happened('message.removed', { messageKey: key }))).toEqual(accepted);
    expect(await stored(key)).toMatchObject([{ removed: true, subject: mail.subject }]);
    expect(await stored(other)).toEqual(before);
  });

  it('a change of a mail of 3 MB is accepted, though NocoBase answers with the whole record', async () => {
    const key = newKey();
    const text = 'Grüße, 你好 👋\n'.repeat(150_000);
    await send(received(key, { text }));
    expect(await send(happened('message.updated', { messageKey: key, seen: true }))).toEqual(accepted);
    expect(await stored(key)).toMatchObject([{ seen: true }]);
  });

  it('a change of a deleted record is accepted, and creates none', async () => {
    const key = newKey();
    await send(received(key));
    await nocobase.ask(`mail_messages:destroy?${filterOf({ messageKey: key })}`, {});
    const before = (await nocobase.records('mail_messages')).length;
    expect(await send(happened('message.updated', { messageKey: key, seen: true }))).toEqual(accepted);
    expect(await send(happened('message.removed', { messageKey: key }))).toEqual(accepted);
    expect(await nocobase.records('mail_messages')).toHaveLength(before);
  });
});

describe('a mailbox', () => {
  it('is one record, kept true by the events', async () => {
    const of = { ...mailbox, id: 'mbx_0000_accountaccount01' };
    const account = () => nocobase.records('mail_accounts', { mailboxId: of.id });
    expect(await send(happened('mailbox.connected', {}, of))).toEqual(accepted);
    const same = { mailboxId: of.id, address: of.address, label: 'Sales', ownerRef: '7' };
    expect(await account()).toMatchObject([{ ...same, state: 'active', code: '' }]);
    await send(happened('mailbox.reconnect_required', { code: 'grant_revoked' }, of));
    expect(await account()).toMatchObject([{ ...same, state: 'reconnect_required', code: 'grant_revoked' }]);
    await send(happened('folder.reset', { announced: 2 }, of));
    expect(await account()).toMatchObject([{ state: 'reconnect_required', lastEventType: 'folder.reset' }]);
    await send(happened('mailbox.recovered', {}, of));
    expect(await account()).toMatchObject([{ ...same, state: 'active', code: '', remedy: '' }]);
    await send(happened('mailbox.removed', {}, of));
    expect(await account()).toMatchObject([{ ...same, state: 'removed' }]);
  });

  it('is told what concerns the whole broker while it is well, and keeps what its owner has to do', async () => {
    const well = { ...mailbox, id: 'mbx_0000_accountaccount03' };
    const ill = { ...mailbox, id: 'mbx_0000_accountaccount04' };
    await send(happened('mailbox.connected', {}, well));
    await send(happened('mailbox.reconnect_required', { code: 'grant_revoked' }, ill));
    expect(await send(expiring)).toEqual(accepted);
    const account = async ({ id }: { id: string }) => (await nocobase.records('mail_accounts', { mailboxId: id }))[0];
    expect(await account(well)).toMatchObject({
      state: 'active',
      lastEventType: 'secret.expiring',
      lastEvent: { type: 'secret.expiring', data: { daysLeft: 7 } },
    });
    expect(await account(ill)).toMatchObject({ lastEventType: 'mailbox.reconnect_required', code: 'grant_revoked' });
  });

  it('is one record when its events come at once', async () => {
    const of = { ...mailbox, id: 'mbx_0000_accountaccount02' };
    const types = ['mailbox.connected', 'mailbox.degraded', 'mailbox.recovered', 'folder.reset'] as const;
    const outcomes = await Promise.all(types.map((type) => send(happened(type, {}, of))));
    // Who loses the race for the unique field is refused, and sent again.
    for (const [index, outcome] of outcomes.entries()) {
      const type = types[index];
      if (outcome.kind !== 'accepted' && type !== undefined)
        expect(await send(happened(type, {}, of))).toEqual(accepted);
    }
    expect(await nocobase.records('mail_accounts', { mailboxId: of.id })).toHaveLength(1);
  });
});

describe('a message that the collection of somebody else cannot take', () => {
  let short: string;

  beforeAll(async () => {
    const fields = [
      { name: 'messageKey', title: 'Key', interface: 'input', unique: true },
      { name: 'subject', title: 'Subject', interface: 'input' },
    ];
    await nocobase.ask('collections:apply', { name: 'mail_short', title: 'Short', template: 'general', fields });
    await permit('mail_short', [{ name: 'create' }, { name: 'view', fields: ['messageKey'] }, { name: 'update' }]);
    short = await make({ collections: { ...documented, messages: 'mail_short' } });
  });

  it('is refused as the message that it is, and holds up no other', async () => {
    const refused = { kind: 'refused', reason: 'destination_refused_message', status: 500 };
    const [bad, good] = [newKey(), newKey()];
    const subject = 'x'.repeat(300);
    expect(await send(received(bad, { subject }), short)).toEqual(refused);
    expect(await send(received(bad, { subject }, { variant: 'metadata' }), short)).toEqual(refused);
    expect((await sender.destinations.get(short))?.held).toBeUndefined();
    expect(await send(received(good), short)).toEqual(accepted);
    expect(await stored(bad, 'mail_short')).toEqual([]);
    expect(await stored(good, 'mail_short')).toHaveLength(1);
  });
});

describe('a key that is taken away', () => {
  const held = async (to: string) => (await sender.destinations.get(to))?.held;

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    [
      'because its user lost the role',
      () => nocobase.ask('roles/mail_broker/users:remove', [2]),
      () => nocobase.ask('roles/mail_broker/users:add', [2]),
    ],
    [
      'because the role lost its rights',
      () => permit('mail_messages', []),
      () => permit('mail_messages', [{ name: 'create' }, { name: 'view', fields: ['messageKey'] }, { name: 'update' }]),
    ],
  ])('%s holds the destination, and nothing is refused', async (_why, take, giveBack) => {
    const to = await make();
    await take();
    const [first, second] = [newKey(), newKey()];
    expect(await send(received(first), to)).toMatchObject({
      kind: 'held',
      reason: 'destination_unauthorised',
      attempted: true,
    });
    expect(await send(received(second), to)).toMatchObject({ kind: 'held', attempted: false });
    expect(await held(to)).toMatchObject({ code: 'destination_unauthorised' });
    await giveBack();
    // What an administrator does who has fixed it: the test brings the next probe forward.
    await sender.destinations.test(to, new AbortController().signal);
    expect(await send(received(first), to)).toEqual(accepted);
    expect(await send(received(second), to)).toEqual(accepted);
    expect(await held(to)).toBeUndefined();
  });

  it('a key taken away for good is replaced by a new one, and everything resumes at once', async () => {
    const to = await make();
    const root = await nocobase.signIn(nocobase.root.account, nocobase.root.password);
    // An administrator cannot delete the key of someone else, so the user that it belongs to goes.
    expect((await nocobase.askAs(root, 'users:destroy?filterByTk=2', {})).status).toBe(200);
    const key = newKey();
    expect(await send(received(key), to)).toMatchObject({ kind: 'held', reason: 'destination_unauthorised' });
    await nocobase.ask('roles:destroy?filterByTk=mail_broker', {});
    const { variables } = await runDocumented({ nocobase }, '2. A role and an API key');
    apiKey = variables.API_KEY;
    const patched = await sender.destinations.patch(to, { auth: { type: 'bearer', token: apiKey } });
    expect(patched?.destination.held).toMatchObject({ code: 'destination_unauthorised' });
    expect(await send(received(key), to)).toEqual(accepted);
    expect(await stored(key)).toHaveLength(1);
  });
});

/** Sends as if no hold were known: each attempt is one of a destination that has never failed. */
async function attemptsOf(to: string): Promise<(key: string) => Promise<DeliveryOutcome>> {
  const open = await sender.rows.open(to);
  if (open === undefined) throw new Error('no destination');
  return async (key) => {
    const id = newDestinationId(systemRandom);
    await sender.rows.insert({ ...open.config, id }, open.secrets);
    return send(received(key), id);
  };
}

describe('a NocoBase whose database is away', () => {
  it('takes nothing, and has lost nothing when it is back', async () => {
    const attempt = await attemptsOf(await make());
    const key = newKey();
    await nocobase.database.stop();
    const outcome = await attempt(key);
    await nocobase.database.start();
    expect(outcome).toEqual({ kind: 'held', reason: 'destination_busy', status: 500, attempted: true });
    expect(await stored(key)).toEqual([]);
    expect(await attempt(key)).toEqual(accepted);
    expect(await stored(key)).toMatchObject([{ text: mail.text }]);
  });
});

describe('a NocoBase that is restarted', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('a restart by %s loses nothing that was accepted', async (signal) => {
    const attempt = await attemptsOf(await make());
    const tried = new Map<string, DeliveryOutcome>();
    const tryOne = async (key = newKey()): Promise<DeliveryOutcome> => {
      const outcome = await attempt(key);
      tried.set(key, outcome);
      return outcome;
    };
    for (let index = 0; index < 5; index += 1) expect(await tryOne()).toEqual(accepted);
    const ending = nocobase.end(signal);
    while ((await tryOne()).kind !== 'held') expect(tried.size).toBeLessThan(1000);
    await ending;
    expect(await tryOne()).toMatchObject({ kind: 'held', reason: 'destination_unreachable' });

    await nocobase.begin();
    const starting: DeliveryOutcome[] = [];
    const last = newKey();
    while ((await tryOne(last)).kind !== 'accepted') {
      const outcome = tried.get(last);
      if (outcome !== undefined) starting.push(outcome);
      expect(starting.length).toBeLessThan(1000);
      await delay(100);
    }
    // First there is no socket, then it answers 503, APP_COMMANDING: never anything that would speak of the message.
    expect(new Set(starting.map((outcome) => outcome.kind))).toEqual(new Set(['held']));
    expect(starting.map((outcome) => outcome.status)).toContain(503);
    for (const [key, outcome] of tried) if (outcome.kind === 'accepted') expect(await stored(key)).toHaveLength(1);
  });
});
