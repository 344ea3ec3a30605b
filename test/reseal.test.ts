import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../src/lib/domain/system.ts';
import { consoleLog } from '../src/lib/log.ts';
import { createGrants } from '../src/lib/store/grants/grants.ts';
import { createAzureStore } from '../src/lib/store/table/azure-table.ts';
import { batchLimits, type Store } from '../src/lib/store/table/table.ts';
import { createRootKeys } from '../src/lib/vault/root-keys.ts';
import { createSealer } from '../src/lib/vault/seal.ts';
import type { SecretVersion } from '../src/lib/vault/types.ts';
import { compileCache } from './support/compile-cache.ts';
import { memoryStore } from './support/memory-store.ts';
import { accepted, eventsOf, startWorld, type World } from './support/world.ts';

// The command as a person runs it, beside the running broker, on everything that a deployment has sealed.
const ada = 'ada@contoso.example';
const grace = 'grace@contoso.example';
const command = resolve(import.meta.dirname, '../cli/broker.ts');

let world: World;
let store: Store;
let folder: string;

beforeAll(async () => {
  world = await startWorld();
  folder = await mkdtemp(join(tmpdir(), 'broker-cli-'));
  await writeFile(join(folder, 'local.settings.json'), JSON.stringify({ Values: world.services.settings }));
  store = createAzureStore(
    { tables: { connectionString: world.services.storageConnectionString }, identityClientId: undefined },
    { clock: systemClock },
  );
});
afterAll(async () => {
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

function start(...args: string[]): {
  child: ChildProcess;
  ended: Promise<{ code: number | null; out: string; err: string }>;
} {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...compileCache },
  });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    out: out.join(''),
    err: err.join(''),
  }));
  return { child, ended };
}

const broker = (...args: string[]) => start(...args).ended;

/** The version of the root key that every sealed column and every key names. */
async function versionsInUse(): Promise<Set<string>> {
  const found = new Set<string>();
  const kidOf = (sealed: unknown) => {
    if (sealed instanceof Uint8Array) found.add(Buffer.from(sealed.subarray(1, 17)).toString('hex'));
  };
  for await (const { values } of store.table('grants').scan()) kidOf(values.cache0);
  for await (const { values } of store.table('destinations').scan()) kidOf(values.secrets);
  for await (const { values } of store.table('keys').scan()) found.add(String(values.kid));
  return found;
}

async function inBatches<T>(all: readonly T[], write: (some: readonly T[]) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < all.length; from += batchLimits.operations) {
    await write(all.slice(from, from + batchLimits.operations));
  }
}

