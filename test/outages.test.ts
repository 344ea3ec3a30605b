import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../local/azure/azurite.ts';
import { BrokerError } from '../src/lib/errors.ts';
import { isStoreError } from '../src/lib/store/table/table.ts';
import type { SecretSource } from '../src/lib/vault/key-vault.ts';
import { engineWorld } from './support/engine-world.ts';
import { type Fault, faultyStore } from './support/faulty-store.ts';
import { emptyTables } from './support/tables.ts';
import {
  startTokenStandIns,
  type TokenInstance,
  type TokenStandIns,
  tokenInstance,
} from './support/token-stand-ins.ts';

// Key Vault, Table Storage and Entra going away, each in the middle of something: the right code, nothing lost, and
// recovery by itself.
const people = Array.from({ length: 12 }, (_, index) => ({
  address: `person${index}@contoso.example`,
  name: `Person ${index}`,
  oid: `aaaaaaaa-0000-4000-8000-${String(index).padStart(12, '0')}`,
}));
const address = (index: number) => people[index]?.address ?? '';

let folder: string;
let azurite: Azurite;
let standIns: TokenStandIns;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outages-'));
  azurite = await startAzurite({ location: folder });
  standIns = await startTokenStandIns(people, azurite);
});
afterEach(async () => {
  standIns.heal();
  await emptyTables(standIns.store);
});
afterAll(async () => {
  await standIns.stop();
  await rm(folder, { recursive: true });
});

const minute = 60_000;
const hour = 60 * minute;
const instance = (options?: Parameters<typeof tokenInstance>[1]) => tokenInstance(standIns, options);
const force = { force: true };

/** The grant is whole: it opens, holds one refresh token, and Microsoft takes that. */
async function expectWhole(from: TokenInstance, key: { tid: string; oid: string }): Promise<void> {
  const { accessToken } = await from.tokens.get(key, 'outlook', force);
  expect(await standIns.entra.introspect(accessToken)).toMatchObject({ oid: key.oid });
  const grant = await from.grants.open(key);
  expect(grant).toMatchObject({ status: 'ok', code: '' });
  const cache = JSON.parse(grant?.cache ?? '{}');
  expect(Object.keys(cache.RefreshToken)).toHaveLength(1);
  expect(Object.keys(cache.Account)).toHaveLength(1);
}

describe('Table Storage', () => {
  it('gone and back: cached data keeps working, everything else reports it, and then all recovers', async () => {
    const warm = instance();
    const [one, other] = [await warm.connect(address(0)), await warm.connect(address(1))];
    const held = await warm.tokens.get(one, 'outlook');
    await azurite.stop();
    try {
      expect(await warm.tokens.get(one, 'outlook')).toBe(held);
      for (const ask of [
        () => warm.tokens.get(other, 'outlook'),
        () => warm.tokens.get(one, 'outlook', force),
        () => instance().tokens.get(one, 'outlook'),
        () => instance().connect(address(0)),
      ]) {
        await expect(ask()).rejects.toMatchObject({ code: 'storage_unreachable' });
      }
    } finally {
      await azurite.restart();
    }
    for (const key of [one, other]) {
      await expectWhole(warm, key);
      await expectWhole(instance(), key);
    }
  });

  it.each<Fault>(['lost', 'unheard'])('gives no unstored token if any call of a renewal %s', async (how) => {
    const plain = instance();
    const key = await plain.connect(address(2));
    const counting = faultyStore(standIns.store);
    await instance({ store: counting }).tokens.get(key, 'outlook', force);
    expect(counting.calls).toBeGreaterThanOrEqual(2);
    for (let at = 1; at <= counting.calls; at++) {
      const faulty = instance({ store: faultyStore(standIns.store, { at, how }) });
      const got = await faulty.tokens.get(key, 'outlook', force).catch((error: unknown) => error);
      if (!(got instanceof Error)) throw new Error(`call ${at} of a renewal was not needed`);
      expect(got).toMatchObject({ code: 'storage_unreachable' });
      await expectWhole(faulty, key);
      await expectWhole(instance(), key);
    }
  });

  it.each<Fault>(['lost', 'unheard'])('leaves nothing half done if any call of a sign-in %s', async (how) => {
    const counting = faultyStore(standIns.store);
    const key = await instance({ store: counting }).connect(address(3));
    await emptyTables(standIns.store);
    for (let at = 1; at <= counting.calls; at++) {
      const faulty = instance({ store: faultyStore(standIns.store, { at, how }) });
      await expect(faulty.connect(address(3))).rejects.toMatchObject({ code: 'storage_unreachable' });
      await faulty.connect(address(3));
      await expectWhole(instance(), key);
      await emptyTables(standIns.store);
    }
  });
});

