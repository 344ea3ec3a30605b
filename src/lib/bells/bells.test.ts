import { beforeEach, describe, expect, it } from 'vitest';
import type { TokenFacts } from '../../../local/entra/stand-in.ts';
import { graphError } from '../../../local/graph/answers.ts';
import { createSubscriptions } from '../../../local/graph/subscriptions.ts';
import type { Reply } from '../../../local/web.ts';
import { memoryLog, memoryVault, testRoot } from '../../../test/support/http.ts';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { registryWorld } from '../../../test/support/registry-world.ts';
import { dayMs, hourMs } from '../domain/duration.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import { createGraphMailToken } from '../entra/graph-mail-token.ts';
import type { AccessToken } from '../entra/types.ts';
import { BrokerError, type ErrorCode } from '../errors.ts';
import { bellsChore } from '../housekeeping/bells-chore.ts';
import { createSubscriptionRows } from '../store/mailboxes/subscriptions.ts';
import type { GrantRef } from '../store/rows/rows.ts';
import type { Store } from '../store/table/table.ts';
import { createRootKeys } from '../vault/root-keys.ts';
import { createBells } from './bells.ts';
import { createClientStates } from './client-state.ts';
import { dueInShard } from './due.ts';
import { createGate } from './gate.ts';
import { createGraphSubscriptions } from './graph-subscriptions.ts';
import { createReadNotifications } from './notification.ts';
import { parseSubscribeHint } from './subscribe-hint.ts';

const minuteMs = 60_000;
const notifyAt = 'https://broker.example/api/bell';
const url = 'https://graph.example';
const tid = '11111111-2222-4333-8444-555555555555';
const support = 'support@contoso.example';
const team = 'team@contoso.example';

