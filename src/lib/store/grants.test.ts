import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import { memorySealer } from '../../../test/support/sealer.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import { createAzureStore } from './azure-table.ts';
import { createGrants, type OpenGrant } from './grants.ts';
import type { Store } from './table.ts';

let azurite: Azurite;
let store: Store;
beforeAll(async () => {
  azurite = await startAzurite();
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
  const { sealer, rotate } = memorySealer();
  const grants = createGrants({ store, sealer, clock, random: systemRandom });
  const key = { tid: randomUUID(), oid: randomUUID() };
  const opened = async (): Promise<OpenGrant> => {
    const grant = await grants.open(key);
    if (grant === undefined) throw new Error('no grant');
    return grant;
  };
  return { grants, key, opened, rotate, pass: (ms: number) => (offset += ms) };
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

test('of two renewals of the same grant the first is stored, and the second is told to read again', async () => {
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

test('a failure noted after somebody reconnected changes nothing', async () => {
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

test('grants whose list of mailboxes nobody touched for a while are found, and no others', async () => {
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
