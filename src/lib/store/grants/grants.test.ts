import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { memorySealer } from '../../../../test/support/sealer.ts';
import { azuriteOfSuite, type SuiteAzurite } from '../../../../test/support/suite-tables.ts';
import { systemClock, systemRandom } from '../../domain/system.ts';
import { consoleLog } from '../../log.ts';
import { createAzureStore } from '../table/azure-table.ts';
import type { Store } from '../table/table.ts';
import { createGrants, grantKeyOf, type OpenGrant } from './grants.ts';

let azurite: SuiteAzurite;
let store: Store;
beforeAll(async () => {
  azurite = await azuriteOfSuite();
  store = createAzureStore(
    { tables: { connectionString: azurite.connectionString }, identityClientId: undefined },
    { clock: systemClock, chance: Math.random },
  );
});
afterAll(() => azurite.stop());

const minute = 60_000;

function world() {
  let offset = 0;
  const clock = { ...systemClock, now: () => Date.now() + offset };
  const { sealer, rotate, loseOldest } = memorySealer();
  const lines: string[] = [];
  const log = consoleLog((_level, line) => lines.push(line));
  const grants = createGrants({ store, sealer, clock, random: systemRandom, log });
  const key = { tid: randomUUID(), oid: randomUUID() };
  const opened = async (): Promise<OpenGrant> => {
    const grant = await grants.open(key);
    if (grant === undefined) throw new Error('no grant');
    return grant;
  };
  return { grants, key, opened, rotate, loseOldest, lines, pass: (ms: number) => (offset += ms) };
}

test('a grant that was connected opens with its cache, and knows no mailbox yet', async () => {
  const { grants, key, opened } = world();
  expect(await grants.open(key)).toBeUndefined();
  await grants.connected({ ...key, cache: '{"a":1}' });
  expect(await opened()).toMatchObject({ key, status: 'ok', code: '', mailboxes: [], cache: '{"a":1}', generation: 1 });
});

test('the row holds nothing readable of the cache, and a cache beyond 64 KiB comes back whole', async () => {
  const { grants, key, opened } = world();
  const marker = `refresh-${randomBytes(8).toString('hex')}`;
  const cache = JSON.stringify({ marker, filling: randomBytes(150_000).toString('base64') });
  await grants.connected({ ...key, cache });
  const row = await store.table('grants').get(key.tid, key.oid);
  const columns = Object.keys(row?.values ?? {}).filter((name) => name.startsWith('cache'));
  expect(columns.sort()).toEqual(['cache0', 'cache1', 'cache2', 'cache3']);
  for (const value of Object.values(row?.values ?? {})) {
    const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
    expect(bytes.includes(marker)).toBe(false);
    expect(bytes.length).toBeLessThanOrEqual(64 * 1024);
  }
  expect((await opened()).cache).toBe(cache);
  await grants.connected({ ...key, cache: '{}' });
  expect((await opened()).cache).toBe('{}');
});

test('a row copied to another person, or with two chunks exchanged, does not open', async () => {
  const { grants, key } = world();
  await grants.connected({ ...key, cache: randomBytes(100_000).toString('base64') });
  const table = store.table('grants');
  const row = await table.get(key.tid, key.oid);
  if (row === undefined) throw new Error('no row');
  const other = { tid: key.tid, oid: randomUUID() };
  await table.insert({ partitionKey: other.tid, rowKey: other.oid, values: row.values });
  await expect(grants.open(other)).rejects.toMatchObject({ code: 'seal_broken' });
  const { cache0, cache1 } = row.values;
  await table.replace({ ...row, values: { ...row.values, cache0: cache1, cache1: cache0 } }, row.etag);
  await expect(grants.open(key)).rejects.toMatchObject({ code: 'seal_broken' });
});

test('stores the first of two renewals of a grant, and makes the second read again', async () => {
  const { grants, key, opened } = world();
  await grants.connected({ ...key, cache: 'start' });
  const [one, other] = [await opened(), await opened()];
  expect(await grants.renewed(one, 'first')).toMatchObject({ cache: 'first', generation: 2 });
  expect(await grants.renewed(other, 'second')).toBeUndefined();
  expect((await opened()).cache).toBe('first');
});

test('a renewal is stored although a mailbox was added meanwhile, and keeps it', async () => {
  const { grants, key, opened } = world();
  await grants.connected({ ...key, cache: 'start' });
  const grant = await opened();
  await grants.addMailbox(key, 'mbx_1');
  expect(await grants.renewed(grant, 'renewed')).toMatchObject({ mailboxes: ['mbx_1'] });
  expect(await opened()).toMatchObject({ mailboxes: ['mbx_1'], cache: 'renewed' });
});

test('a failure noted after a reconnect changes nothing', async () => {
  const { grants, key, opened } = world();
  await grants.connected({ ...key, cache: 'old' });
  const grant = await opened();
  await grants.connected({ ...key, cache: 'new' });
  expect(await grants.note(grant, { status: 'reconnect_required', code: 'grant_revoked' })).toBe(false);
  expect((await opened()).status).toBe('ok');
});