/** The parts of the broker that look after subscriptions, on one table and with Graph beside them: no server, no port. */
function bellWorld() {
  const offset = { ms: 0 };
  const registry = registryWorld(memoryStore({ now: () => Date.now() + offset.ms }), offset);
  const { store, clock, random } = registry;
  const log = memoryLog();
  const vaultSecrets: Record<string, { version: string; value: string }[]> = { 'broker-root': [testRoot] };
  const states = createClientStates(createRootKeys(memoryVault(vaultSecrets)));
  const gate = createGate({ monotonic: clock.now });
  const read = createReadNotifications({ states, gate, log });
  const polled: string[] = [];

  /** What the door does with a notification, and the queue function with what it has queued. */
  async function notified(body: unknown): Promise<void> {
    for (const { message } of await read(body)) {
      const hint = parseSubscribeHint(message);
      if (hint?.folder !== undefined)
        await bells.keep(hint.mailbox, { folderId: hint.folder, isLost: hint.lost === true });
      else polled.push(message.mailbox);
    }
  }
  const graph = createSubscriptions({
    app: { [tid]: [support, team] },
    pageSize: 2,
    now: clock.now,
    fetch: async (at, init) => {
      const token = new URL(String(at)).searchParams.get('validationToken');
      if (token !== null) return new Response(token, { headers: { 'content-type': 'text/plain' } });
      await notified(JSON.parse(String(init?.body)));
      return new Response(null, { status: 202 });
    },
  });

  /** Requests as they went out, and what is answered instead of the truth, the first to the next. */
  const asked: { readonly method: string; readonly path: string; readonly token: string }[] = [];
  const instead: (Reply | 'lost')[] = [];
  /** What happens while a request is on its way, the first at the next. */
  const meanwhile: (() => Promise<void>)[] = [];
  const factsOf = new Map<string, TokenFacts>();
  const graphFetch: typeof fetch = async (at, init) => {
    const target = new URL(String(at));
    const token = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '') ?? '';
    const method = init?.method ?? 'GET';
    asked.push({ method, path: target.pathname, token });
    await meanwhile.shift()?.();
    const other = instead.shift();
    const facts = factsOf.get(token);
    const call = { method, url: target, headers: {}, body: Buffer.from(String(init?.body ?? '')) };
    const truth = other === undefined || other === 'lost';
    const reply = truth && facts !== undefined ? await graph.handle(facts, call) : truth ? { status: 401 } : other;
    if (other === 'lost') throw new TypeError('fetch failed');
    const body = reply.body === undefined ? null : JSON.stringify(reply.body);
    return new Response(body, { status: reply.status, headers: reply.headers ?? {} });
  };

  /** What Entra answers for a mailbox in place of a token. */
  const refusal: { code: ErrorCode | undefined } = { code: undefined };
  const people = new Map<string, string>();
  const of = async (grant: GrantRef): Promise<AccessToken> => {
    if (refusal.code !== undefined) throw new BrokerError(refusal.code);
    const isApp = grant.kind === 'app';
    const username = isApp ? '' : (people.get(grant.oid) ?? '');
    const scopes = isApp ? [] : ['https://graph.microsoft.com/Mail.ReadBasic'];
    const roles = isApp ? ['Mail.ReadBasic'] : [];
    const expiresAt = new Date(clock.now() + hourMs);
    const accessToken = isApp ? 'token of the app' : `token of ${username}`;
    const audience = 'https://graph.microsoft.com';
    const oid = isApp ? 'app' : grant.oid;
    factsOf.set(accessToken, { username, oid, tid: grant.tid, audience, scopes, roles, expiresAt });
    return { accessToken, expiresAt, scopes, username };
  };
  const rows = createSubscriptionRows({ store, clock, random });
  const bells = createBells({
    ...{ store, registry: registry.registry, rows, states, clock, log },
    token: createGraphMailToken({ of }),
    graph: createGraphSubscriptions({ url, notifyAt }, { fetch: graphFetch, now: clock.now }),
  });

  async function connectPerson(address: string): Promise<string> {
    const person = registry.person(address, tid);
    people.set(person.oid, address);
    const { mailbox } = await registry.connect(person);
    await bells.keep(mailbox.id, 'connected');
    return mailbox.id;
  }
  async function connectApp(address: string): Promise<string> {
    await registry.grants.openApp(tid);
    const { mailbox } = await registry.registry.upsert(
      registry.inputOf(registry.person(address, tid), { grant: { kind: 'app', tid } }),
    );
    await bells.keep(mailbox.id, 'connected');
    return mailbox.id;
  }
  const chore = bellsChore({ directory: registry.directory, clock, log, due: bells.due, keep: bells.keep });
  return {
    ...{
      bells,
      rows,
      states,
      graph,
      asked,
      instead,
      meanwhile,
      refusal,
      polled,
      log,
      vaultSecrets,
      store,
      connectPerson,
      connectApp,
    },
    pass: registry.pass,
    mailbox: async (id: string) => (await registry.registry.get(id))?.row,
    /** What went out since the last look, by method. */
    requests: () => asked.splice(0).map(({ method }) => method),
    housekeeping: async () => void (await chore.run()),
    of: (address: string) => graph.all().filter(({ mailbox }) => mailbox === address),
    ids: (address: string) =>
      graph
        .all()
        .filter(({ mailbox }) => mailbox === address)
        .map(({ id }) => id),
    code: async (id: string) => (await rows.read(id))?.code,
  };
}

let world: ReturnType<typeof bellWorld>;
let made = 0;
beforeEach(() => {
  world = bellWorld();
});

const kinds = [
  ['a person', () => `ada-${++made}@contoso.example`, (address: string) => world.connectPerson(address)],
  ['the app', () => support, (address: string) => world.connectApp(address)],
] as const;

