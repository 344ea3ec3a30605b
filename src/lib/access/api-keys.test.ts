import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import { manualClock, memoryLog, memoryVault, testRoot } from '../../../test/support/http.ts';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { base64url, fromBase64url, purposeBytes } from '../domain/bytes.ts';
import { hmacSha256 } from '../domain/mac.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import { type ApiKeyRow, createApiKeyRows } from '../store/deployment/api-keys.ts';
import { type Store, StoreError, type Table } from '../store/table/table.ts';
import { createRootKeys } from '../vault/root-keys.ts';
import { apiKeySecretHash, bootstrapKeyId, formatApiKey, looksLikeJwt, parseApiKey } from './api-key.ts';
import { createApiKeys } from './api-keys.ts';

const vectors = JSON.parse(readFileSync(new URL('../../../test/vectors.json', import.meta.url), 'utf8'));

describe('the text of a key', () => {
  const parts = { id: vectors.apiKeyId, secret: vectors.apiKeySecret };

  it('is the one that the vectors hold', () => {
    expect(formatApiKey(parts)).toBe(vectors.apiKey);
    expect(parseApiKey(vectors.apiKey)).toMatchObject(parts);
    expect(base64url(apiKeySecretHash(parts.secret))).toBe(vectors.apiKeySecretHash);
  });

  it('does not parse with any one character changed', () => {
    for (let at = 0; at < vectors.apiKey.length; at += 1) {
      const changed = vectors.apiKey[at] === 'x' ? 'y' : 'x';
      expect(parseApiKey(vectors.apiKey.slice(0, at) + changed + vectors.apiKey.slice(at + 1))).toBeUndefined();
    }
  });

  it('does not parse from another checksum than the one that is known to be right, unless that is right too', () => {
    expect(parseApiKey(vectors.apiKey, () => 'zzzzzz')).toMatchObject(parts);
    expect(parseApiKey(`${vectors.apiKey.slice(0, -1)}!`, () => vectors.apiKey.slice(-6))).toBeUndefined();
    const changed = vectors.apiKey.endsWith('x') ? 'y' : 'x';
    expect(parseApiKey(vectors.apiKey.slice(0, -1) + changed, () => vectors.apiKey.slice(-6))).toBeUndefined();
  });

  it.each([
    '',
    'nmb_',
    'nmb_a_b_c',
    `${vectors.apiKey} `,
    `${vectors.apiKey}x`,
    vectors.apiKey.slice(0, -1),
    'eyJ.x.y',
  ])('does not parse from %j', (text) => {
    expect(parseApiKey(text)).toBeUndefined();
  });

  it.each([
    ['eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOjF9.c2ln', true],
    ['eyJhbGciOiJub25lIn0.e30.', true],
    [vectors.apiKey, false],
    ['a.b.c', false],
  ])('knows whether %s is a session token', (text, expected) => {
    expect(looksLikeJwt(text)).toBe(expected);
  });
});