test('notes set, keep and clear; a renewal clears them all', async () => {
  const { grants, key, opened } = world();
  await grants.connected({ ...key, cache: 'c' });
  const at = new Date('2026-11-22T10:00:00Z');
  expect(await grants.note(await opened(), { code: 'grant_doubtful', retryAt: at, doubtSince: at })).toBe(true);
  expect(await opened()).toMatchObject({ status: 'ok', code: 'grant_doubtful', retryAt: at, doubtSince: at });
  await grants.note(await opened(), { retryAt: null });
  expect(await opened()).toMatchObject({ code: 'grant_doubtful', retryAt: undefined, doubtSince: at });
  const before = await opened();
  await grants.note(before, { status: 'reconnect_required', code: 'reconnect_required' });
  const marked = await opened();
  expect(marked.since.getTime()).toBeGreaterThan(before.since.getTime());
  await grants.renewed(marked, 'c2');
  expect(await opened()).toMatchObject({ status: 'ok', code: '', retryAt: undefined, doubtSince: undefined });
});

test('mailboxes are listed once however often they are added, and 20 at the same time all arrive', async () => {
  const { grants, key } = world();
  await expect(grants.addMailbox(key, 'mbx_1')).rejects.toMatchObject({ code: 'grant_missing' });
  await grants.connected({ ...key, cache: 'c' });
  const ids = Array.from({ length: 5 }, (_, index) => `mbx_${index}`);
  await Promise.all([...ids, ...ids].map((id) => grants.addMailbox(key, id)));
  expect([...(await grants.mailboxesOf(key))].sort()).toEqual(ids);
});

test('the grant goes with its last mailbox, and repeating that does no harm', async () => {
  const { grants, key } = world();
  await grants.connected({ ...key, cache: 'c' });
  await grants.addMailbox(key, 'mbx_1');
  await grants.addMailbox(key, 'mbx_2');
  await grants.removeMailbox(key, 'mbx_1');
  expect(await grants.mailboxesOf(key)).toEqual(['mbx_2']);
  await grants.removeMailbox(key, 'mbx_2');
  expect(await grants.read(key)).toBeUndefined();
  await grants.removeMailbox(key, 'mbx_2');
  expect(await grants.mailboxesOf(key)).toEqual([]);
});

test('the last mailbox does not take the grant along while a connect is about to add another', async () => {
  const { grants, key, pass } = world();
  await grants.connected({ ...key, cache: 'c' });
  await grants.addMailbox(key, 'mbx_1');
  await grants.connected({ ...key, cache: 'd' });
  await grants.removeMailbox(key, 'mbx_1');
  expect(await grants.read(key)).toBeDefined();
  expect(await grants.eraseIfUnused(key)).toBe(false);
  pass(15 * minute + 1);
  expect(await grants.eraseIfUnused(key)).toBe(true);
  expect(await grants.read(key)).toBeUndefined();
});

test('grants whose list of mailboxes was not touched for a while are found, and no others', async () => {
  const { grants, key, pass } = world();
  const later = { tid: key.tid, oid: randomUUID() };
  await grants.connected({ ...key, cache: 'c' });
  const mine = async (before: Date) =>
    (await grants.untouchedSince(before)).filter((grant) => grant.key.tid === key.tid).map((grant) => grant.key);
  expect(await mine(new Date(Date.now() - minute))).toEqual([]);
  pass(24 * 60 * minute);
  await grants.connected({ ...later, cache: 'c' });
  await grants.addMailbox(later, 'mbx_1');
  expect(await mine(new Date(Date.now() + minute))).toEqual([key]);
});

test('a cache sealed under an older root key opens, and the next renewal seals it under the new one', async () => {
  const { grants, key, opened, rotate } = world();
  await grants.connected({ ...key, cache: 'c' });
  const kid = async () => {
    const sealed = (await store.table('grants').get(key.tid, key.oid))?.values.cache0;
    return sealed instanceof Uint8Array ? Buffer.from(sealed.subarray(1, 17)).toString('hex') : '';
  };
  const before = await kid();
  rotate();
  const grant = await opened();
  expect(grant.cache).toBe('c');
  await grants.renewed(grant, 'd');
  expect(await kid()).not.toBe(before);
});

test('a row that is not in the expected form is named, not guessed at', async () => {
  const { grants, key } = world();
  await store.table('grants').insert({ partitionKey: key.tid, rowKey: key.oid, values: { v: 1, status: 'fine' } });
  await expect(grants.read(key)).rejects.toMatchObject({ code: 'row_broken' });
});

test('moves the cache to the new root key with every write after a rotation, and keeps it as it is without the old key', async () => {
  const { grants, key, opened, rotate, loseOldest } = world();
  await grants.connected({ ...key, cache: 'c' });
  const sealed = async () => (await store.table('grants').get(key.tid, key.oid))?.values.cache0;
  const first = await sealed();
  await grants.addMailbox(key, 'mbx_1');
  expect(await sealed()).toEqual(first);
  rotate();
  await grants.addMailbox(key, 'mbx_2');
  const second = await sealed();
  expect(kidOf(second)).not.toBe(kidOf(first));
  expect((await opened()).cache).toBe('c');
  rotate();
  await grants.note(await opened(), { code: 'account_locked' });
  expect(kidOf(await sealed())).not.toBe(kidOf(second));
  const kept = await sealed();
  const grant = await opened();
  rotate();
  loseOldest(3);
  expect(await grants.note(grant, { code: 'grant_doubtful' })).toBe(true);
  expect(await sealed()).toEqual(kept);
  expect((await grants.read(key))?.code).toBe('grant_doubtful');
});