describe.each(kinds)('the subscriptions of a mailbox that %s opens', (opener, addressOf, connect) => {
  let address: string;
  let id: string;
  beforeEach(async () => {
    address = addressOf();
    id = await connect(address);
    expect(world.requests()).toEqual(['POST', 'POST']);
    world.polled.length = 0;
  });

  it('watch its inbox and sent mail for a week, and their notifications have it polled', async () => {
    const owner = opener === 'a person' ? 'me' : `users/${encodeURIComponent(address)}`;
    expect(world.of(address).map(({ resource }) => resource)).toEqual([
      `${owner}/mailFolders('inbox')/messages`,
      `${owner}/mailFolders('sentitems')/messages`,
    ]);
    expect(await world.bells.has(id)).toBe(true);
    expect(await world.graph.ring(address)).toEqual([202]);
    expect(world.polled).toEqual([id]);
  });

  it('are renewed by housekeeping with four days left, as often as it takes, and never run out', async () => {
    const before = world.ids(address);
    world.pass(2.9 * dayMs);
    await world.housekeeping();
    expect(world.requests()).toEqual([]);
    world.pass(0.2 * dayMs);
    await world.housekeeping();
    expect(world.requests()).toEqual(['PATCH', 'PATCH']);
    for (let days = 0; days < 30; days++) {
      world.pass(dayMs);
      await world.housekeeping();
      expect(world.ids(address)).toEqual(before);
    }
    expect(new Set(world.requests())).toEqual(new Set(['PATCH']));
  });

  it('are made anew where Graph no longer knows the one that is to be renewed, or all ran out in an outage', async () => {
    const before = world.ids(address);
    world.graph.expire();
    world.pass(4 * dayMs);
    await world.housekeeping();
    expect(world.requests()).toEqual(['PATCH', 'POST', 'PATCH', 'POST']);
    world.pass(8 * dayMs);
    expect(world.ids(address)).toEqual([]);
    await world.housekeeping();
    expect(world.requests()).toEqual(['POST', 'POST']);
    expect(world.ids(address)).toHaveLength(2);
    for (const one of world.ids(address)) expect(before).not.toContain(one);
  });

  it.each([
    ['subscriptionRemoved', ['POST', 'POST']],
    ['reauthorizationRequired', ['PATCH', 'PATCH']],
    ['missed', []],
  ] as const)('are repaired when Microsoft says %s, and the mailbox is polled', async (event, requests) => {
    world.pass(dayMs);
    expect(new Set(await world.graph.lifecycle(address, event))).toEqual(new Set([202]));
    expect(world.requests()).toEqual(requests);
    expect(world.polled).toContain(id);
    const ends = world.of(address).map(({ expirationDateTime }) => Date.parse(expirationDateTime));
    const least = event === 'missed' ? 5 : 6.9;
    expect(ends).toHaveLength(2);
    for (const end of ends) expect(end - (Date.now() + dayMs)).toBeGreaterThan(least * dayMs);
    await world.graph.ring(address);
    expect(world.polled.length).toBeGreaterThan(0);
  });

  it.each([
    ['subscriptionRemoved', 'POST'],
    ['reauthorizationRequired', 'PATCH'],
  ] as const)('are repaired later if Graph has no time when it says %s', async (event, method) => {
    const busy = graphError(429, 'ApplicationThrottled', 'Too many requests.', 120);
    world.instead.push(busy, busy);
    await world.graph.lifecycle(address, event);
    // The second folder's may have met the wait for which the first one's was told.
    world.instead.length = 0;
    world.requests();
    expect(await world.code(id)).toBe('graph_unreachable');
    // Not before the time is over, whatever Microsoft says meanwhile.
    await world.housekeeping();
    await world.graph.lifecycle(address, event);
    expect(world.requests()).toEqual([]);
    world.pass(121_000);
    await world.housekeeping();
    expect(world.requests()).toEqual([method, method]);
    expect(await world.code(id)).toBe('');
    expect(world.ids(address)).toHaveLength(2);
  });

  it('end with the mailbox', async () => {
    const mailbox = await world.mailbox(id);
    expect(mailbox).toBeDefined();
    if (mailbox !== undefined) await world.bells.remove(mailbox);
    expect(world.requests()).toEqual(['DELETE', 'DELETE']);
    expect(world.ids(address)).toEqual([]);
    expect(await world.rows.read(id)).toBeUndefined();
  });

  it('are made under the new root key once it has changed', async () => {
    const before = world.ids(address);
    world.vaultSecrets['broker-root']?.unshift({ ...testRoot, version: 'f'.repeat(32) });
    await world.housekeeping();
    expect(world.requests()).toEqual(['DELETE', 'POST', 'DELETE', 'POST']);
    for (const one of world.ids(address)) expect(before).not.toContain(one);
    await world.graph.ring(address);
    expect(world.polled).toEqual([id]);
  });
});

