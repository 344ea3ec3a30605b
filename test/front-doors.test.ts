import { request as httpRequest } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { formatApiKey } from '../src/lib/access/api-key.ts';
import { deliveryId } from '../src/lib/domain/ids.ts';
import { errorTable } from '../src/lib/error-codes.ts';
import { submissionId } from '../src/lib/store/submissions/submission-keys.ts';
import { tableNames } from '../src/lib/store/table/table.ts';
import { rowsOfTable } from './support/tables.ts';
import { startWorld, type World } from './support/world.ts';
import vectors from './vectors.json' with { type: 'json' };

type Ids = Readonly<Record<'mailbox' | 'destination' | 'key' | 'delivery' | 'submission', string>>;

/** An address and a method of the API, and how it can be called wrongly. */
interface Door {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below /api; `{mailbox}`, `{destination}`, `{key}`, `{delivery}` and `{submission}` stand for an id. */
  readonly path: string;
  readonly scope: 'connect' | 'read' | 'write' | 'send' | 'token' | 'admin' | 'none';
  /** Bodies that are JSON and not what is asked for. Absent where no body is read. */
  readonly wrong?: readonly unknown[];
  /** A body that is right, where an empty one is not. */
  readonly right?: object;
  /** What it takes, where that is more than 64 KiB. */
  readonly limitBytes?: number;
  /** Queries of the wrong form. */
  readonly wrongQuery?: readonly string[];
}

const marker = 'hunter2';
const paging = ['limit=0', 'limit=many', 'limit=201', 'limit=1.5'];
const notAnObject = [[], 'text', 7, true, null];
/** Filters that are none, or that someone would have to pay for. */
const wrongFilters = [
  marker,
  [],
  {},
  { only: {} },
  { only: { from: marker } },
  { only: { from: [marker] } },
  { only: { from: [`${'*a'.repeat(100)}@${marker}.example`] } },
  { only: { from: Array(51).fill('*@contoso.example') } },
  { only: { to: [`${'a'.repeat(300)}@contoso.example`] } },
  { only: { subject: Array(50).fill('x'.repeat(200)) }, except: { subject: ['x'.repeat(200)] } },
  { only: { minSize: 2, maxSize: 1 } },
  { except: { direction: marker } },
  { except: { surprise: true } },
  { except: { folder: [{ path: 'a', role: 'inbox' }] } },
];
const noReplay = [
  {},
  { dead: false },
  { dead: 'yes' },
  { dead: true, since: '2026-11-22T08:00:00Z' },
  { dead: true, force: true },
  { force: true },
  { since: '2026-11-22T08:00:00' },
  { since: marker },
  { since: '2999-01-01T00:00:00Z' },
  { since: '1999-01-01T00:00:00Z' },
  { since: new Date().toISOString(), force: 1 },
  { dead: true, surprise: 1 },
];