test('caches under an older root key are found and moved, whatever else happens to the row', async () => {
  const { grants, key, opened, rotate } = world();
  await grants.connected({ ...key, cache: 'c' });
  await grants.openApp(key.tid);
  const found = async () => {
    const rows: Record<string, string> = {};
    for await (const row of grants.keyed.scan()) if (row.id.startsWith(key.tid)) rows[row.id] = row.state;
    return rows;
  };
  const [mine, app] = [`${key.tid}!${key.oid}`, `${key.tid}!app`];
  expect(await found()).toEqual({ [mine]: 'newest', [app]: 'newest' });
  rotate();
  expect(await found()).toEqual({ [mine]: 'old', [app]: 'newest' });
  await Promise.all([grants.keyed.renew(mine), grants.addMailbox(key, 'mbx_1'), grants.keyed.renew(mine)]);
  expect(await found()).toEqual({ [mine]: 'newest', [app]: 'newest' });
  expect(await opened()).toMatchObject({ cache: 'c', mailboxes: ['mbx_1'] });
  const { etag } = (await store.table('grants').get(key.tid, key.oid)) ?? {};
  await grants.keyed.renew(mine);
  await grants.keyed.renew(`${key.tid}!${randomUUID()}`);
  expect((await store.table('grants').get(key.tid, key.oid))?.etag).toBe(etag);
});

test('a row that cannot be read stands in the way of no other', async () => {
  const { grants, key, lines, pass } = world();
  await grants.connected({ ...key, cache: 'c' });
  const broken = { partitionKey: key.tid, rowKey: randomUUID() };
  await store.table('grants').insert({ ...broken, values: { v: 1, status: 'fine' } });
  const newer = { partitionKey: key.tid, rowKey: randomUUID() };
  await store.table('grants').insert({ ...newer, values: { v: 99 } });
  pass(24 * 60 * minute);
  const mine = (all: readonly { key: { tid: string } }[]) => all.filter((grant) => grant.key.tid === key.tid);
  expect(mine(await grants.untouchedSince(new Date(Date.now() + minute)))).toHaveLength(1);
  expect(mine(await collect(grants.all()))).toHaveLength(1);
  const states = (await collect(grants.keyed.scan())).filter((row) => row.id.startsWith(key.tid));
  expect(states.map((row) => row.state).sort()).toEqual(['broken', 'broken', 'newest']);
  expect(lines.filter((line) => line.includes(broken.rowKey))).not.toEqual([]);
});

test('the permission of the app itself has a row of its own: it lists mailboxes, holds no cache, and goes with the last one', async () => {
  const { grants, key, pass } = world();
  const app = grantKeyOf({ kind: 'app', tid: key.tid });
  await grants.openApp(key.tid);
  await grants.addMailbox(app, 'mbx_1');
  const made = await grants.read(app);
  expect(made).toMatchObject({ key: app, status: 'ok', mailboxes: ['mbx_1'] });
  if (made === undefined) throw new Error('no grant');
  await grants.note(made, { status: 'consent_required', code: 'admin_consent_required' });
  await grants.openApp(key.tid);
  expect(await grants.read(app)).toMatchObject({ status: 'consent_required', mailboxes: ['mbx_1'] });
  const noted = await grants.read(app);
  await grants.used(noted ?? made);
  const ok = await grants.read(app);
  expect(ok).toMatchObject({ status: 'ok', code: '' });
  const { etag } = (await store.table('grants').get(app.tid, app.oid)) ?? {};
  await grants.used(ok ?? made);
  expect((await store.table('grants').get(app.tid, app.oid))?.etag).toBe(etag);
  pass(24 * 60 * minute + 1);
  await grants.used(ok ?? made);
  expect((await grants.read(app))?.lastUsed.getTime()).toBeGreaterThan(Date.now() + 23 * 60 * minute);
  await grants.removeMailbox(app, 'mbx_1');
  expect(await grants.read(app)).toBeUndefined();
});

test('what Microsoft wants to hear in the next sign-in is kept until that sign-in', async () => {
  const { grants, key, opened } = world();
  await grants.connected({ ...key, cache: 'c' });
  const claims = '{"access_token":{"polids":{"essential":true,"values":["1"]}}}';
  await grants.note(await opened(), { status: 'reconnect_required', code: 'mfa_required', claims });
  await grants.addMailbox(key, 'mbx_1');
  expect((await opened()).claims).toBe(claims);
  await grants.connected({ ...key, cache: 'd' });
  expect((await opened()).claims).toBeUndefined();
});

const kidOf = (sealed: unknown): string =>
  sealed instanceof Uint8Array ? Buffer.from(sealed.subarray(1, 17)).toString('hex') : '';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
