import type { HttpHandler } from '@azure/functions';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { composed } from '../../test/support/composed.ts';
import { connectWorld } from '../../test/support/connect-world.ts';
import { type Answered, memoryVault, send, testRoot } from '../../test/support/http.ts';
import { memoryBlobs } from '../../test/support/memory-blobs.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import { offlineSessions, readingOffline } from '../../test/support/reading-world.ts';
import { entry } from '../../test/support/rows.ts';
import { sendingParts } from '../../test/support/sending-parts.ts';
import { rowsOfTable } from '../../test/support/tables.ts';
import { registered } from '../../test/support/without-host.ts';
import vectors from '../../test/vectors.json' with { type: 'json' };
import { createApiKeys } from '../lib/access/api-keys.ts';
import type { Scope } from '../lib/access/caller.ts';
import { composeDrafting } from '../lib/broker/drafting.ts';
import { createDeliverer } from '../lib/delivery/deliverer.ts';
import { createDestinations } from '../lib/delivery/destinations.ts';
import type { KeyAccess } from '../lib/doctor/checks/types.ts';
import { deliveryId } from '../lib/domain/ids.ts';
import { systemClock, systemRandom } from '../lib/domain/system.ts';
import { createGiveToken } from '../lib/mailboxes/give-token.ts';
import type { Outbound } from '../lib/outbound/outbound.ts';
import { createApiKeyRows } from '../lib/store/deployment/api-keys.ts';
import { createAudit } from '../lib/store/deployment/audit.ts';
import { createDestinationRows } from '../lib/store/destinations/destinations.ts';
import { createDeliveries } from '../lib/store/mailboxes/deliveries.ts';
import { encodeDead } from '../lib/store/rows/retry-row.ts';
import type { MailboxRow } from '../lib/store/rows/rows.ts';
import type { Store } from '../lib/store/table/table.ts';
import { sendRequest } from '../lib/submissions/requests/send-request.ts';
import { createRootKeys } from '../lib/vault/root-keys.ts';

vi.mock('../lib/broker.ts', () => import('../../test/support/composed.ts'));
vi.mock('@azure/functions', async (original) =>
  (await import('../../test/support/without-host.ts')).withoutHost(original),
);
await import('./index.ts');

/** By what they list. `crossed` lists a mailbox, and not the destination that it delivers to. */
const keyNames = ['unlimited', 'mailbox', 'destination', 'both', 'crossed'] as const;
type KeyName = (typeof keyNames)[number];

/** Two mailboxes (m1, m2), each with a destination of its own (d1, d2) and a mail that was given up (v1, v2), and keys. */
interface World {
  readonly store: Store;
  readonly ids: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<KeyName, string>>;
}

const tenant = '11111111-2222-4333-8444-555555555555';