describe('API keys', () => {
  let store: Store;
  onMemoryTables((memory) => {
    store = memory;
  });

  function world(options: { secrets?: Parameters<typeof memoryVault>[0]; bootstrap?: boolean } = {}) {
    const clock = manualClock();
    const log = memoryLog();
    const vault = memoryVault({ 'broker-root': [testRoot], ...options.secrets });
    let gets = 0;
    const table: Table = store.table('keys');
    const counted: Table = {
      ...table,
      name: table.name,
      get: (partition, row) => {
        gets += 1;
        return table.get(partition, row);
      },
    };
    const rows = createApiKeyRows(counted);
    const rootKeys = createRootKeys(vault);
    const keys = createApiKeys({
      rows,
      rootKeys,
      clock,
      random: systemRandom,
      log,
      bootstrap: options.bootstrap === true ? vault : undefined,
    });
    return { clock, log, vault, rows, rootKeys, keys, gets: () => gets };
  }
  let w: ReturnType<typeof world>;
  beforeEach(() => {
    w = world();
  });

  const mint = async (wanted: Partial<Parameters<typeof w.keys.mint>[0]> = {}) =>
    w.keys.mint({ scopes: ['read'], ...wanted }, { createdBy: 'me' });

  /** Writes a row over the one that is there, as someone with the table could. */
  const tamper = async (id: string, change: Partial<ApiKeyRow>) => {
    const stored = await w.rows.get(id);
    if (stored === undefined) throw new Error('no such key');
    await w.rows.replace({ ...stored.row, ...change }, stored.etag);
  };

  it('are good for what they were made for', async () => {
    const expiresAt = new Date(w.clock.now() + 3_600_000);
    const { key, info } = await mint({
      scopes: ['send', 'read'],
      mailboxes: ['mbx_0000_aaaaaaaaaaaaaaaa'],
      destinations: ['dst_aaaaaaaaaaaa'],
      expiresAt,
    });
    expect(await w.keys.verify(`Bearer ${key}`)).toEqual({
      keyId: info.id,
      scopes: ['read', 'send'],
      mailboxes: ['mbx_0000_aaaaaaaaaaaaaaaa'],
      destinations: ['dst_aaaaaaaaaaaa'],
      expiresAt,
      bootstrap: false,
    });
    expect(await w.keys.verify(`bearer   ${key}`)).toMatchObject({ keyId: info.id });
  });

  it('are stored without their secret', async () => {
    const { key, info } = await mint();
    const raw = await store.table('keys').get('key', info.id);
    const secret = parseApiKey(key)?.secret ?? 'none';
    const text = JSON.stringify(raw?.values, (_name, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
    );
    expect(text).toContain('read');
    expect(text).not.toContain(secret);
    expect(JSON.stringify(info)).not.toContain(secret);
  });

  it('carry the MAC that the vectors hold', async () => {
    const mac = hmacSha256(
      fromBase64url(vectors.apiKeyMacKey),
      purposeBytes(
        'apikey',
        vectors.apiKeyId,
        fromBase64url(vectors.apiKeySecretHash),
        vectors.apiKeyScopes,
        vectors.apiKeyMailboxes,
        null,
        vectors.apiKeyExpiresAtMs,
      ),
    );
    expect(base64url(mac)).toBe(vectors.apiKeyMac);
    // And a row made from the same parts is one that counts.
    const root = { version: testRoot.version, value: vectors.apiKeyRootKey };
    w = world({ secrets: { 'broker-root': [root] } });
    w.clock.advance(-w.clock.now() + vectors.apiKeyExpiresAtMs - 1000);
    await w.rows.insert({
      id: vectors.apiKeyId,
      kid: root.version,
      secretHash: fromBase64url(vectors.apiKeySecretHash),
      mac,
      scopes: vectors.apiKeyScopes,
      mailboxes: vectors.apiKeyMailboxes,
      destinations: undefined,
      expiresAt: new Date(vectors.apiKeyExpiresAtMs),
      label: undefined,
      createdAt: new Date(0),
      createdBy: '',
      lastUsedAt: undefined,
    });
    expect(await w.keys.verify(`Bearer ${vectors.apiKey}`)).toMatchObject({ keyId: vectors.apiKeyId });
    await w.keys.remove(vectors.apiKeyId);
  });

  it.each([
    [null, 'key_missing'],
    ['', 'key_missing'],
    ['Basic dXNlcjpwYXNz', 'key_missing'],
    ['Bearer', 'key_missing'],
    ['Bearer a b', 'key_missing'],
    ['Bearer hunter2', 'key_invalid'],
    [`Bearer ${formatApiKey({ id: 'nosuchkey000', secret: 'x'.repeat(43) })}`, 'key_invalid'],
    ['Bearer eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOjF9.c2ln', 'nocobase_session_token'],
  ])('refuse %j as %s', async (header, code) => {
    await expect(w.keys.verify(header)).rejects.toMatchObject({ code, status: 401 });
  });

  it('cost no read where the checksum is wrong', async () => {
    const { key } = await mint();
    const wrong = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');
    await expect(w.keys.verify(`Bearer ${wrong}`)).rejects.toMatchObject({ code: 'key_invalid' });
    expect(w.gets()).toBe(0);
  });

  it('refuse the right id with another secret', async () => {
    const { info } = await mint();
    const forged = formatApiKey({ id: info.id, secret: 'x'.repeat(43) });
    await expect(w.keys.verify(`Bearer ${forged}`)).rejects.toMatchObject({ code: 'key_invalid' });
  });

  it('end when they expire, to the millisecond, cached or not', async () => {
    const { key } = await mint({ expiresAt: new Date(w.clock.now() + 30_000) });
    await w.keys.verify(`Bearer ${key}`);
    w.clock.advance(29_999);
    await w.keys.verify(`Bearer ${key}`);
    w.clock.advance(1);
    await expect(w.keys.verify(`Bearer ${key}`)).rejects.toMatchObject({ code: 'key_invalid' });
  });

  const widenings: [string, Partial<ApiKeyRow>][] = [
    ['another scope', { scopes: ['read', 'admin'] }],
    ['no limit to mailboxes', { mailboxes: undefined }],
    ['another mailbox', { mailboxes: ['mbx_0000_bbbbbbbbbbbbbbbb'] }],
    ['no limit to destinations', { destinations: undefined }],
    ['a later end', { expiresAt: new Date(4_000_000_000_000) }],
    ['no end', { expiresAt: undefined }],
    ['another secret', { secretHash: apiKeySecretHash('x'.repeat(43)) }],
    ['a root key that we do not know', { kid: 'f'.repeat(32) }],
    ['a shorter MAC', { mac: new Uint8Array(0) }],
  ];
  it.each(widenings)('do not count when their row is given %s', async (_what, change) => {
    const { key, info } = await mint({
      mailboxes: ['mbx_0000_aaaaaaaaaaaaaaaa'],
      destinations: ['dst_aaaaaaaaaaaa'],
      expiresAt: new Date(w.clock.now() + 3_600_000),
    });
    await tamper(info.id, change);
    await expect(w.keys.verify(`Bearer ${key}`)).rejects.toMatchObject({ code: 'key_invalid' });
    expect(await w.keys.get(info.id)).toMatchObject({ status: 'invalid' });
  });

  it('do not count when their row was written by hand', async () => {
    const parts = { id: 'handwritten0', secret: 'S'.repeat(43) };
    await w.rows.insert({
      id: parts.id,
      kid: testRoot.version,
      secretHash: apiKeySecretHash(parts.secret),
      mac: new Uint8Array(32),
      scopes: ['admin'],
      mailboxes: undefined,
      destinations: undefined,
      expiresAt: undefined,
      label: undefined,
      createdAt: new Date(0),
      createdBy: '',
      lastUsedAt: undefined,
    });
    await expect(w.keys.verify(`Bearer ${formatApiKey(parts)}`)).rejects.toMatchObject({ code: 'key_invalid' });
  });

  it('do not count, and do no harm, when a row is no key at all', async () => {
    const id = 'garbagerow00';
    await store.table('keys').insert({ partitionKey: 'key', rowKey: id, values: { mailboxes: '{', scopes: 7 } });
    const text = formatApiKey({ id, secret: 'x'.repeat(43) });
    await expect(w.keys.verify(`Bearer ${text}`)).rejects.toMatchObject({ code: 'key_invalid' });
    await expect(w.keys.list()).resolves.toBeInstanceOf(Array);
  });

  it('are not stretched by a row copied to another id', async () => {
    const { key, info } = await mint();
    const stored = await w.rows.get(info.id);
    if (stored === undefined) throw new Error('no such key');
    await w.rows.insert({ ...stored.row, id: 'copiedrow000' });
    const secret = parseApiKey(key)?.secret ?? '';
    const copy = formatApiKey({ id: 'copiedrow000', secret });
    await expect(w.keys.verify(`Bearer ${copy}`)).rejects.toMatchObject({ code: 'key_invalid' });
  });

  it('are read once a minute, and their last use is written once an hour', async () => {
    const { key, info } = await mint();
    const header = `Bearer ${key}`;
    await w.keys.verify(header);
    const first = (await w.rows.get(info.id))?.row.lastUsedAt;
    expect(first?.getTime()).toBe(w.clock.now());
    await w.keys.verify(header);
    const before = w.gets();
    for (let i = 0; i < 20; i += 1) await w.keys.verify(header);
    expect(w.gets()).toBe(before);
    w.clock.advance(60_001);
    await w.keys.verify(header);
    expect(w.gets()).toBe(before + 1);
    expect((await w.rows.get(info.id))?.row.lastUsedAt).toEqual(first);
    w.clock.advance(3_600_000);
    await w.keys.verify(header);
    expect((await w.rows.get(info.id))?.row.lastUsedAt?.getTime()).toBe(w.clock.now());
  });

  it('stay good after their last use was noted', async () => {
    const { key } = await mint({ scopes: ['read'], mailboxes: ['mbx_0000_aaaaaaaaaaaaaaaa'], label: 'x' });
    await w.keys.verify(`Bearer ${key}`);
    w.clock.advance(4_000_000);
    expect(await w.keys.verify(`Bearer ${key}`)).toMatchObject({ scopes: ['read'] });
    w.clock.advance(4_000_000);
    expect(await w.keys.verify(`Bearer ${key}`)).toMatchObject({ mailboxes: ['mbx_0000_aaaaaaaaaaaaaaaa'] });
  });

  it('are removed although their use is noted at that moment, and the attempts come to an end', async () => {
    const { info } = await mint();
    let races = 0;
    const keysWith = (most: number) =>
      createApiKeys({
        rows: {
          ...w.rows,
          remove: async (id) => {
            if (races++ < most) throw new StoreError('conflict', { table: 'keys' });
            return w.rows.remove(id);
          },
        },
        rootKeys: w.rootKeys,
        clock: systemClock,
        random: systemRandom,
        log: w.log,
        bootstrap: undefined,
      });
    await expect(keysWith(1_000).remove(info.id)).rejects.toMatchObject({ code: 'conflict' });
    expect(races).toBeLessThan(20);
    races = 0;
    expect(await keysWith(2).remove(info.id)).toBe(true);
  });

  it('are gone at once here, and after a minute elsewhere, when they are removed', async () => {
    const { key, info } = await mint();
    const elsewhere = createApiKeys({
      rows: w.rows,
      rootKeys: w.rootKeys,
      clock: w.clock,
      random: systemRandom,
      log: w.log,
      bootstrap: undefined,
    });
    await elsewhere.verify(`Bearer ${key}`);
    await elsewhere.verify(`Bearer ${key}`);
    expect(await w.keys.remove(info.id)).toBe(true);
    expect(await w.keys.remove(info.id)).toBe(false);
    await expect(w.keys.verify(`Bearer ${key}`)).rejects.toMatchObject({ code: 'key_invalid' });
    w.clock.advance(60_001);
    await expect(elsewhere.verify(`Bearer ${key}`)).rejects.toMatchObject({ code: 'key_invalid' });
  });

  it('must name their mailboxes and expire with the scope token, except the local demo key', async () => {
    const failure = await w.keys
      .mint({ scopes: ['token'] }, { createdBy: 'me' })
      .catch((error: { code: string; fields: { field: string }[] }) => error);
    expect(failure).toMatchObject({ code: 'invalid_request' });
    expect('fields' in failure && failure.fields.map(({ field }) => field)).toEqual(['mailboxes', 'expiresAt']);
    const { key } = await w.keys.mint({ scopes: ['token', 'admin'] }, { createdBy: '', unrestricted: true });
    expect(await w.keys.verify(`Bearer ${key}`)).toMatchObject({ scopes: ['token', 'admin'], mailboxes: undefined });
  });

  it('are not made with an end that has passed', async () => {
    const failure = await mint({ expiresAt: new Date(w.clock.now()) }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'invalid_request',
      fields: [{ field: 'expiresAt', message: 'Is in the past.' }],
    });
  });

  it('tell of refusals once a minute, by their number, and never with what was sent', async () => {
    for (let i = 0; i < 50; i += 1) await w.keys.verify('Bearer hunter2').catch(() => {});
    await w.keys.verify('Bearer eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOjF9.c2ln').catch(() => {});
    expect(w.log.lines).toHaveLength(1);
    w.clock.advance(60_000);
    await w.keys.verify(null).catch(() => {});
    expect(w.log.lines.map(({ fields }) => fields.count)).toEqual([1, 51]);
    expect(JSON.stringify(w.log.lines)).not.toMatch(/hunter2|eyJ/);
  });

  describe('the first of a deployment', () => {
    const text = formatApiKey({ id: bootstrapKeyId, secret: 'B'.repeat(43) });
    const secrets = { 'bootstrap-admin-key': [{ version: 'v', value: text }] };

    it('lies in Key Vault and is told apart from every other', async () => {
      w = world({ secrets, bootstrap: true });
      expect(await w.keys.verify(`Bearer ${text}`)).toMatchObject({ bootstrap: true, scopes: ['admin'] });
      expect(w.gets()).toBe(0);
    });

    it('does not count with another secret, where there is none, or outside Azure', async () => {
      const other = formatApiKey({ id: bootstrapKeyId, secret: 'C'.repeat(43) });
      w = world({ secrets, bootstrap: true });
      await expect(w.keys.verify(`Bearer ${other}`)).rejects.toMatchObject({ code: 'key_invalid' });
      w = world({ bootstrap: true });
      await expect(w.keys.verify(`Bearer ${text}`)).rejects.toMatchObject({ code: 'key_invalid' });
      w = world({ secrets });
      await expect(w.keys.verify(`Bearer ${text}`)).rejects.toMatchObject({ code: 'key_invalid' });
    });

    it('makes the vault be asked once a minute, however often it is guessed', async () => {
      w = world({ bootstrap: true });
      for (let i = 0; i < 20; i += 1) await w.keys.verify(`Bearer ${text}`).catch(() => {});
      expect(w.vault.reads()).toBe(1);
    });
  });
});

it('keys that are refused leave nothing behind in the process', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const keys = createApiKeys({
    rows: createApiKeyRows(memoryStore(systemClock).table('keys')),
    rootKeys: createRootKeys(memoryVault({ 'broker-root': [testRoot] })),
    clock: manualClock(),
    random: systemRandom,
    log: memoryLog(),
    bootstrap: undefined,
  });
  const refuse = async (count: number): Promise<number> => {
    for (let n = 0; n < count; n += 1) {
      // One that is cut off, one of a session, and one that is well-formed and unknown: each is refused elsewhere.
      const unknown = formatApiKey({ id: `k${n}`.padEnd(12, 'x'), secret: 'S'.repeat(43) });
      for (const text of [unknown.slice(0, -1), 'eyJhbGciOiJub25lIn0.e30.', unknown]) {
        await keys.verify(`Bearer ${text}`).catch(() => undefined);
      }
    }
    collect();
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await refuse(500);
  // 300 bytes kept of each would be 6 MB.
  expect((await refuse(7_000)) - before).toBeLessThan(3 * 1024 * 1024);
});
