import { describe, expect, it } from 'vitest';
import { BrokerError } from '../errors.ts';
import { consoleLog } from '../log.ts';
import type { SecretSource } from './key-vault.ts';
import { createVault } from './reader.ts';
import type { SecretVersion } from './types.ts';

const first = 'a'.repeat(32);
const second = 'b'.repeat(32);
const minute = 60_000;

/** A vault that holds `versions` of the secret `s`, newest first, and counts what is asked of it. */
function world(versions: SecretVersion[] = [{ value: 'one', version: first }]) {
  let now = 0;
  const state = {
    versions,
    disabled: new Set<string>(),
    error: undefined as BrokerError | undefined,
    reads: 0,
    lists: 0,
  };
  const source: SecretSource = {
    async get(name, version) {
      state.reads++;
      await Promise.resolve();
      if (state.error !== undefined) throw state.error;
      if (name !== 's') return 'absent';
      const found = version === undefined ? state.versions[0] : state.versions.find((item) => item.version === version);
      if (found === undefined) return 'absent';
      return state.disabled.has(found.version) ? 'disabled' : found;
    },
    async versions() {
      state.lists++;
      if (state.error !== undefined) throw state.error;
      return state.versions.map(({ version: id }) => ({ id, enabled: !state.disabled.has(id) }));
    },
  };
  const lines: string[] = [];
  const vault = createVault(
    { keyVaultUrl: 'https://unused.vault.azure.net', inAzure: true },
    {
      credential: { getToken: async () => null },
      clock: { now: () => now, monotonic: () => now, sleep: async () => {}, caughtUp: async () => {} },
      log: consoleLog((_level, line) => lines.push(line)),
      source,
    },
  );
  return { vault, state, lines, pass: (ms: number) => (now += ms) };
}