describe('Key Vault', () => {
  /** Fails from the n-th read on, until it is fixed. */
  function breaking(at: number) {
    const state = { reads: 0, isMended: false };
    const source = (real: SecretSource): SecretSource => {
      const through = async <T>(request: () => Promise<T>): Promise<T> => {
        if (++state.reads >= at && !state.isMended) throw new BrokerError('vault_unreachable');
        return request();
      };
      return {
        get: (...args) => through(() => real.get(...args)),
        versions: (...args) => through(() => real.versions(...args)),
      };
    };
    return { state, source };
  }

  it('gone at any read of a renewal says so, and the renewal is made up for afterwards', async () => {
    const key = await instance().connect(address(4));
    const whole = breaking(Number.POSITIVE_INFINITY);
    await instance({ vaultSource: whole.source }).tokens.get(key, 'outlook', force);
    const { reads } = whole.state;
    expect(reads).toBeGreaterThanOrEqual(2);
    for (let at = 1; at <= reads; at++) {
      const broken = breaking(at);
      const cold = instance({ vaultSource: broken.source });
      await expect(cold.tokens.get(key, 'outlook', force)).rejects.toMatchObject({ code: 'vault_unreachable' });
      broken.state.isMended = true;
      // A failure is repeated for some seconds, so that a crowd does not wait for one time-out each.
      cold.pass(6_000);
      await expectWhole(cold, key);
      await expectWhole(instance(), key);
    }
  });

  it('gone for less than an hour is not noticed by an instance that knows its secrets', async () => {
    const warm = instance();
    const key = await warm.connect(address(5));
    standIns.vault.down();
    for (let passed = 0; passed < 11; passed++) {
      warm.pass(5 * minute);
      await warm.tokens.get(key, 'outlook', force);
    }
    expect(warm.lines.filter((line) => line.includes('vault.stale'))).not.toEqual([]);
    warm.pass(2 * hour);
    await expect(warm.tokens.get(key, 'outlook', force)).rejects.toMatchObject({ code: 'vault_unreachable' });
    standIns.vault.down(false);
    warm.pass(6_000);
    await expectWhole(warm, key);
  });
});

describe('the managed identity', () => {
  it('gone in federated mode says so, blames no grant, and is made up for', async () => {
    const federated = () => instance({ entra: { credential: 'federated' } });
    const one = federated();
    const key = await one.connect(address(6));
    await expectWhole(one, key);
    standIns.identity.down();
    // The identity library keeps its token for a day; the assertion that we keep runs out before it.
    await one.tokens.get(key, 'outlook', force);
    standIns.identity.down(false);
    await expectWhole(federated(), key);
    // No secret of the app was needed at any time.
    standIns.vault.remove('client-secret');
    try {
      await expectWhole(federated(), key);
    } finally {
      standIns.vault.recover('client-secret');
    }
  });
});