describe('a request to Graph', () => {
  it('a throttled request is made again when Retry-After is over, and what was made before it stays', async () => {
    const ada = 'ada@contoso.example';
    const busy = graphError(429, 'ApplicationThrottled', 'Too many requests.', 300);
    world.instead.push(busy);
    const id = await world.connectPerson(ada);
    expect([world.requests(), world.ids(ada)]).toEqual([['POST'], []]);
    expect(world.log.lines).toMatchObject([
      { event: 'bell.not_subscribed', fields: { mailboxId: id, code: 'graph_unreachable' } },
    ]);
    world.pass(299_000);
    await world.housekeeping();
    expect(world.requests()).toEqual([]);
    world.pass(2_000);
    await world.housekeeping();
    expect([world.requests(), world.ids(ada).length]).toEqual([['POST', 'POST'], 2]);
    expect(await world.code(id)).toBe('');
  });

  it.each([
    ['a person', (address: string) => world.connectPerson(address), 'ada@contoso.example'],
    ['the app', (address: string) => world.connectApp(address), team],
  ])(
    'a request of %s whose answer was lost is made good: the one that exists is ended, and only that',
    async (_, connect, at) => {
      // So many of others that the list has several pages.
      await world.connectApp(support);
      world.instead.push('lost');
      const id = await connect(at);
      const [lost] = world.ids(at);
      expect([world.ids(at).length, await world.code(id)]).toEqual([1, 'graph_unreachable']);
      const others = world.ids(support);
      world.pass(hourMs);
      world.requests();
      await world.housekeeping();
      const requests = world.requests();
      expect(requests.filter((method) => method !== 'GET')).toEqual(['POST', 'DELETE', 'POST', 'POST']);
      expect(world.ids(at)).toHaveLength(2);
      expect(world.ids(at)).not.toContain(lost);
      expect(world.ids(support)).toEqual(others);
      expect(await world.code(id)).toBe('');
    },
  );

  it('a subscription refused as existing again and again is a failure of an hour, and no lack of permission', async () => {
    const conflict = graphError(409, 'Conflict', 'A subscription exists already.');
    world.instead.push(conflict, { status: 200, body: { value: [] } }, conflict);
    const id = await world.connectPerson('ada@contoso.example');
    expect(await world.code(id)).toBe('graph_unreachable');
    world.pass(hourMs);
    await world.housekeeping();
    expect(await world.code(id)).toBe('');
  });

  it.each([
    ['has no permission', 403, 'consent_missing', 23 * hourMs],
    ['cannot validate our address', 400, 'graph_unreachable', 59 * minuteMs],
    ['refuses the token', 401, 'graph_unreachable', 59 * minuteMs],
    ['is down', 503, 'graph_unreachable', 59 * minuteMs],
  ] as const)('an answer that says that Graph %s (%i) is noted as %s', async (_, status, code, restMs) => {
    world.instead.push(graphError(status, 'Some', 'Ordered by a test.'));
    const id = await world.connectPerson('ada@contoso.example');
    expect(await world.code(id)).toBe(code);
    world.requests();
    world.pass(restMs);
    await world.housekeeping();
    expect(world.requests()).toEqual([]);
    world.pass(hourMs);
    await world.housekeeping();
    expect(await world.code(id)).toBe('');
  });

  it('a folder that Graph does not have leaves the others their bells', async () => {
    world.instead.push(graphError(404, 'ErrorItemNotFound', 'Not found.'));
    const id = await world.connectPerson('ada@contoso.example');
    expect(world.of('ada@contoso.example').map(({ resource }) => resource)).toEqual([
      "me/mailFolders('sentitems')/messages",
    ]);
    expect(await world.bells.has(id)).toBe(true);
    expect(await world.code(id)).toBe('graph_unreachable');
  });
});

describe('a permission that is refused', () => {
  it.each(['consent_missing', 'admin_consent_required', 'scope_refused', 'app_permissions_broken'] as const)(
    'a refusal with %s fails no connect, costs one try a day, and is tried at once after a new sign-in',
    async (code) => {
      world.refusal.code = code;
      const id = await world.connectPerson('ada@contoso.example');
      expect([await world.code(id), world.requests(), await world.bells.has(id)]).toEqual([
        'consent_missing',
        [],
        false,
      ]);
      world.refusal.code = undefined;
      world.pass(23 * hourMs);
      await world.housekeeping();
      expect(world.requests()).toEqual([]);
      await world.bells.keep(id, 'connected');
      expect([world.requests(), await world.code(id)]).toEqual([['POST', 'POST'], '']);
    },
  );

  it('a refusal by Graph fails no connect of the app either', async () => {
    world.instead.push(graphError(403, 'ErrorAccessDenied', 'Access is denied.'));
    const id = await world.connectApp(support);
    expect([await world.code(id), world.ids(support)]).toEqual(['consent_missing', []]);
  });
});