const doors: readonly Door[] = [
  {
    method: 'POST',
    path: 'connect-links',
    scope: 'connect',
    wrong: [
      {},
      { expectedAddress: 7 },
      { expectedAddress: marker },
      { anyAddress: 'true' },
      { anyAddress: true, expectedAddress: 'ada@contoso.example' },
      { anyAddress: true, expiresIn: '3600' },
      { anyAddress: true, expiresIn: 1e12 },
      { anyAddress: true, ownerRef: { [marker]: 1 } },
      { anyAddress: true, syncFrom: '2026-11-22T08:00:00' },
      { anyAddress: true, destinationId: marker },
      { anyAddress: true, label: 'a\nb' },
      { mailboxId: `../${marker}` },
      { anyAddress: true, surprise: 1 },
      ...wrongFilters.map((filter) => ({ anyAddress: true, filter })),
      { mailboxId: 'mbx_0001_AAAAAAAAAAAAAAAA', filter: { only: { from: ['*@contoso.example'] } } },
    ],
  },
  { method: 'GET', path: 'mailboxes', scope: 'read', wrongQuery: [...paging, `state=${marker}`, `cursor=${marker}`] },
  {
    method: 'POST',
    path: 'mailboxes',
    scope: 'admin',
    wrong: [
      {},
      { address: marker },
      { address: 'support@contoso.example', auth: marker },
      { address: 'support@contoso.example', auth: 'delegated' },
      { address: 'support@contoso.example', viaMailboxId: marker },
      { address: 'support@contoso.example', tenantId: marker },
      { address: 'support@contoso.example', login: `${marker}\r\n` },
      { address: 'support@contoso.example', surprise: 1 },
      ...wrongFilters.map((filter) => ({ address: 'support@contoso.example', filter })),
    ],
  },
  {
    method: 'POST',
    path: 'mailboxes/{mailbox}/send',
    scope: 'send',
    limitBytes: 8 * 1024 * 1024,
    right: { to: ['grace@contoso.example'], text: 'Hello' },
    wrong: [
      { to: [marker], text: 'x' },
      { to: ['a@contoso.example'], text: 7 },
      { to: ['a@contoso.example'], text: 'x', sendAt: '2026-12-01T09:00:00' },
      { to: ['a@contoso.example'], text: 'x', sendAt: '2999-01-01T00:00:00Z' },
      { to: ['a@contoso.example'], text: 'x', expiresIn: 5 },
      { to: ['a@contoso.example'], text: 'x', onUnknown: marker },
      { to: ['a@contoso.example'], text: 'x', surprise: 1 },
      { to: ['a@contoso.example'], subject: 'a\nBcc: b@evil.example' },
    ],
  },
  {
    method: 'POST',
    path: 'mailboxes/{mailbox}/bulk',
    scope: 'send',
    limitBytes: 8 * 1024 * 1024,
    right: { messages: [{ to: ['grace@contoso.example'], text: 'Hello' }] },
    wrong: [
      {},
      { messages: [] },
      { messages: marker },
      { messages: [{ to: [marker] }] },
      { messages: [{ to: 'a@contoso.example', surprise: 1 }] },
      { messages: [{ to: 'a@contoso.example', subject: 'a\nBcc: b@evil.example' }] },
    ],
  },
  {
    method: 'GET',
    path: 'mailboxes/{mailbox}/suppressions',
    scope: 'read',
    wrongQuery: [...paging, `cursor=${marker}`, `address=${marker}`],
  },
  {
    method: 'PUT',
    path: 'mailboxes/{mailbox}/suppressions',
    scope: 'write',
    right: { addresses: ['grace@contoso.example'] },
    wrong: [{}, { addresses: [] }, { addresses: [marker] }, { addresses: ['a@x.example'], note: 'a\nb' }],
  },
  {
    method: 'DELETE',
    path: 'mailboxes/{mailbox}/suppressions',
    scope: 'write',
  },
  {
    method: 'GET',
    path: 'mailboxes/{mailbox}/submissions',
    scope: 'send',
    wrongQuery: [...paging, `cursor=${marker}`],
  },
  {
    method: 'POST',
    path: 'mailboxes/{mailbox}/messages/{messageRef}/response',
    scope: 'send',
    right: { answer: 'accepted' },
    wrong: [{}, { answer: marker }, { answer: 'accepted', comment: 7 }, { answer: 'accepted', surprise: 1 }],
  },
  {
    method: 'GET',
    path: 'mailboxes/{mailbox}/drafts',
    scope: 'write',
    wrongQuery: [...paging, `cursor=${marker}`],
  },
  {
    method: 'POST',
    path: 'mailboxes/{mailbox}/drafts',
    scope: 'write',
    limitBytes: 8 * 1024 * 1024,
    right: { subject: 'Offer' },
    wrong: [
      { to: [marker] },
      { subject: 'a\nBcc: b@evil.example' },
      { attachments: [{ uploadId: marker }] },
      { reply: vectors.messageRef, forward: vectors.messageRef },
      { surprise: 1 },
    ],
  },
  { method: 'GET', path: 'mailboxes/{mailbox}/drafts/{draft}', scope: 'write' },
  {
    method: 'PUT',
    path: 'mailboxes/{mailbox}/drafts/{draft}',
    scope: 'write',
    limitBytes: 8 * 1024 * 1024,
    right: { base: 1, subject: 'Offer' },
    wrong: [{}, { base: marker }, { base: 0 }, { base: 1, to: [marker] }, { base: 1, surprise: 1 }],
  },
  {
    method: 'DELETE',
    path: 'mailboxes/{mailbox}/drafts/{draft}',
    scope: 'write',
    wrongQuery: [`base=${marker}`, 'base=0'],
  },
  {
    method: 'POST',
    path: 'mailboxes/{mailbox}/drafts/{draft}/send',
    scope: 'send',
    right: { base: 1 },
    wrong: [{}, { base: marker }, { base: 1, sendAt: '2026-12-01T09:00:00' }, { base: 1, surprise: 1 }],
  },
  {
    method: 'POST',
    path: 'mailboxes/{mailbox}/uploads',
    scope: 'write',
    limitBytes: 8 * 1024 * 1024,
    right: { files: [{ filename: 'a.txt', content: 'YQ==' }] },
    wrong: [
      {},
      { files: [] },
      { files: marker },
      { files: [{ filename: 'a.txt' }] },
      { files: [{ filename: 'a.txt', url: 'https://nocobase.contoso.example/a' }] },
      { files: [{ filename: 'a\nb', content: 'YQ==' }] },
    ],
  },
  { method: 'GET', path: 'submissions/{submission}', scope: 'send' },
  { method: 'DELETE', path: 'submissions/{submission}', scope: 'send' },
  { method: 'POST', path: 'submissions/{submission}/resend', scope: 'send' },
  {
    method: 'POST',
    path: 'submissions/{submission}/settle',
    scope: 'send',
    wrong: [{}, { as: marker }],
    right: { as: 'sent' },
  },
  { method: 'GET', path: 'mailboxes/{mailbox}', scope: 'read' },
  {
    method: 'PATCH',
    path: 'mailboxes/{mailbox}',
    scope: 'admin',
    wrong: [
      { paused: 'yes' },
      { paused: true, label: 7 },
      { label: 'fine', destinationId: null },
      { label: 'fine', destinationId: marker },
      { address: 'other@contoso.example' },
      { ownerRef: [1] },
      ...wrongFilters.map((filter) => ({ label: 'fine', filter })),
    ],
  },
  { method: 'DELETE', path: 'mailboxes/{mailbox}', scope: 'admin' },
  {
    method: 'GET',
    path: 'mailboxes/{mailbox}/folders',
    scope: 'read',
    wrongQuery: [...paging, `counts=${marker}`, 'counts=inbox,', 'path=', `surprise=${marker}`],
  },
  {
    method: 'GET',
    path: 'mailboxes/{mailbox}/messages',
    scope: 'read',
    wrongQuery: [
      ...[...paging, 'limit=101', `folder=${marker}`, 'folder=inbox&path=INBOX', 'path=', 'unread=1', 'from='],
      ...['since=2026-11-22', `before=${marker}`, `cursor=${marker.repeat(40)}`, 'text=%0D%0A', 'literal=yes'],
      ...[`subject=${'x'.repeat(201)}`, `surprise=${marker}`],
    ],
  },
  { method: 'GET', path: 'mailboxes/{mailbox}/messages/{messageRef}', scope: 'read' },
  {
    method: 'PATCH',
    path: 'mailboxes/{mailbox}/messages',
    scope: 'write',
    right: { messageRefs: ['x'], seen: true },
    wrong: [
      {},
      { seen: true },
      { messageRefs: ['x'] },
      { messageRefs: [], seen: true },
      { messageRefs: Array(101).fill('x'), seen: true },
      { messageRefs: [marker.repeat(20)], seen: true },
      { messageRefs: ['x'], seen: 'true' },
      { messageRefs: ['x'], moveTo: marker },
      { messageRefs: ['x'], moveTo: { path: 'a', role: 'inbox' } },
      { messageRefs: ['x'], moveTo: 'trash', deletePermanently: true },
      { messageRefs: ['x'], deletePermanently: false },
      { messageRefs: ['x'], addCategories: ['\\Deleted'] },
      { messageRefs: ['x'], addCategories: [`$${marker}`] },
      { messageRefs: ['x'], seen: true, surprise: 1 },
    ],
  },
  {
    method: 'PATCH',
    path: 'mailboxes/{mailbox}/messages/{messageRef}',
    scope: 'write',
    right: { seen: true },
    wrong: [{}, { seen: 1 }, { messageRefs: ['x'], seen: true }],
  },
  {
    method: 'DELETE',
    path: 'mailboxes/{mailbox}/messages/{messageRef}',
    scope: 'write',
    wrongQuery: ['permanently=1', 'forever=true'],
  },
  { method: 'GET', path: 'mailboxes/{mailbox}/messages/{messageRef}/raw', scope: 'read' },
  {
    method: 'GET',
    path: 'mailboxes/{mailbox}/changes',
    scope: 'read',
    wrongQuery: ['limit=501', 'folder=inbox&path=INBOX'],
  },
  {
    method: 'GET',
    path: 'mailboxes/{mailbox}/messages/{messageRef}/thread',
    scope: 'read',
    wrongQuery: ['folders=nowhere', 'deep=true'],
  },
  { method: 'GET', path: 'mailboxes/{mailbox}/messages/{messageRef}/attachments/{part}', scope: 'read' },
  { method: 'POST', path: 'mailboxes/{mailbox}/sync', scope: 'read', wrong: [{ force: true }] },
  {
    method: 'POST',
    path: 'mailboxes/{mailbox}/token',
    scope: 'token',
    wrong: [{ resource: 1 }, { resource: marker }, { scopes: [marker] }],
  },
  { method: 'POST', path: 'mailboxes/{mailbox}/replay', scope: 'admin', wrong: noReplay, right: { dead: true } },
  { method: 'DELETE', path: 'mailboxes/{mailbox}/replay', scope: 'admin' },
  {
    method: 'GET',
    path: 'deliveries',
    scope: 'admin',
    wrongQuery: [...paging, `state=${marker}`, `mailboxId=${marker}`, `destinationId=${marker}`, `cursor=${marker}`],
  },
  { method: 'POST', path: 'deliveries/{delivery}/replay', scope: 'admin', wrong: [{ force: true }, { dead: true }] },
  {
    method: 'POST',
    path: 'destinations/{destination}/replay',
    scope: 'admin',
    wrong: noReplay,
    right: { dead: true },
  },
  { method: 'DELETE', path: 'destinations/{destination}/replay', scope: 'admin' },
  { method: 'GET', path: 'destinations', scope: 'admin', wrongQuery: paging },
  {
    method: 'POST',
    path: 'destinations',
    scope: 'admin',
    wrong: [
      {},
      { type: marker },
      { type: 'webhook', name: 7, url: 'https://nocobase.example/x' },
      { type: 'webhook', name: 'x', url: marker },
      { type: 'webhook', name: 'x', url: 'https://nocobase.example/x', auth: { type: 'bearer', token: `${marker}\n` } },
      { type: 'webhook', name: 'x', url: 'https://nocobase.example/x', auth: marker },
      { type: 'webhook', name: 'x', url: 'https://nocobase.example/x', surprise: 1 },
    ],
  },
  { method: 'GET', path: 'destinations/{destination}', scope: 'admin' },
  {
    method: 'PATCH',
    path: 'destinations/{destination}',
    scope: 'admin',
    wrong: [{ paused: 1 }, { name: 'fine', url: 7 }, { paused: true, auth: { type: marker } }, { surprise: 1 }],
  },
  { method: 'DELETE', path: 'destinations/{destination}', scope: 'admin' },
  { method: 'POST', path: 'destinations/{destination}/test', scope: 'admin', wrong: [{ surprise: true }] },
  { method: 'GET', path: 'keys', scope: 'admin', wrongQuery: paging },
  {
    method: 'POST',
    path: 'keys',
    scope: 'admin',
    wrong: [
      {},
      { scopes: [] },
      { scopes: 'read' },
      { scopes: [marker] },
      { scopes: ['token'] },
      { scopes: ['read'], mailboxes: marker },
      { scopes: ['read'], expiresAt: 'tomorrow' },
      { scopes: ['read'], surprise: 1 },
    ],
  },
  { method: 'DELETE', path: 'keys/{key}', scope: 'admin' },
  {
    method: 'POST',
    path: 'tenant-consent-links',
    scope: 'admin',
    wrong: [
      { expiresIn: '3600' },
      { expiresIn: 1 },
      { tenantId: 7 },
      { tenantId: marker },
      { permissions: 'all' },
      { returnUrl: 7 },
      { surprise: 1 },
    ],
  },
  { method: 'GET', path: 'dashboard', scope: 'none' },
  { method: 'POST', path: 'dashboard', scope: 'none' },
  { method: 'GET', path: 'dashboard/callback', scope: 'none' },
  { method: 'GET', path: 'doctor', scope: 'admin' },
  { method: 'GET', path: 'metrics', scope: 'admin' },
  { method: 'GET', path: 'reseal', scope: 'admin' },
  { method: 'POST', path: 'reseal', scope: 'admin', wrong: [{ surprise: 1 }] },
  { method: 'GET', path: 'tenant-consent', scope: 'none' },
  { method: 'POST', path: 'tenant-consent', scope: 'none' },
  { method: 'GET', path: 'attachments', scope: 'none' },
  { method: 'POST', path: 'bell', scope: 'none' },
  { method: 'GET', path: 'health', scope: 'none' },
  { method: 'GET', path: 'docs', scope: 'none', wrongQuery: [`file=${marker}`, `surprise=${marker}`] },
  { method: 'GET', path: 'openapi.json', scope: 'none' },
  { method: 'GET', path: 'connect', scope: 'none' },
  { method: 'POST', path: 'connect', scope: 'none' },
  { method: 'GET', path: 'oauth/callback', scope: 'none' },
];
const keyed = doors.filter(({ scope }) => scope !== 'none');
const named = (list: readonly Door[]) => list.map((door): [string, Door] => [`${door.method} ${door.path}`, door]);

