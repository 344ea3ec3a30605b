import { beforeEach, describe, expect, it } from 'vitest';
import { manualClock, memoryLog, testRoot } from '../../../test/support/http.ts';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { createApiKeys } from '../access/api-keys.ts';
import { createTicketTokens } from '../connect/tickets.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import { BrokerError } from '../errors.ts';
import { createApiKeyRows } from '../store/deployment/api-keys.ts';
import type { SecretSource } from './key-vault.ts';
import { createVault } from './reader.ts';
import { createRootKeys, rootBytes, rootSecretName } from './root-keys.ts';
import type { SecretVersion } from './types.ts';
import { watchVault } from './watch.ts';

const store = memoryStore(systemClock);
let ms = 0;
const time = { ...manualClock(), monotonic: () => ms };

const settle = async () => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

/** What stands on the root key, in one process, over a vault whose reads are counted. */
function instance(vault: { versions: SecretVersion[]; disabled: boolean; error?: BrokerError }) {
  const counted = { reads: 0 };
  const source: SecretSource = {
    async get(_name, version) {
      counted.reads++;
      if (vault.error !== undefined) throw vault.error;
      const found = vault.versions.find((item) => version === undefined || item.version === version);
      return found === undefined ? 'absent' : vault.disabled ? 'disabled' : found;
    },
    async versions() {
      counted.reads++;
      if (vault.error !== undefined) throw vault.error;
      return vault.versions.map(({ version: id }) => ({ id, enabled: !vault.disabled }));
    },
  };
  const log = memoryLog();
  const waiting: { at: number; run: () => void }[] = [];
  const watched = watchVault({
    vault: createVault(
      { keyVaultUrl: 'https://unused.vault.azure.net', inAzure: true },
      { credential: { getToken: async () => null }, clock: time, log, source },
    ),
    needed: [{ name: rootSecretName, check: rootBytes, isListed: true }],
    log,
    later: (delay, run) => void waiting.push({ at: ms + delay, run }),
  });
  const rootKeys = createRootKeys(watched.vault);
  return {
    counted,
    log,
    trouble: watched.trouble,
    look: watched.look,
    waiting,
    keys: createApiKeys({
      rows: createApiKeyRows(store.table('keys')),
      rootKeys,
      clock: systemClock,
      random: systemRandom,
      log,
      bootstrap: undefined,
    }),
    tickets: createTicketTokens({ rootKeys, clock: systemClock, random: systemRandom }),
    /** Time goes by, and what waits for it runs. */
    async pass(by: number) {
      const end = ms + by;
      for (;;) {
        const next = waiting.filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at)[0];
        if (next === undefined) break;
        waiting.splice(waiting.indexOf(next), 1);
        ms = Math.max(ms, next.at);
        next.run();
        await settle();
      }
      ms = end;
    },
  };
}

const secret: SecretVersion = { ...testRoot };
let key: string;
let ticket: string;
beforeEach(async () => {
  const healthy = instance({ versions: [secret], disabled: false });
  key = (await healthy.keys.mint({ scopes: ['read'] }, { createdBy: 'test' })).key;
  ticket = (await healthy.tickets.issue(new Date(Date.now() + 3_600_000))).token;
});