async function createWorld(): Promise<World> {
  const store = memoryStore(systemClock);
  const known: { id: string; url: string }[] = [];
  const world = connectWorld(store, { destinations: known });
  const { clock, log, registry, grants } = world;
  const rows = createDestinationRows({ store, sealer: world.sealer });
  const answer = { status: 200, retryAfterMs: undefined, contentType: '', body: new Uint8Array(), complete: true };
  const outbound: Outbound = { maySendTo: () => true, send: async () => answer, close: async () => {} };
  const shared = { rows, outbound, clock, random: systemRandom, log };
  const deliverer = createDeliverer({ ...shared, time: store.time });
  const destinations = createDestinations({ ...shared, deliverer, inUse: async () => false });
  const apiKeys = createApiKeys({
    ...{ rows: createApiKeyRows(store.table('keys')), clock, random: systemRandom, log, bootstrap: undefined },
    rootKeys: createRootKeys(memoryVault({ 'broker-root': [testRoot] })),
  });
  const audit = createAudit({ table: store.table('audit'), clock, random: systemRandom, log });
  const token = { accessToken: 'a', expiresAt: new Date(clock.now() + 1_000_000), scopes: [], username: '' };
  const tokens = { get: async () => token };
  const giveToken = createGiveToken({ config: { tokenEndpoint: true }, clock, registry, grants, audit, tokens });

  for (const name of ['first', 'second']) {
    const settings = { rawHtml: false, paused: false, auth: { type: 'none' } } as const;
    const url = `https://${name}.example/hook`;
    known.push({ id: (await destinations.create({ type: 'webhook', name, url, ...settings })).destination.id, url });
  }
  const [d1 = '', d2 = ''] = known.map(({ id }) => id);
  const connected = async (address: string, destinationId: string): Promise<MailboxRow> => {
    const person = world.person(address, tenant);
    await grants.connected({ ...person, cache: '{}' });
    return (await registry.upsert(world.inputOf(person, { destinationId }))).mailbox;
  };
  const [one, two] = [await connected('ada@contoso.example', d1), await connected('bea@contoso.example', d2)];
  const givenUp = async ({ id, folders }: MailboxRow): Promise<string> => {
    const { key, hash, day } = entry(1, 20_000);
    const place = { mailboxId: id, folderId: folders[0]?.id ?? '', uidValidity: 7n, uid: 1, key, hash, day };
    const why = { reason: 'destination_refused_message' as const, status: 422, attempts: 5, at: new Date(clock.now()) };
    await store.table('mail').insert(encodeDead({ ...place, ...why }));
    return deliveryId(id, key);
  };
  const [v1, v2] = [await givenUp(one), await givenUp(two)];
  const sending = sendingParts(world, outbound);
  const submitted = async (row: MailboxRow): Promise<string> => {
    const request = sendRequest.parse({ to: ['grace@fabrikam.example'], text: 'Hello' });
    return (await sending.send({ mailbox: row, request, files: [] }, { keyId: '', idempotencyKey: undefined })).id;
  };
  for (const { id } of [one, two]) {
    const eve = {
      address: 'eve@x.example',
      reason: 'manual' as const,
      since: new Date(),
      note: undefined,
      submissionId: undefined,
    };
    await sending.suppressions.put(id, eve);
  }
  const [s1, s2] = [await submitted(one), await submitted(two)];
  const seenBy = (access: KeyAccess): string[] => [
    ...[one, two].filter((row) => access.mailbox(row)).map(({ id }) => id),
    ...[d1, d2].filter((id) => access.destination(id)),
  ];
  composed.broker = async () => ({
    ...{ ...world, audit, apiKeys, giveToken, destinations, openMailbox: async () => [] },
    submissionLink: async () => undefined,
    sending,
    drafts: composeDrafting(
      { clock, random: systemRandom, log },
      { ...{ store, sealer: world.sealer, registry }, blobs: memoryBlobs(clock), queue: { send: async () => {} } },
      offlineSessions(),
      sending,
    ),
    reading: readingOffline(store),
    deliveries: createDeliveries(world),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    resealing: { progress: async () => null, now: async () => ({ version: 'v' }) },
    doctor: {
      examine: async (_language: string, access: KeyAccess) => ({ items: seenBy(access).map((id) => ({ id })) }),
    },
  });

  const lists: Readonly<Record<KeyName, KeyLists>> = {
    unlimited: {},
    mailbox: { mailboxes: [one.id] },
    destination: { destinations: [d1] },
    both: { mailboxes: [one.id], destinations: [d1] },
    crossed: { mailboxes: [one.id], destinations: [d2] },
  };
  const ids: Record<string, string> = { m1: one.id, m2: two.id, d1, d2, v1, v2, s1, s2 };
  const keys: Partial<Record<KeyName, string>> = {};
  for (const name of keyNames) {
    const minted = await apiKeys.mint({ scopes, ...lists[name] }, { createdBy: '', unrestricted: true });
    keys[name] = minted.key;
    ids[name] = minted.info.id;
  }
  return { store, ids, keys: keys as World['keys'] };
}

interface KeyLists {
  readonly mailboxes?: readonly string[];
  readonly destinations?: readonly string[];
}

const scopes: readonly Scope[] = ['connect', 'read', 'write', 'send', 'token', 'admin'];

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

/** Ids in braces are those of the world. */
const filled = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, name: string) => world.ids[name] ?? whole);

/** `METHOD path` with the ids of the world, as the key of that name asks. */
async function ask(door: string, keyName: KeyName, body: object = {}): Promise<Answered> {
  const [method = '', path = ''] = door.split(' ');
  const { handler, params } = doorOf(method, path);
  return send(handler, {
    method,
    path: filled(path),
    headers: { authorization: `Bearer ${world.keys[keyName]}`, 'idempotency-key': 'one' },
    params,
    isMadeUp: ['GET doctor', 'POST reseal'].includes(door),
    ...(method === 'GET' ? {} : { body: filled(JSON.stringify(body)) }),
  });
}

