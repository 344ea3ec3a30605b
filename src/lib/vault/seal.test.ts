import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { base64url, fromBase64url } from '../domain/bytes.ts';
import type { SealPlace } from '../domain/sealing.ts';
import { systemRandom } from '../domain/system.ts';
import { createRootKeys, rootSecretName } from './root-keys.ts';
import { createSealer } from './seal.ts';
import type { Vault } from './types.ts';

const oldKid = '0123456789abcdef0123456789abcdef';
const newKid = 'fedcba9876543210fedcba9876543210';
const place: SealPlace = { table: 'grants', partitionKey: 'tid', rowKey: 'oid', column: 'cache' };
const plain = new TextEncoder().encode('a refresh token');

function world() {
  const roots = [{ version: oldKid, value: base64url(systemRandom.bytes(32)) }];
  const read: string[] = [];
  const vault: Vault = {
    async secret(name) {
      const newest = roots[0];
      if (name !== rootSecretName || newest === undefined) throw new Error('no such secret');
      return newest;
    },
    async secretVersion(_name, version) {
      read.push(version);
      return roots.find((root) => root.version === version);
    },
    async versions() {
      return roots.map((root) => ({ id: root.version, enabled: true }));
    },
  };
  const keys = createRootKeys(vault);
  const rotate = () => roots.unshift({ version: newKid, value: base64url(systemRandom.bytes(32)) });
  return { roots, keys, rotate, read, sealer: createSealer({ keys, random: systemRandom }) };
}

const broken = { code: 'seal_broken' };

describe('sealing', () => {
  it('opens what it sealed, empty and large values included', async () => {
    const { sealer } = world();
    for (const value of [plain, new Uint8Array(0), systemRandom.bytes(200_000)]) {
      expect(await sealer.open(place, await sealer.seal(place, value))).toEqual(value);
    }
  });

  it('writes the bytes in the order that is fixed for ever', async () => {
    const sealed = await world().sealer.seal(place, plain);
    expect(sealed[0]).toBe(1);
    expect(Buffer.from(sealed.subarray(1, 17)).toString('hex')).toBe(oldKid);
    expect(sealed).toHaveLength(1 + 16 + 16 + 12 + plain.length + 16);
  });

  it('never writes the same bytes twice, and none of the plain ones', async () => {
    const { sealer } = world();
    const [one, other] = [await sealer.seal(place, plain), await sealer.seal(place, plain)];
    expect(one).not.toEqual(other);
    expect(one.subarray(17, 33)).not.toEqual(other.subarray(17, 33));
    expect(Buffer.from(one).includes(Buffer.from(plain))).toBe(false);
  });

  it.each([
    ['another table', { table: 'states' }],
    ['another tenant', { partitionKey: 'other' }],
    ['another row', { rowKey: 'other' }],
    ['another column', { column: 'cache1' }],
    ['a border moved between the keys', { partitionKey: 'tido', rowKey: 'id' }],
  ])('does not open in %s', async (_name, moved) => {
    const { sealer } = world();
    const sealed = await sealer.seal(place, plain);
    await expect(sealer.open({ ...place, ...moved }, sealed)).rejects.toMatchObject(broken);
  });

  it('does not open with any one bit of any byte flipped', async () => {
    const { sealer } = world();
    const sealed = await sealer.seal(place, plain);
    for (let index = 0; index < sealed.length; index++) {
      const changed = sealed.slice();
      changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
      await expect(sealer.open(place, changed), `byte ${index}`).rejects.toMatchObject(broken);
    }
  });

  it('does not open with its tag cut short, nor cut anywhere else, nor with a byte more', async () => {
    const { sealer } = world();
    const sealed = await sealer.seal(place, plain);
    for (let length = 0; length < sealed.length; length++) {
      await expect(sealer.open(place, sealed.subarray(0, length)), `${length} bytes`).rejects.toMatchObject(broken);
    }
    await expect(sealer.open(place, Buffer.concat([sealed, Uint8Array.of(0)]))).rejects.toMatchObject(broken);
  });

  it('opens values of both keys after a rotation, seals under the new one, and tells which are to be sealed again', async () => {
    const { sealer, rotate, roots } = world();
    const before = await sealer.seal(place, plain);
    expect(await sealer.needsReseal(before)).toBe(false);
    rotate();
    const after = await sealer.seal(place, plain);
    expect(await sealer.open(place, before)).toEqual(plain);
    expect(await sealer.open(place, after)).toEqual(plain);
    expect(await sealer.needsReseal(before)).toBe(true);
    expect(await sealer.needsReseal(after)).toBe(false);
    roots.pop();
    await expect(sealer.open(place, before)).rejects.toMatchObject(broken);
  });

  it('does not open under another root of the same id', async () => {
    const sealed = await world().sealer.seal(place, plain);
    await expect(world().sealer.open(place, sealed)).rejects.toMatchObject(broken);
  });

  it('opens and makes the sealed value of the published example', async () => {
    const vectors: Record<string, unknown> = JSON.parse(
      readFileSync(new URL('../../../test/vectors.json', import.meta.url), 'utf8'),
    );
    const text = (name: string) => String(vectors[name]);
    const root = { version: text('sealKid'), value: text('sealRootKey') };
    const vault: Vault = {
      secret: async () => root,
      secretVersion: async (_name, version) => (version === root.version ? root : undefined),
      versions: async () => [{ id: root.version, enabled: true }],
    };
    // What is random in a write is given in the example: first the salt, then the iv.
    const drawn = [fromBase64url(text('sealSalt')), fromBase64url(text('sealIv'))];
    const sealer = createSealer({
      keys: createRootKeys(vault),
      random: { bytes: () => drawn.shift() ?? new Uint8Array(0) },
    });
    const spot: SealPlace = {
      table: text('sealTable'),
      partitionKey: text('sealPartitionKey'),
      rowKey: text('sealRowKey'),
      column: text('sealColumn'),
    };
    const sealed = fromBase64url(text('sealed'));
    expect(new TextDecoder().decode(await sealer.open(spot, sealed))).toBe(text('sealPlain'));
    expect(base64url(await sealer.seal(spot, new TextEncoder().encode(text('sealPlain'))))).toBe(text('sealed'));
  });
});