describe('a root key that is missing', () => {
  it.each<[string, Parameters<typeof instance>[0], string]>([
    ['disabled', { versions: [secret], disabled: true }, 'secret_missing'],
    ['deleted', { versions: [], disabled: false }, 'secret_missing'],
    ['no key at all', { versions: [{ ...secret, value: 'hello' }], disabled: false }, 'root_key_broken'],
    [
      'behind a firewall',
      { versions: [secret], disabled: false, error: new BrokerError('vault_firewall') },
      'vault_firewall',
    ],
  ])(
    'is reported to callers and owners and in health if it is %s, and is found again within seconds',
    async (_how, vault, code) => {
      const at = instance(vault);
      expect(at.trouble()).toBeUndefined();
      await expect(at.keys.verify(`Bearer ${key}`)).rejects.toMatchObject({ code, status: 503 });
      await expect(at.tickets.open(ticket)).rejects.toMatchObject({ code });
      await settle();
      expect(at.trouble()).toMatchObject({ code });
      expect(at.log.lines.filter(({ event }) => event === 'vault.secret_unavailable')).toHaveLength(1);

      // Fixed: nobody asks for anything, and health says so all the same.
      vault.versions = [secret];
      vault.disabled = false;
      delete vault.error;
      await at.pass(5_000);
      expect(at.trouble()).toBeUndefined();
      expect(at.log.lines.map(({ event }) => event)).toContain('vault.secret_recovered');
      expect((await at.keys.verify(`Bearer ${key}`)).scopes).toEqual(['read']);
      await at.tickets.open(ticket);
      // And no more looks.
      expect(at.waiting).toEqual([]);
    },
  );

  it('is reported by the timer before any request needs it', async () => {
    const at = instance({ versions: [{ ...secret, value: 'hello' }], disabled: false });
    await at.look();
    expect(at.trouble()).toMatchObject({ code: 'root_key_broken' });
    const healthy = instance({ versions: [secret], disabled: false });
    for (let tick = 0; tick < 4; tick++, ms += 60_000) await healthy.look();
    expect(healthy.trouble()).toBeUndefined();
    // From the cache, but for once in five minutes.
    expect(healthy.counted.reads).toBe(1);
  });

  it('causes no look of its own for however many anonymous callers', async () => {
    const at = instance({ versions: [], disabled: false });
    await expect(at.tickets.open(ticket)).rejects.toMatchObject({ code: 'secret_missing' });
    const { reads } = at.counted;
    for (let caller = 0; caller < 200; caller++) {
      await expect(at.tickets.open(ticket)).rejects.toMatchObject({ code: 'secret_missing' });
      ms += 20;
    }
    expect(at.counted.reads).toBe(reads);
  });

  it('is looked for at the pace of the watch alone, for as long as it is missing', async () => {
    const at = instance({ versions: [], disabled: false });
    await expect(at.keys.verify(`Bearer ${key}`)).rejects.toMatchObject({ code: 'secret_missing' });
    await settle();
    const { reads } = at.counted;
    await at.pass(60_000);
    // The newest version and, since it is not there, the list.
    expect(at.counted.reads - reads).toBe(2 * 12);
    expect(at.log.lines.filter(({ event }) => event === 'vault.secret_unavailable')).toHaveLength(1);
  });
});

describe('one version of several that is disabled', () => {
  const other: SecretVersion = { version: 'f'.repeat(32), value: Buffer.alloc(32, 9).toString('base64url') };
  /** Rotated, and the old version disabled before everything had moved. */
  const rotated: SecretSource = {
    get: async (_name, version) =>
      version === undefined || version === other.version ? other : version === secret.version ? 'disabled' : 'absent',
    versions: async () => [
      { id: other.version, enabled: true },
      { id: secret.version, enabled: false },
    ],
  };
  const log = memoryLog();
  const rootKeys = createRootKeys(
    createVault(
      { keyVaultUrl: 'https://unused.vault.azure.net', inAzure: true },
      { credential: { getToken: async () => null }, clock: time, log, source: rotated },
    ),
  );
  const rows = createApiKeyRows(store.table('keys'));
  const deps = { rows, rootKeys, clock: systemClock, random: systemRandom, log, bootstrap: undefined };

  it('is missing where it is needed, and hides none of the other keys in a list', async () => {
    const keys = createApiKeys(deps);
    const { info } = await keys.mint({ scopes: ['connect'] }, { createdBy: 'test' });
    await expect(keys.verify(`Bearer ${key}`)).rejects.toMatchObject({ code: 'secret_missing' });
    const listed = await keys.list();
    expect(listed.find(({ id }) => id === info.id)?.status).toBe('active');
    expect(listed.find(({ id }) => key.includes(id))?.status).toBe('invalid');
    const tickets = createTicketTokens({ rootKeys, clock: systemClock, random: systemRandom });
    await expect(tickets.open(ticket)).rejects.toMatchObject({ code: 'secret_missing' });
  });

  it('leaves a key id unknown that was never one of the vault, without a 503', async () => {
    expect(await rootKeys.byId('apikey', '9'.repeat(32))).toBeUndefined();
  });
});