/** The function that answers there, by its route. */
function doorOf(
  method: string,
  path: string,
): { handler: HttpHandler; params: Readonly<Record<string, string>>; name: string } {
  const parts = path.replace(/\?.*$/, '').split('/');
  for (const { route = '', handler } of registered.values()) {
    const wanted = route.split('/');
    const isParameter = (part: string) => /^\{\w+\}$/.test(part);
    const fits = wanted.length === parts.length && wanted.every((part, at) => isParameter(part) || part === parts[at]);
    if (!fits) continue;
    const params = wanted.flatMap((part, at): [string, string][] =>
      isParameter(part) ? [[part.slice(1, -1), filled(parts[at] ?? '')]] : [],
    );
    return { handler, params: Object.fromEntries(params), name: `${method} ${route}` };
  }
  throw new Error(`no door ${path}`);
}

/** Of what must not change when a key is refused. That a key was used is noted. */
async function state(): Promise<unknown> {
  const tables = ['mail', 'directory', 'grants', 'index', 'destinations', 'tickets', 'keys'] as const;
  const rows = await Promise.all(tables.map((name) => rowsOfTable(world.store, name)));
  return rows.flat().map(({ rowKey, values: { lastUsedAt: _, ...values } }) => [rowKey, values]);
}

/** 404: it is as if it were not there. 403: it is seen, and not to be changed, or there is nothing to see. */
type Right = 'ok' | 404 | 403 | 'submission_not_unknown' | 'imap_unreachable';

/** Where the mail server is asked, which nobody is here: whoever gets as far as that may. */
const offline = ['imap_unreachable', 'imap_unreachable', 'imap_unreachable', 'imap_unreachable'] as const;
const reading = (door: string): readonly (readonly [string, object, Right, Right, Right, Right, Right])[] => [
  [door.replaceAll('{m}', '{m1}'), {}, ...offline, 404],
  [door.replaceAll('{m}', '{m2}'), {}, 'imap_unreachable', 404, 404, 404, 404],
];

const oneFile = { files: [{ filename: 'a.txt', content: 'YQ==' }] };
const bulkBody = { messages: [{ to: ['grace@fabrikam.example'], text: 'Hello' }] };

const changing = (
  door: string,
  body: object,
): readonly (readonly [string, object, Right, Right, Right, Right, Right])[] => [
  [door.replaceAll('{m}', '{m1}'), body, 'imap_unreachable', 'imap_unreachable', 403, 'imap_unreachable', 404],
  [door.replaceAll('{m}', '{m2}'), body, 'imap_unreachable', 404, 404, 404, 404],
];