describe('a mailbox', () => {
  async function mailbox(index: number) {
    const engine = engineWorld(standIns.store);
    const clock = { ...engine.time.clock, sleep: async () => {} };
    const { signInAs, tokens } = instance({ store: engine.store, clock, grants: engine.grants });
    const signedIn = await signInAs(address(index));
    await engine.grants.connected(signedIn);
    const inbox = engine.mail.mailbox(address(index)).folder('INBOX');
    const status = { uidNext: inbox.uidNext, uidValidity: inbox.uidValidity, messages: 0, unseen: 0 };
    const placed = await engine.registry.upsert(
      engine.inputOf({ ...signedIn, address: address(index) }, { folders: [{ path: 'INBOX', role: 'inbox', status }] }),
    );
    let vaultIsDown = false;
    const poll = () =>
      engine.poll({
        token: async ({ grant }, options) => {
          // The engine's grants are sealed by keys in memory; where the vault is down, nothing opens.
          if (vaultIsDown) throw new BrokerError('vault_unreachable');
          return (await tokens.of(grant, 'outlook', options)).accessToken;
        },
      });
    inbox.add('first');
    await poll();
    engine.time.pass(2 * hour);
    return {
      ...engine,
      inbox,
      poll,
      row: placed.mailbox,
      vaultDown: (isDown: boolean) => {
        vaultIsDown = isDown;
      },
      alarms: () =>
        engine.receiver.arrivals.filter(
          ({ event }) => event.type.startsWith('mailbox.') && event.type !== 'mailbox.connected',
        ),
    };
  }

  it('gets everything, nothing twice in effect, after its storage fails in the middle of a burst', async () => {
    const { inbox, poll, receiver, row, state, alarms } = await mailbox(7);
    for (let index = 0; index < 20; index++) inbox.add(`mail ${index}`);
    let posted = 0;
    let back: Promise<void> | undefined;
    const { answer } = receiver;
    receiver.answer = async (event) => {
      if (++posted === 8) {
        await azurite.stop();
        // The commit of this message and those after it meet a storage that is not there.
        back = delay(3_000).then(() => azurite.restart());
      }
      return answer(event);
    };
    // A short outage is bridged within the run, a longer one ends it; the next run continues from what is stored.
    const failed = await poll().catch((error: unknown) => error);
    if (failed !== undefined) expect(isStoreError(failed, 'unreachable')).toBe(true);
    await back;
    await poll();
    await poll();
    const ids = new Set(receiver.ofType('message.received').map((event) => event.id));
    expect(ids.size).toBe(21);
    expect(new Set(receiver.subjects()).size).toBe(21);
    expect(receiver.subjects().length).toBeLessThanOrEqual(22);
    expect(await state(row)).toMatchObject({ state: 'active', code: '' });
    expect(alarms()).toEqual([]);
  });

  it('keeps its state while the vault is down, and continues with the next tick', async () => {
    const { inbox, poll, receiver, row, state, vaultDown, alarms } = await mailbox(8);
    const before = await state(row);
    vaultDown(true);
    inbox.add('meanwhile');
    for (let tick = 0; tick < 30; tick++) await poll();
    expect(await state(row)).toEqual(before);
    vaultDown(false);
    await poll();
    expect(receiver.subjects()).toEqual(['first', 'meanwhile']);
    expect(alarms()).toEqual([]);
  });

  it('is throttled while Microsoft is down, raises no alarm, and resumes within a quarter of an hour', async () => {
    const { inbox, poll, receiver, row, state, alarms } = await mailbox(9);
    standIns.entra.failTokens({ answer: 'close', times: Number.POSITIVE_INFINITY });
    inbox.add('meanwhile');
    for (let tick = 0; tick < 40; tick++) await poll();
    expect(await state(row)).toMatchObject({ state: 'throttled', code: 'entra_unavailable' });
    standIns.entra.heal();
    for (let tick = 0; tick < 15; tick++) await poll();
    expect(receiver.subjects()).toEqual(['first', 'meanwhile']);
    expect(await state(row)).toMatchObject({ state: 'active', code: '' });
    expect(alarms()).toEqual([]);
  });
});