const unknownIds: readonly Ids[] = [
  {
    mailbox: 'mbx_0001_aaaaaaaaaaaaaaaa',
    destination: 'dst_aaaaaaaaaaaa',
    key: 'aaaaaaaaaaaa',
    delivery: deliveryId('mbx_0001_aaaaaaaaaaaaaaaa', new Uint8Array(16)),
    submission: submissionId('mbx_0001_aaaaaaaaaaaaaaaa', '0'.repeat(28)),
  },
  {
    mailbox: 'mbx_9999_aaaaaaaaaaaaaaaa',
    destination: marker,
    key: marker,
    delivery: deliveryId('mbx_9999_aaaaaaaaaaaaaaaa', new Uint8Array(16)),
    submission: submissionId('mbx_9999_aaaaaaaaaaaaaaaa', '0'.repeat(28)),
  },
  {
    mailbox: marker,
    destination: `..%2f${marker}`,
    key: `x'%20or%201%20eq%201`,
    delivery: `dlv_${marker}`,
    submission: `sub_${marker}`,
  },
  { mailbox: '%00', destination: '%ff', key: `%3Cscript%3E${marker}`, delivery: '%00', submission: '%00' },
  {
    mailbox: 'x'.repeat(4000),
    destination: 'x'.repeat(4000),
    key: 'x'.repeat(4000),
    delivery: `dlv_${'x'.repeat(4000)}`,
    submission: `sub_${'x'.repeat(4000)}`,
  },
];

interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

interface Wire {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** Not fetch, which sends no body with a GET. */
function send(method: string, url: string, { headers = {}, body }: Sent = {}): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = httpRequest(url, { method, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('the front doors, over HTTP', () => {
  let world: World;
  let known: Ids;
  let adminKey: string;
  let before: unknown;

  /** Every row of every table, but for what the clock alone changes. */
  const everyRow = async () => {
    const all: Record<string, unknown> = {};
    for (const name of tableNames) {
      for (const { partitionKey, rowKey, values } of await rowsOfTable(world.store, name)) {
        const { lastUsedAt: _, ...rest } = values;
        all[`${name} ${partitionKey} ${rowKey}`] = rest;
      }
    }
    return all;
  };

  beforeAll(async () => {
    // No timer fires: every change in the tables here comes from a request.
    world = await startWorld({ pollIntervalSeconds: 3600, timers: [] });
    adminKey = world.services.stack.adminKey;
    const { mailboxId } = await world.connect('ada@contoso.example', { label: 'Before' });
    const spare = await world.api('POST', 'keys', { body: { scopes: ['read'], label: 'spare' } });
    known = {
      mailbox: mailboxId,
      destination: world.services.destinationId,
      key: spare.body.id,
      delivery: deliveryId(mailboxId, new Uint8Array(16)),
      submission: submissionId(mailboxId, '0'.repeat(28)),
    };
    expect(mailboxId).not.toBe('');
    // A poll that the connect has asked for may be under way, or on its way in the queue.
    let last: unknown;
    const isAtRest = async () => {
      const seen = last;
      last = await everyRow();
      return isDeepStrictEqual(last, seen);
    };
    await vi.waitUntil(isAtRest, { timeout: 60_000, interval: 2_500 });
    before = last;
  });
  /** Refused requests have left no trace in any table. Looked at once for each door: there are many tables. */
  const expectNoTrace = async () => {
    expect(await everyRow()).toEqual(before);
  };
  afterAll(async () => {
    try {
      await expectNoTrace();
    } finally {
      await world?.stop();
    }
  });

  const urlOf = (path: string, ids: Ids = known): string =>
    `${world.url}/${path
      .replace('{messageRef}', vectors.messageRef)
      .replace('{part}', '2')
      .replace('{draft}', 'drf_AAAAAAAAAAAAAAAAAAAA')
      .replace(/\{(mailbox|destination|key|delivery|submission)\}/g, (_, kind: keyof Ids) => ids[kind])}`;
  const withKey = (key: string, sent: Sent = {}): Sent => ({
    ...sent,
    headers: { 'content-type': 'application/json', ...sent.headers, authorization: `Bearer ${key}` },
  });
  const asAdmin = (method: string, url: string, sent: Sent = {}) => send(method, url, withKey(adminKey, sent));

  const expectProblem = (answer: Wire, code: keyof typeof errorTable) => {
    expect(answer.headers['content-type'], answer.text).toBe('application/problem+json');
    const body = JSON.parse(answer.text);
    const { status, remedy, who } = errorTable[code];
    expect(body).toMatchObject({ code, status, remedy, who });
    expect(answer.status).toBe(status);
    expect(body.title).toMatch(/^[A-Z].*\.$/);
    expect(body.detail).toMatch(/^[A-Z].*\.$/);
    expect(body.remedy).toMatch(/^[A-Z].*\.$/);
    expect(body.requestId).toMatch(/^[\w-]{8,}$/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.text).not.toMatch(new RegExp(`${marker}|xxxxx`));
  };

  it('are all in this table', () => {
    const ready = /^READY (.*)$/m.exec(world.output())?.[1] ?? '{}';
    const functions: unknown = JSON.parse(ready).functions;
    const timersAndQueues = ['dispatch', 'housekeeping', 'work'];
    const http = (Array.isArray(functions) ? functions.map(String) : []).filter(
      (name) => !timersAndQueues.includes(name),
    );
    // A function is named after its path, and what has an id after one of its kind: mailboxes/{mailbox}/sync, mailbox-sync.
    const functionOf = (path: string) =>
      path
        .replace(/\w+\/\{(mailbox|destination|key|delivery|submission)\}/, '$1')
        .replace('messages/{messageRef}', 'message')
        .replace('drafts/{draft}', 'draft')
        .replace('attachments/{part}', 'attachment')
        .replaceAll('/', '-')
        .replace('.json', '');
    const covered = new Set(['not-found', ...doors.map(({ path }) => functionOf(path))]);
    expect([...covered].toSorted()).toEqual(http.toSorted());
  });

  describe.each(named(keyed))('%s', (_name, door) => {
    afterAll(expectNoTrace);

    it('refuses requests without a key', async () => {
      const answer = await send(door.method, urlOf(door.path));
      expectProblem(answer, 'key_missing');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expectProblem(await send(door.method, `${urlOf(door.path)}?code=${adminKey}`), 'key_missing');
    });

    it('refuses a key that is wrong', async () => {
      const forged = formatApiKey({ id: 'nosuchkey000', secret: 'x'.repeat(43) });
      const [nmb = '', id = '', secret = ''] = adminKey.split('_');
      const turned = formatApiKey({ id, secret: [...secret].toReversed().join('') });
      for (const wrong of [marker, forged, turned, adminKey.slice(0, -1), `${nmb}_${id}`]) {
        expectProblem(await send(door.method, urlOf(door.path), withKey(wrong)), 'key_invalid');
      }
    });

    it('tells the session token of a NocoBase user from a key, and writes it nowhere', async () => {
      const session = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VySWQiOjF9.c2lnbmF0dXJl';
      const answer = await send(door.method, urlOf(door.path), withKey(session));
      expectProblem(answer, 'nocobase_session_token');
      expect(answer.text).not.toContain('eyJ');
      expect(world.output()).not.toContain('eyJ');
    });

    it('names its methods to any other', async () => {
      const taken = doors.filter(({ path }) => path === door.path).map(({ method }) => method);
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (taken.some((one) => one === method)) continue;
        const answer = await asAdmin(method, urlOf(door.path), { body: `{"${marker}":1}` });
        expectProblem(answer, 'method_not_allowed');
        for (const one of taken) expect(answer.headers.allow).toContain(one);
      }
    });

    it('takes no body over its limit', async () => {
      const { limitBytes = 64 * 1024 } = door;
      const body = `{"x":"${marker.repeat(Math.ceil(limitBytes / marker.length))}"}`;
      expectProblem(await asAdmin(door.method, urlOf(door.path), { body }), 'body_too_large');
    });

    if (door.path.includes('{')) {
      it('knows no id but its own', async () => {
        const sent = door.right === undefined ? {} : { body: JSON.stringify(door.right) };
        for (const ids of unknownIds) {
          expectProblem(await asAdmin(door.method, urlOf(door.path, ids), sent), 'not_found');
        }
      });
    }

    if (door.wrong !== undefined) {
      it('refuses what is no JSON', async () => {
        for (const body of [
          `{"${marker}"`,
          `${marker}`,
          '{"a":1}{"b":2}',
          "{'a':1}",
          Buffer.from([0xff, 0xfe, 0x7b]),
        ]) {
          expectProblem(await asAdmin(door.method, urlOf(door.path), { body }), 'malformed_json');
        }
      });

      it('refuses JSON of the wrong form, and names the fields', async () => {
        for (const wrong of [...notAnObject, ...(door.wrong ?? [])]) {
          const answer = await asAdmin(door.method, urlOf(door.path), { body: JSON.stringify(wrong) });
          // Some ids are of the right form and of nothing that is there.
          expectProblem(answer, 'invalid_request');
          expect(JSON.parse(answer.text).fields.length, JSON.stringify(wrong)).toBeGreaterThan(0);
        }
      });
    }

    if (door.wrongQuery !== undefined) {
      it('refuses a query of the wrong form', async () => {
        for (const query of door.wrongQuery ?? []) {
          expectProblem(await asAdmin(door.method, `${urlOf(door.path)}?${query}`), 'invalid_request');
        }
      });
    }
  });

  describe('a browser’s door', () => {
    afterAll(expectNoTrace);

    it.each([
      ['connect', ['PUT', 'PATCH', 'DELETE', 'OPTIONS']],
      ['oauth/callback', ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']],
      ['tenant-consent', ['PUT', 'PATCH', 'DELETE', 'OPTIONS']],
      ['attachments', ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']],
      ['health', ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']],
      ['openapi.json', ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']],
    ])('%s names its methods to any other', async (path, methods) => {
      for (const method of methods) {
        const answer = await send(method, urlOf(path));
        expectProblem(answer, 'method_not_allowed');
        expect(answer.headers.allow).toContain('GET');
      }
    });

    it('takes no body over the limit', async () => {
      const body = `token=${'x'.repeat(70_000)}`;
      for (const [method, path] of [
        ['POST', 'connect'],
        ['GET', 'connect'],
        ['GET', 'oauth/callback'],
        ['POST', 'tenant-consent'],
        ['GET', 'attachments'],
        ['GET', 'health'],
      ]) {
        expectProblem(await send(method ?? '', urlOf(path ?? ''), { body }), 'body_too_large');
      }
    });

    it('shows a page for a link that is none, whatever it is given', async () => {
      for (const token of ['', marker, 'A'.repeat(54), 'A'.repeat(2000), '%00', '%ff', '%3Cscript%3E', '1&token=2']) {
        const opened = await send('GET', `${urlOf('connect')}?token=${token}`, { headers: { accept: 'text/html' } });
        expect([404, 400]).toContain(opened.status);
        expect(opened.headers['content-type']).toContain('text/html');
        expect(opened.text).toContain('This link is not complete');
        expect(opened.text).not.toMatch(/hunter2|<script|AAAA/);
      }
    });

    it('begins no sign-in for a form that another site posts, or for JSON', async () => {
      await expectNoTrace();
      const made = await world.api('POST', 'connect-links', { body: { anyAddress: true } });
      before = await everyRow();
      const body = `token=${new URL(made.body.url).searchParams.get('token')}`;
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const cases: Record<string, string>[] = [
        {},
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'none' },
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { 'x-forwarded-host': 'evil.example', origin: 'https://evil.example' },
      ];
      for (const headers of cases) {
        expectProblem(
          await send('POST', urlOf('connect'), { headers: { ...form, ...headers }, body }),
          'cross_site_refused',
        );
      }
      const json = await send('POST', urlOf('connect'), {
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
        body: '{"token":"x"}',
      });
      expect([json.status, json.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    });

    it('health says nothing but that all is well', async () => {
      const answer = await send('GET', urlOf('health'));
      expect([answer.status, answer.text]).toEqual([200, '{"status":"ok"}']);
    });
  });

  it('know no id that a body names and that is not there, and then change nothing else either', async () => {
    const unknown = { mailboxId: 'mbx_0001_aaaaaaaaaaaaaaaa', destinationId: 'dst_aaaaaaaaaaaa' };
    const cases: [string, string, object][] = [
      ['POST', 'connect-links', { mailboxId: unknown.mailboxId }],
      ['POST', 'connect-links', { anyAddress: true, destinationId: unknown.destinationId }],
      ['PATCH', 'mailboxes/{mailbox}', { label: 'After', paused: true, destinationId: unknown.destinationId }],
    ];
    for (const [method, path, body] of cases) {
      expectProblem(await asAdmin(method, urlOf(path), { body: JSON.stringify(body) }), 'not_found');
    }
    expectProblem(await asAdmin('DELETE', urlOf('destinations/{destination}')), 'destination_in_use');
    const plain = { type: 'webhook', name: 'x', url: 'http://169.254.169.254/hunter2' };
    expectProblem(
      await asAdmin('POST', urlOf('destinations'), { body: JSON.stringify(plain) }),
      'destination_url_refused',
    );
  });

  it('an address that is none answers as every door does', async () => {
    for (const path of ['', 'nothing', 'mailboxes/x/y/z', 'keys/a/b', '..%2f..%2fadmin', 'connect/x', 'oauth']) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        expectProblem(await send(method, urlOf(path), { body: marker }), 'not_found');
      }
    }
  });

  describe('a key', () => {
    const scopes = ['connect', 'read', 'send', 'token', 'admin'];
    let keys: Map<string, string>;
    beforeAll(async () => {
      await expectNoTrace();
      keys = new Map();
      for (const scope of scopes) {
        const limits =
          scope === 'token'
            ? { mailboxes: [known.mailbox], expiresAt: new Date(Date.now() + 3_600_000).toISOString() }
            : {};
        const made = await world.api('POST', 'keys', { body: { scopes: [scope], ...limits } });
        expect(made.status).toBe(201);
        keys.set(scope, made.body.key);
      }
      before = await everyRow();
    });

    it.each(named(keyed))('a key of another scope does not open %s', async (_name, door) => {
      for (const scope of scopes) {
        if (scope === door.scope) continue;
        const answer = await send(door.method, urlOf(door.path), withKey(keys.get(scope) ?? ''));
        expectProblem(answer, 'scope_missing');
      }
    });

    it('opens nothing once it was removed', async () => {
      await expectNoTrace();
      const made = await world.api('POST', 'keys', { body: { scopes: ['read'] } });
      expect((await world.api('DELETE', `keys/${made.body.id}`)).status).toBe(204);
      expectProblem(await send('GET', urlOf('mailboxes'), withKey(made.body.key)), 'key_invalid');
      before = await everyRow();
    });
  });
});