const auditedActions: readonly (readonly [string, object, Right, Right, Right, Right, Right])[] = [
  // By:                                                     unlimited, mailbox, destination, both, crossed
  ['GET mailboxes/{m1}', {}, 'ok', 'ok', 'ok', 'ok', 404],
  ['GET mailboxes/{m2}', {}, 'ok', 404, 404, 404, 404],
  ['PATCH mailboxes/{m1}', { label: 'x' }, 'ok', 'ok', 403, 'ok', 404],
  ['PATCH mailboxes/{m2}', { label: 'x' }, 'ok', 404, 404, 404, 404],
  ['PATCH mailboxes/{m1}', { destinationId: '{d1}' }, 'ok', 404, 403, 'ok', 404],
  ['PATCH mailboxes/{m1}', { destinationId: '{d2}' }, 'ok', 404, 403, 404, 404],
  ['PATCH mailboxes/{m1}', { login: 'boss@contoso.example' }, 'ok', 'ok', 403, 'ok', 404],
  ['DELETE mailboxes/{m1}', {}, 'ok', 'ok', 403, 'ok', 404],
  ['DELETE mailboxes/{m2}', {}, 'ok', 404, 404, 404, 404],
  [
    'POST mailboxes',
    { address: 'box@contoso.example', viaMailboxId: '{m1}', destinationId: '{d1}' },
    'ok',
    403,
    403,
    403,
    403,
  ],
  [
    'POST mailboxes',
    { address: 'box@contoso.example', tenantId: tenant, destinationId: '{d1}' },
    'ok',
    403,
    403,
    403,
    403,
  ],
  ...reading('GET mailboxes/{m}/changes'),
  ...reading('GET mailboxes/{m}/folders'),
  ...reading('GET mailboxes/{m}/messages'),
  ...reading(`GET mailboxes/{m}/messages/${vectors.messageRef}`),
  ...reading(`GET mailboxes/{m}/messages/${vectors.messageRef}/raw`),
  ...reading(`GET mailboxes/{m}/messages/${vectors.messageRef}/thread`),
  ...reading(`GET mailboxes/{m}/messages/${vectors.messageRef}/attachments/2`),
  ...changing('PATCH mailboxes/{m}/messages', { messageRefs: [vectors.messageRef], seen: true }),
  ...changing(`PATCH mailboxes/{m}/messages/${vectors.messageRef}`, { seen: true }),
  ...changing(`DELETE mailboxes/{m}/messages/${vectors.messageRef}`, {}),
  ...changing(`POST mailboxes/{m}/messages/${vectors.messageRef}/response`, { answer: 'accepted' }),
  ['POST mailboxes/{m1}/sync', {}, 'ok', 'ok', 'ok', 'ok', 404],
  ['POST mailboxes/{m2}/sync', {}, 'ok', 404, 404, 404, 404],
  ['POST mailboxes/{m1}/replay', { dead: true }, 'ok', 'ok', 'ok', 'ok', 404],
  ['POST mailboxes/{m2}/replay', { dead: true }, 'ok', 404, 404, 404, 404],
  ['DELETE mailboxes/{m1}/replay', {}, 'ok', 'ok', 'ok', 'ok', 404],
  ['DELETE mailboxes/{m2}/replay', {}, 'ok', 404, 404, 404, 404],
  ['POST mailboxes/{m1}/token', {}, 'ok', 'ok', 403, 'ok', 404],
  ['POST mailboxes/{m2}/token', {}, 'ok', 404, 404, 404, 404],
  ['POST mailboxes/{m1}/send', { to: ['grace@fabrikam.example'], text: 'Hello' }, 'ok', 'ok', 403, 'ok', 404],
  ['POST mailboxes/{m2}/send', { to: ['grace@fabrikam.example'], text: 'Hello' }, 'ok', 404, 404, 404, 404],
  ['POST mailboxes/{m1}/bulk', bulkBody, 'ok', 'ok', 403, 'ok', 404],
  ['POST mailboxes/{m2}/bulk', bulkBody, 'ok', 404, 404, 404, 404],
  ['GET mailboxes/{m1}/submissions', {}, 'ok', 'ok', 'ok', 'ok', 404],
  ['GET mailboxes/{m2}/submissions', {}, 'ok', 404, 404, 404, 404],
  ['GET mailboxes/{m1}/suppressions', {}, 'ok', 'ok', 'ok', 'ok', 404],
  ['GET mailboxes/{m2}/suppressions', {}, 'ok', 404, 404, 404, 404],
  ['PUT mailboxes/{m1}/suppressions', { addresses: ['a@x.example'] }, 'ok', 'ok', 403, 'ok', 404],
  ['PUT mailboxes/{m2}/suppressions', { addresses: ['a@x.example'] }, 'ok', 404, 404, 404, 404],
  ['DELETE mailboxes/{m1}/suppressions?address=eve@x.example', {}, 'ok', 'ok', 403, 'ok', 404],
  ['DELETE mailboxes/{m2}/suppressions?address=eve@x.example', {}, 'ok', 404, 404, 404, 404],
  ['GET mailboxes/{m1}/drafts', {}, 'ok', 'ok', 403, 'ok', 404],
  ['GET mailboxes/{m2}/drafts', {}, 'ok', 404, 404, 404, 404],
  ['POST mailboxes/{m1}/drafts', { subject: 'Offer' }, 'ok', 'ok', 403, 'ok', 404],
  ['POST mailboxes/{m2}/drafts', { subject: 'Offer' }, 'ok', 404, 404, 404, 404],
  // No draft has this id; a key that may not know of the mailbox learns nothing else.
  ['GET mailboxes/{m1}/drafts/drf_AAAAAAAAAAAAAAAAAAAA', {}, 404, 404, 403, 404, 404],
  ['GET mailboxes/{m2}/drafts/drf_AAAAAAAAAAAAAAAAAAAA', {}, 404, 404, 404, 404, 404],
  ['PUT mailboxes/{m1}/drafts/drf_AAAAAAAAAAAAAAAAAAAA', { base: 1 }, 404, 404, 403, 404, 404],
  ['PUT mailboxes/{m2}/drafts/drf_AAAAAAAAAAAAAAAAAAAA', { base: 1 }, 404, 404, 404, 404, 404],
  ['DELETE mailboxes/{m1}/drafts/drf_AAAAAAAAAAAAAAAAAAAA', {}, 404, 404, 403, 404, 404],
  ['DELETE mailboxes/{m2}/drafts/drf_AAAAAAAAAAAAAAAAAAAA', {}, 404, 404, 404, 404, 404],
  ['POST mailboxes/{m1}/drafts/drf_AAAAAAAAAAAAAAAAAAAA/send', { base: 1 }, 404, 404, 403, 404, 404],
  ['POST mailboxes/{m2}/drafts/drf_AAAAAAAAAAAAAAAAAAAA/send', { base: 1 }, 404, 404, 404, 404, 404],
  ['POST mailboxes/{m1}/uploads', oneFile, 'ok', 'ok', 403, 'ok', 404],
  ['POST mailboxes/{m2}/uploads', oneFile, 'ok', 404, 404, 404, 404],
  ['GET submissions/{s1}', {}, 'ok', 'ok', 'ok', 'ok', 404],
  ['GET submissions/{s2}', {}, 'ok', 404, 404, 404, 404],
  ['DELETE submissions/{s1}', {}, 'ok', 'ok', 403, 'ok', 404],
  ['DELETE submissions/{s2}', {}, 'ok', 404, 404, 404, 404],
  [
    'POST submissions/{s1}/resend',
    {},
    'submission_not_unknown',
    'submission_not_unknown',
    403,
    'submission_not_unknown',
    404,
  ],
  [
    'POST submissions/{s1}/settle',
    { as: 'sent' },
    'submission_not_unknown',
    'submission_not_unknown',
    403,
    'submission_not_unknown',
    404,
  ],
  ['POST deliveries/{v1}/replay', {}, 'ok', 'ok', 'ok', 'ok', 404],
  ['POST deliveries/{v2}/replay', {}, 'ok', 404, 404, 404, 404],
  ['POST destinations', { type: 'webhook', name: 'x', url: 'https://x.example/' }, 'ok', 403, 403, 403, 403],
  ['GET destinations/{d1}', {}, 'ok', 404, 'ok', 'ok', 404],
  ['GET destinations/{d2}', {}, 'ok', 404, 404, 404, 'ok'],
  ['PATCH destinations/{d1}', { url: 'https://evil.example/' }, 'ok', 404, 'ok', 'ok', 404],
  ['PATCH destinations/{d2}', { url: 'https://evil.example/' }, 'ok', 404, 404, 404, 'ok'],
  ['PATCH destinations/{d1}', { rotateSigningSecret: true }, 'ok', 404, 'ok', 'ok', 404],
  ['PATCH destinations/{d1}', { paused: true }, 'ok', 404, 'ok', 'ok', 404],
  ['DELETE destinations/{d1}', {}, 'ok', 404, 'ok', 'ok', 404],
  ['DELETE destinations/{d2}', {}, 'ok', 404, 404, 404, 'ok'],
  ['POST destinations/{d1}/test', {}, 'ok', 404, 'ok', 'ok', 404],
  ['POST destinations/{d2}/test', {}, 'ok', 404, 404, 404, 'ok'],
  ['POST destinations/{d1}/replay', { dead: true }, 'ok', 404, 'ok', 'ok', 404],
  ['POST destinations/{d2}/replay', { dead: true }, 'ok', 404, 404, 404, 'ok'],
  ['DELETE destinations/{d1}/replay', {}, 'ok', 404, 'ok', 'ok', 404],
  ['DELETE destinations/{d2}/replay', {}, 'ok', 404, 404, 404, 'ok'],
  ['POST connect-links', { anyAddress: true, destinationId: '{d1}' }, 'ok', 403, 'ok', 403, 403],
  ['POST connect-links', { anyAddress: true, destinationId: '{d2}' }, 'ok', 403, 404, 403, 403],
  ['POST connect-links', { mailboxId: '{m1}' }, 'ok', 'ok', 'ok', 'ok', 404],
  ['POST connect-links', { mailboxId: '{m1}', label: 'x' }, 'ok', 'ok', 403, 'ok', 404],
  ['POST connect-links', { mailboxId: '{m2}' }, 'ok', 404, 404, 404, 404],
  ['POST tenant-consent-links', { tenantId: tenant }, 'ok', 403, 403, 403, 403],
  ['GET metrics', {}, 'ok', 403, 403, 403, 403],
  ['GET reseal', {}, 'ok', 403, 403, 403, 403],
  ['POST reseal', {}, 'ok', 403, 403, 403, 403],
  ['POST keys', { scopes: ['admin'] }, 'ok', 403, 403, 403, 403],
  ['POST keys', { scopes: ['admin'], mailboxes: ['{m1}'] }, 'ok', 'ok', 403, 403, 403],
  ['POST keys', { scopes: ['admin'], mailboxes: ['{m1}', '{m2}'] }, 'ok', 403, 403, 403, 403],
  ['POST keys', { scopes: ['admin'], destinations: ['{d1}'] }, 'ok', 403, 'ok', 403, 403],
  ['POST keys', { scopes: ['admin'], destinations: ['{d2}'] }, 'ok', 403, 403, 403, 403],
  ['POST keys', { scopes: ['admin'], mailboxes: ['{m1}'], destinations: ['{d1}'] }, 'ok', 403, 403, 'ok', 403],
  ['POST keys', { scopes: ['admin'], mailboxes: ['{m1}'], destinations: ['{d2}'] }, 'ok', 403, 403, 403, 'ok'],
  ['DELETE keys/{unlimited}', {}, 'ok', 404, 404, 404, 404],
  ['DELETE keys/{mailbox}', {}, 'ok', 'ok', 404, 404, 404],
  ['DELETE keys/{destination}', {}, 'ok', 404, 'ok', 404, 404],
  ['DELETE keys/{both}', {}, 'ok', 404, 404, 'ok', 404],
  ['DELETE keys/{crossed}', {}, 'ok', 404, 404, 404, 'ok'],
];