describe('broker reseal', () => {
  it('moves everything to a new root key without a failure, so that the old one can go', async () => {
    await world.connect(ada);
    await world.connect(grace);
    const extra = await world.api('POST', 'keys', { body: { scopes: ['read'], label: 'another' } });
    const [old] = await versionsInUse();
    const { vault, imap } = world.standIns;
    const version = vault.set('broker-root', randomBytes(32).toString('base64url'));
    const first = await broker('reseal');
    expect(first.err).toContain('grants: 2 of 2');
    expect(first.out).toContain(`Newest version of broker-root: ${version}`);
    expect(first.out).toMatch(/^grants: 2 rows, 2 moved, 0 left\.$/m);
    expect(first.out).toMatch(/^destinations: 1 row, 1 moved, 0 left\.$/m);
    expect(first.out).toMatch(/^API keys: 2 rows, 2 moved, 0 left\.$/m);
    expect(first.out).toMatch(/^0 rows are left under older versions\.$/m);
    // The running host may not have heard of the new version.
    expect(first.out).toMatch(/may use an older version until .* UTC: disable none yet/);
    expect(first.code).toBe(3);
    expect(await versionsInUse()).toEqual(new Set([version]));
    vault.change('broker-root', { createdOn: new Date(Date.now() - 66 * 60_000) });
    const again = await broker('reseal');
    expect(again.out).toMatch(/^grants: 2 rows, 0 moved, 0 left\.$/m);
    expect(again.out).toContain('Older versions may be disabled.');
    expect(again.code).toBe(0);

    vault.change('broker-root', { enabled: false }, old);
    await world.stopHost();
    await world.startHost();
    expect((await world.api('GET', 'mailboxes')).body.items).toHaveLength(2);
    expect((await world.api('GET', 'mailboxes', { key: extra.body.key })).status).toBe(200);
    await imap.deliver(ada, `From: x@y.example\r\nTo: ${ada}\r\nSubject: after the rotation\r\n\r\nHello\r\n`);
    await world.poll();
    const [event] = await eventsOf(world, 1, accepted('message.received'));
    expect(event?.verified).toBe(true);
  });

  it.each([
    ['killed', 'SIGKILL'],
    ['interrupted', 'SIGINT'],
  ] as const)('%s in the middle, leaves every row whole, and continues where it stopped', async (_name, signal) => {
    const { vault } = world.standIns;
    const table = store.table('grants');
    const versions: SecretVersion[] = [];
    const rotate = () => {
      const value = randomBytes(32).toString('base64url');
      versions.unshift({ value, version: vault.set('broker-root', value) });
    };
    const sealer = createSealer({
      random: systemRandom,
      keys: createRootKeys({
        secret: async () => versions[0] as SecretVersion,
        secretVersion: async (_secret, id) => versions.find(({ version }) => version === id),
        versions: async () => versions.map(({ version }) => ({ id: version, enabled: true })),
      }),
    });
    // Sealed and opened in memory, and copied in large batches: only the command takes a request for each row.
    const copy = memoryStore(systemClock);
    const grants = createGrants({
      store: copy,
      sealer,
      clock: systemClock,
      random: systemRandom,
      log: consoleLog(() => {}),
    });
    const copied = copy.table('grants');
    const tid = randomUUID();
    const people = Array.from({ length: 400 }, (_, n) => ({ tid, oid: randomUUID(), cache: `{"n":${n}}` }));
    rotate();
    for (const each of people) await grants.connected(each);
    await inBatches(await copied.list(tid), (rows) =>
      table.batch(
        tid,
        rows.map((row) => ({ kind: 'insert', row })),
      ),
    );
    rotate();
    const moved = async () => {
      const newest = Buffer.from(versions[0]?.version ?? '', 'hex');
      const rows = await table.list(tid);
      return new Map(
        rows
          .filter(({ values }) => values.cache0 instanceof Uint8Array && newest.equals(values.cache0.subarray(1, 17)))
          .map(({ rowKey, etag }) => [rowKey, etag]),
      );
    };
    const expectAllWhole = async () => {
      await inBatches(await table.list(tid), (rows) =>
        copied.batch(
          tid,
          rows.map((row) => ({ kind: 'upsert', row })),
        ),
      );
      const caches = await Promise.all(people.map(async (each) => (await grants.open(each))?.cache));
      expect(caches).toEqual(people.map(({ cache }) => cache));
    };

    const { child, ended } = start('reseal');
    child.stderr?.on('data', (chunk: Buffer) => {
      if (/^grants: [12]00 of/m.test(chunk.toString())) child.kill(signal);
    });
    const first = await ended;
    if (signal === 'SIGINT') {
      expect(first.out).toContain('Interrupted. Run it again to continue where it stopped.');
      expect(first.out).toContain('Disable no older version.');
      expect(first.code).toBe(1);
    } else {
      expect(first).toMatchObject({ code: null, out: '' });
    }
    const halfway = await moved();
    expect(halfway.size).toBeGreaterThanOrEqual(90);
    expect(halfway.size).toBeLessThan(people.length);
    await expectAllWhole();

    const second = await broker('reseal');
    expect(second.err).toMatch(/^grants: 0 of \d+$/m);
    expect(second.out).toMatch(/^0 rows are left under older versions\.$/m);
    expect(second.code).toBe(3);
    const all = await moved();
    expect(all.size).toBe(people.length);
    // What was moved before is not written a second time.
    for (const [oid, etag] of halfway) expect(all.get(oid)).toBe(etag);
    await expectAllWhole();
    await inBatches([...all.keys()], (rowKeys) =>
      table.batch(
        tid,
        rowKeys.map((rowKey) => ({ kind: 'delete', rowKey })),
      ),
    );
  });

  it('does not make a forged key valid, and names it', async () => {
    const rows = store.table('keys');
    const [real] = await rows.list('key');
    if (real === undefined) throw new Error('no key');
    const forged = { ...real.values, scopes: 'connect read send token admin', label: 'forged' };
    await rows.insert({ partitionKey: 'key', rowKey: 'Forged000000', values: forged });
    world.standIns.vault.set('broker-root', randomBytes(32).toString('base64url'));
    const { out, code } = await broker('reseal');
    expect(out).toContain('Forged000000 cannot be read, or was changed by something else');
    expect(out).toMatch(/^0 rows are left under older versions\.$/m);
    expect(code).toBe(3);
    expect((await rows.get('key', 'Forged000000'))?.values.kid).toBe(real.values.kid);
  });

  it('names a row whose seal does not open, counts it as left, and says so by its exit code', async () => {
    const table = store.table('grants');
    for await (const row of table.scan()) {
      await table.insert({ ...row, rowKey: 'copied-to-another-person' });
      break;
    }
    world.standIns.vault.set('broker-root', randomBytes(32).toString('base64url'));
    const { out, code } = await broker('reseal');
    expect(out).toMatch(/!copied-to-another-person could not be moved: seal_broken\./);
    expect(out).toMatch(/^1 row is left under older versions\.$/m);
    expect(out).toContain('Disable no older version.');
    expect(code).toBe(1);
  });

  it('says what is wrong when the vault is down, and shows no value', async () => {
    world.standIns.vault.down();
    const { out, err, code } = await broker('reseal');
    world.standIns.vault.down(false);
    expect(err).toContain('Key Vault is not responding.');
    expect(code).toBe(1);
    expect(out).toBe('');
  });
});

