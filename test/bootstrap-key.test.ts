import { describe, expect, it } from 'vitest';
import { main } from '../cli/broker.ts';
import { createApiKeys } from '../src/lib/access/api-keys.ts';
import { systemClock, systemRandom } from '../src/lib/domain/system.ts';
import type { ApiKeyRows } from '../src/lib/store/deployment/api-keys.ts';
import { createRootKeys } from '../src/lib/vault/root-keys.ts';
import { memoryVault, testRoot } from './support/http.ts';

async function broker(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    environment: {},
    folder: '/nowhere',
    signal: new AbortController().signal,
    attended: false,
    ask: async () => '',
  };
  return { code: await main(args, io), out, err };
}

/** The keys of a deployment whose vault holds `secret` as Azure's command line stores it, and that has no other. */
function keysOf(secret: string) {
  const vault = memoryVault({
    'broker-root': [testRoot],
    'bootstrap-admin-key': [{ version: 'v', value: secret }],
  });
  const log = { info() {}, warn() {}, error() {} };
  const rows = { get: async () => undefined } as Partial<ApiKeyRows> as ApiKeyRows;
  const clock = systemClock;
  return createApiKeys({ rows, rootKeys: createRootKeys(vault), clock, random: systemRandom, log, bootstrap: vault });
}

describe('broker bootstrap-key', () => {
  it('makes a key that counts as the first one of a deployment', async () => {
    const { code, out, err } = await broker('bootstrap-key');
    expect([code, out.length, err]).toEqual([0, 1, []]);
    const [key = ''] = out;
    const caller = await keysOf(`${key}\n`).verify(`Bearer ${key}`);
    expect(caller).toMatchObject({ bootstrap: true, scopes: ['admin'] });
  });

  it('makes another one each time', async () => {
    const [one, other] = [await broker('bootstrap-key'), await broker('bootstrap-key')];
    const key = one.out[0] ?? '';
    expect(key).not.toBe(other.out[0]);
    await expect(keysOf(other.out[0] ?? '').verify(`Bearer ${key}`)).rejects.toMatchObject({ code: 'key_invalid' });
  });

  it('takes no arguments', async () => {
    const { code, out, err } = await broker('bootstrap-key', '--scope=all');
    expect([code, out]).toEqual([2, []]);
    expect(err).toEqual(["Unknown option '--scope=all'; broker bootstrap-key --help lists what it takes."]);
  });
});