describe('the vault', () => {
  it('reads a secret once for a crowd, and keeps it for five minutes', async () => {
    const { vault, state, pass } = world();
    const crowd = await Promise.all(Array.from({ length: 50 }, () => vault.secret('s')));
    expect(crowd.every((secret) => secret.value === 'one')).toBe(true);
    expect(state.reads).toBe(1);
    pass(5 * minute - 1);
    await vault.secret('s');
    expect(state.reads).toBe(1);
    pass(1);
    await vault.secret('s');
    expect(state.reads).toBe(2);
  });

  it('reads past the cache when asked for a fresh value, and everybody gets that one from then on', async () => {
    const { vault, state } = world();
    await vault.secret('s');
    state.versions = [{ value: 'two', version: second }, ...state.versions];
    expect((await vault.secret('s')).value).toBe('one');
    expect((await vault.secret('s', { fresh: true })).value).toBe('two');
    expect((await vault.secret('s')).value).toBe('two');
  });

  it('takes the newest enabled version when the newest of all is disabled', async () => {
    const { vault, state } = world([
      { value: 'two', version: second },
      { value: 'one', version: first },
    ]);
    state.disabled.add(second);
    expect((await vault.secret('s')).version).toBe(first);
  });

  it('names the secret that is missing', async () => {
    const { vault } = world();
    await expect(vault.secret('absent')).rejects.toMatchObject({
      code: 'secret_missing',
      message: expect.stringContaining('absent'),
    });
  });

  it('keeps the last known value through an outage, retries now and then, and gives up after an hour', async () => {
    const { vault, state, lines, pass } = world();
    await vault.secret('s');
    state.error = new BrokerError('vault_unreachable');
    pass(6 * minute);
    for (let ask = 0; ask < 20; ask++) expect((await vault.secret('s')).value).toBe('one');
    expect(state.reads).toBe(2);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('vault.stale');
    pass(5_000);
    await vault.secret('s');
    expect(state.reads).toBe(3);
    pass(60 * minute);
    await expect(vault.secret('s')).rejects.toMatchObject({ code: 'vault_unreachable' });
    state.error = undefined;
    pass(5_000);
    expect((await vault.secret('s')).value).toBe('one');
  });

  it('drops a value that it may no longer read', async () => {
    const { vault, state, pass } = world();
    await vault.secret('s');
    state.error = new BrokerError('vault_forbidden');
    pass(6 * minute);
    await expect(vault.secret('s')).rejects.toMatchObject({ code: 'vault_forbidden' });
    state.error = new BrokerError('vault_unreachable');
    pass(5_000);
    await expect(vault.secret('s')).rejects.toMatchObject({ code: 'vault_unreachable' });
  });

  it('repeats a failure for five seconds instead of letting everybody wait for it', async () => {
    const { vault, state, pass } = world();
    state.error = new BrokerError('vault_unreachable');
    await expect(vault.secret('s')).rejects.toThrow(BrokerError);
    await expect(vault.secret('s')).rejects.toThrow(BrokerError);
    expect(state.reads).toBe(1);
    pass(5_000);
    await expect(vault.secret('s')).rejects.toThrow(BrokerError);
    expect(state.reads).toBe(2);
  });

  it('remembers for five minutes that a version is unknown, and asks for none that cannot exist', async () => {
    const { vault, state, pass } = world();
    expect(await vault.secretVersion('s', second)).toBeUndefined();
    expect(await vault.secretVersion('s', second)).toBeUndefined();
    // That one, and the newest: of a secret that is gone as a whole no version would be called unknown.
    expect(state.reads).toBe(2);
    pass(5 * minute);
    state.versions = [{ value: 'two', version: second }, ...state.versions];
    expect((await vault.secretVersion('s', second))?.value).toBe('two');
    expect(await vault.secretVersion('s', '../../s')).toBeUndefined();
    expect(state.reads).toBe(3);
  });

  it('notices within ten minutes that a version was disabled', async () => {
    const { vault, state, pass } = world();
    expect(await vault.secretVersion('s', first)).toBeDefined();
    state.disabled.add(first);
    expect(await vault.secretVersion('s', first)).toBeDefined();
    pass(10 * minute);
    await expect(vault.secretVersion('s', first)).rejects.toMatchObject({ code: 'secret_missing' });
    // Enabled again, it is back within seconds.
    state.disabled.clear();
    pass(5_000);
    expect((await vault.secretVersion('s', first))?.value).toBe('one');
  });

  it.each<[string, (state: ReturnType<typeof world>['state']) => void]>([
    ['is disabled as a whole', ({ disabled }) => disabled.add(first)],
    ['was deleted', (state) => void state.versions.splice(0)],
  ])('calls no version unknown if the secret %s, and has it back within seconds', async (_how, take) => {
    const { vault, state, pass } = world();
    await vault.secret('s');
    const [kept] = state.versions;
    take(state);
    pass(10 * minute);
    for (const look of [() => vault.secretVersion('s', first), () => vault.secret('s'), () => vault.versions('s')]) {
      await expect(look()).rejects.toMatchObject({ code: 'secret_missing' });
    }
    state.versions = kept === undefined ? [] : [kept];
    state.disabled.clear();
    pass(5_000);
    expect((await vault.secretVersion('s', first))?.value).toBe('one');
    expect((await vault.secret('s')).version).toBe(first);
    // Anonymous callers ask for the list: it is looked at again in its own time, or by whoever looks past the cache.
    await expect(vault.versions('s')).rejects.toMatchObject({ code: 'secret_missing' });
    expect(await vault.versions('s', { fresh: true })).toEqual([{ id: first, enabled: true }]);
    expect(await vault.versions('s')).toEqual([{ id: first, enabled: true }]);
  });

  it('lists the versions at most every five minutes', async () => {
    const { vault, state, pass } = world();
    for (let ask = 0; ask < 10; ask++) expect(await vault.versions('s')).toEqual([{ id: first, enabled: true }]);
    expect(state.lists).toBe(1);
    pass(5 * minute);
    await vault.versions('s');
    expect(state.lists).toBe(2);
  });

  it('lists them anew where it has just met a new one, so that what is made under it opens', async () => {
    const { vault, state, pass } = world();
    await vault.secret('s');
    await vault.versions('s');
    state.versions = [{ value: 'two', version: second }, ...state.versions];
    pass(5 * minute - 1);
    expect(await vault.versions('s')).toHaveLength(1);
    expect((await vault.secret('s', { fresh: true })).version).toBe(second);
    expect(await vault.versions('s')).toHaveLength(2);
  });

  it('asks no more often for a list because asking fails', async () => {
    const { vault, state, pass } = world();
    state.error = new BrokerError('vault_unreachable');
    for (let ask = 0; ask < 20; ask++) {
      await expect(vault.versions('s')).rejects.toMatchObject({ code: 'vault_unreachable' });
      pass(14_000);
    }
    expect(state.lists).toBe(1);
  });
});