const shown: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  ['GET mailboxes', [['m1', 'm2'], ['m1'], ['m1'], ['m1'], []]],
  ['GET deliveries', [['v1', 'v2'], ['v1'], ['v1'], ['v1'], []]],
  ['GET destinations', [['d1', 'd2'], [], ['d1'], ['d1'], ['d2']]],
  ['GET keys', [[...keyNames], ['mailbox'], ['destination'], ['both'], ['crossed']]],
  ['GET doctor', [['d1', 'd2', 'm1', 'm2'], ['m1'], ['d1', 'm1'], ['d1', 'm1'], ['d2']]],
];

describe('a key that lists mailboxes, destinations or both', () => {
  it.each(auditedActions)('%s %j: only where it lists what that is about', async (door, body, ...rights) => {
    for (const [at, keyName] of keyNames.entries()) {
      if (at > 0) world = await createWorld();
      const before = await state();
      const answer = await ask(door, keyName, body);
      const code = answer.body?.code;
      const told = answer.status < 300 ? 'ok' : code === 'key_limited' || code === 'not_found' ? answer.status : code;
      expect([keyName, told]).toEqual([keyName, rights[at]]);
      if (told !== 'ok') expect(await state()).toEqual(before);
    }
  });

  it.each(shown)('%s: shows what it may see', async (door, seen) => {
    for (const [at, keyName] of keyNames.entries()) {
      const { items } = (await ask(door, keyName)).body;
      const wanted = (seen[at] ?? []).map((name) => world.ids[name]);
      expect([keyName, ...items.map(({ id }: { id: string }) => id).toSorted()]).toEqual([
        keyName,
        ...wanted.toSorted(),
      ]);
    }
  });

  it('is tried at every door that asks for a key', () => {
    const tried = new Set(
      [...auditedActions, ...shown].map(([door]) => {
        const [method = '', path = ''] = door.split(' ');
        return doorOf(method, path).name;
      }),
    );
    const all = [...registered.values()].flatMap(({ route, handler }) => {
      const scopesByMethod: Readonly<Record<string, string>> = Object.assign({}, Reflect.get(handler, 'scopes'));
      return Object.entries(scopesByMethod)
        .filter(([, scope]) => scope !== 'none')
        .map(([method]) => `${method} ${route}`);
    });
    expect([...tried].toSorted()).toEqual(all.toSorted());
  });

  it('makes no key that outlives it', async () => {
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const short = await ask('POST keys', 'unlimited', { scopes: ['admin'], expiresAt: at(1) });
    world = { ...world, keys: { ...world.keys, unlimited: short.body.key } };
    for (const expiresAt of [undefined, at(2)]) {
      const answer = await ask('POST keys', 'unlimited', { scopes: ['admin'], expiresAt });
      expect([answer.status, answer.body.code]).toEqual([403, 'key_limited']);
    }
    expect((await ask('POST keys', 'unlimited', { scopes: ['admin'], expiresAt: at(0.5) })).status).toBe(201);
  });
});