describe('the command', () => {
  it('names every setting that is wrong, all at once', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'broker-cli-'));
    await writeFile(
      join(empty, 'local.settings.json'),
      JSON.stringify({ Values: { CLIENT_ID: 'not a guid', IMAP_PORT: '99999' } }),
    );
    const child = spawn(process.execPath, [command, 'reseal'], {
      cwd: empty,
      env: { PATH: process.env.PATH, ...compileCache },
    });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    const [code] = await once(child, 'close');
    await rm(empty, { recursive: true });
    expect(code).toBe(1);
    for (const name of ['PUBLIC_URL', 'CLIENT_ID', 'TENANT', 'KEY_VAULT_URL', 'TABLES_URL', 'IMAP_PORT']) {
      expect(err).toContain(`${name}: `);
    }
    expect(err).not.toContain('    at ');
  });

  it.each([
    [['nope'], 2, 'There is no command "nope"'],
    [['reseal', '--fast'], 2, "Unknown option '--fast'; broker reseal --help lists what it takes."],
    [[], 2, 'Usage: broker <command>'],
  ])('%j ends with %i and one sentence', async (args, code, sentence) => {
    const ended = await broker(...args);
    expect(ended).toMatchObject({ code, out: '', err: expect.stringContaining(sentence) });
  });

  it('explains itself', async () => {
    expect(await broker('--help')).toMatchObject({ code: 0, out: expect.stringContaining('reseal'), err: '' });
    expect(await broker('reseal', '--help')).toMatchObject({ code: 0, out: expect.stringContaining('broker-root') });
  });
});