it.each([true, false])(
  'makes or renews each once when Microsoft speaks of both at the same moment (lost: %s)',
  async (isLost) => {
    const id = await world.connectPerson('ada@contoso.example');
    const [one = '', two = ''] = (await world.rows.read(id))?.subscriptions.map(({ folderId }) => folderId) ?? [];
    if (isLost) world.graph.expire();
    world.requests();
    // The second is dealt with from beginning to end while the request for the first is on its way.
    world.meanwhile.push(async () => void (await world.bells.keep(id, { folderId: two, isLost })));
    await world.bells.keep(id, { folderId: one, isLost });
    expect(world.requests()).toEqual(Array(2).fill(isLost ? 'POST' : 'PATCH'));
    const noted = (await world.rows.read(id))?.subscriptions ?? [];
    expect(noted.map(({ folderId }) => folderId).toSorted()).toEqual([one, two].toSorted());
    expect(noted.map((held) => held.id).toSorted()).toEqual(world.ids('ada@contoso.example').toSorted());
  },
);

it('does not write a row for a mailbox that was removed while Graph was asked', async () => {
  const id = await world.connectPerson('ada@contoso.example');
  const mailbox = await world.mailbox(id);
  world.graph.expire();
  world.pass(8 * dayMs);
  world.meanwhile.push(async () => {
    if (mailbox !== undefined) await world.bells.remove(mailbox);
  });
  await world.housekeeping();
  expect(world.meanwhile).toEqual([]);
  expect(await world.rows.read(id)).toBeUndefined();
});

it('looks at a shard with two requests, whatever the number of its mailboxes, and asks for nothing where all is well', async () => {
  for (const name of ['ada', 'bea', 'cleo', 'dora']) await world.connectPerson(`${name}@contoso.example`);
  world.requests();
  const asked: string[] = [];
  const store: Store = {
    ...world.store,
    table: (name) => ({
      ...world.store.table(name),
      list: async (...range) => {
        asked.push(name);
        return world.store.table(name).list(...range);
      },
    }),
  };
  const at = { now: Date.now(), kid: await world.states.currentKid() };
  const rows = createSubscriptionRows({ store, clock: systemClock, random: systemRandom });
  expect(await dueInShard({ store, rows, log: world.log }, 1, at)).toEqual({ due: [], lapsed: [] });
  expect(asked).toEqual(['mail', 'subscriptions']);
  await world.housekeeping();
  expect(world.requests()).toEqual([]);
});

it('warns once of a subscription that expired in an outage, and makes it anew in the same run', async () => {
  const id = await world.connectPerson('ada@contoso.example');
  world.graph.expire();
  world.pass(8 * dayMs);
  await world.housekeeping();
  await world.housekeeping();
  const lapsed = world.log.lines.filter(({ event }) => event === 'bell.lapsed');
  expect(lapsed).toEqual([{ level: 'warn', event: 'bell.lapsed', fields: { mailboxes: 1, mailboxId: id } }]);
  expect(world.ids('ada@contoso.example')).toHaveLength(2);
});

it('keeps the subscriptions of the others though the row of one mailbox is broken', async () => {
  const ids = [await world.connectPerson('ada@contoso.example'), await world.connectPerson('bea@contoso.example')];
  const table = world.store.table('subscriptions');
  const row = await table.get(ids[0]?.replace(/^mbx_(\d+)_.*/, 's$1') ?? '', ids[0] ?? '');
  if (row !== undefined) await table.replace({ ...row, values: { ...row.values, items: '{' } }, row.etag);
  world.requests();
  world.pass(4 * dayMs);
  await world.housekeeping();
  expect(world.requests()).toEqual(['PATCH', 'PATCH']);
  expect(world.log.lines).toContainEqual({
    level: 'warn',
    event: 'bell.not_kept',
    fields: { mailboxId: ids[0], code: 'row_broken' },
  });
});