describe('subkeys of the root', () => {
  it('differ by use and by root, and are found by id and by prefix', async () => {
    const { keys, rotate } = world();
    const ticket = await keys.current('ticket');
    const attach = await keys.current('attach');
    expect(ticket.kid).toBe(oldKid);
    expect(ticket.key).toHaveLength(32);
    expect(ticket.key).not.toEqual(attach.key);
    expect(await keys.byId('ticket', oldKid)).toEqual(ticket.key);
    const prefix = Uint8Array.from(Buffer.from(oldKid.slice(0, 8), 'hex'));
    expect(await keys.byPrefix('ticket', prefix)).toEqual(ticket);
    rotate();
    expect((await keys.current('ticket')).key).not.toEqual(ticket.key);
    expect(await keys.byPrefix('ticket', prefix)).toEqual(ticket);
  });

  it.each([
    ['a minute old', 1, oldKid],
    ['seven minutes old', 7, newKid],
    ['the only one that is enabled', 1, newKid, false],
  ])(
    'sign links under a version that every instance knows: the newest is %s',
    async (_, minutes, kid, enabled = true) => {
      const now = Date.UTC(2026, 2, 1);
      const roots = [newKid, oldKid].map((version, index) => ({
        version,
        value: base64url(new Uint8Array(32).fill(index + 1)),
        ...(index === 0 ? { createdOn: new Date(now - minutes * 60_000) } : {}),
      }));
      const [latest] = roots;
      if (latest === undefined) throw new Error('no root');
      const keys = createRootKeys(
        {
          secret: async () => latest,
          secretVersion: async (_name, version) => roots.find((root) => root.version === version),
          versions: async () => [
            { id: newKid, enabled: true },
            { id: oldKid, enabled },
          ],
        },
        { now: () => now },
      );
      expect((await keys.current('ticket')).kid).toBe(kid);
      expect((await keys.current('attach')).kid).toBe(kid);
      // Callers bring the whole id of a key, and what is sealed has it beside it: both are read from the vault.
      expect((await keys.current('apikey')).kid).toBe(newKid);
      expect((await keys.currentSealKey(new Uint8Array(16))).kid).toBe(newKid);
    },
  );

  it('are not looked for in the vault by an id or prefix that no version has', async () => {
    const { keys, read } = world();
    expect(await keys.byPrefix('ticket', Uint8Array.of(1, 2, 3, 4))).toBeUndefined();
    expect(await keys.byPrefix('ticket', new Uint8Array(0))).toBeUndefined();
    expect(await keys.byId('ticket', 'not an id')).toBeUndefined();
    expect(read).toEqual([]);
  });

  it.each(['', 'too-short', base64url(new Uint8Array(31)), base64url(new Uint8Array(33)), `${'A'.repeat(42)}!`])(
    'are refused from a root that is not 32 bytes (%j)',
    async (value) => {
      const { keys, roots } = world();
      roots.unshift({ version: newKid, value });
      await expect(keys.current('ticket')).rejects.toMatchObject({ code: 'root_key_broken' });
      await expect(keys.currentSealKey(new Uint8Array(16))).rejects.toMatchObject({ code: 'root_key_broken' });
    },
  );
});
