import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Killed, mortalStore } from '../../../../test/support/mortal-store.ts';
import { type Person, type RegistryWorld, registryWorld } from '../../../../test/support/registry-world.ts';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';
import { emptyTables, rowsOfTable, storeAt, unreachableTables } from '../../../../test/support/tables.ts';
import { turns, unevenStore } from '../../../../test/support/uneven-store.ts';
import { halves } from '../../../../test/support/wholeness.ts';
import { appGrantKey } from '../../domain/grant.ts';
import { eventId } from '../../domain/ids.ts';
import { mostMailboxes } from '../grants/grants.ts';
import { decodeCursor } from '../rows/cursor-row.ts';
import { mailboxRowKey, outboxRowKey, parseRowKey, personKey, shardRowKey, stateRowKey } from '../rows/keys.ts';
import { partitionOf } from '../rows/mailbox-row.ts';
import { decodeOutbox } from '../rows/outbox-row.ts';
import type { Store, Values } from '../table/table.ts';
import { MailboxTaken, type UpsertInput } from './registry.ts';

let store: Store;
let world: RegistryWorld;
onMemoryTables((memory) => {
  store = memory;
  world = registryWorld(store);
});

/** From here on, requests of the test at hand overtake each other. */
function race(seed: number): void {
  store = unevenStore(store, seed);
  world = registryWorld(store);
}

const minute = 60_000;

/** What must hold at every end: one mailbox at the address, its rows whole, named by index, slot and grant, and by nothing else. */
async function expectOneMailbox(who: Person, at = world): Promise<string> {
  const entry = await at.index.read(who.tid, who.address);
  const id = entry?.mailboxId ?? '';
  const { items } = await at.registry.list({ limit: 100 });
  expect(items.map(({ row }) => [row.id, row.address])).toEqual([[id, who.address]]);
  const [mailbox] = items;
  const folders = mailbox?.row.folders.map((folder) => folder.id) ?? [];
  const kinds = (await at.mailRows()).map(parseRowKey);
  const own = kinds.filter((key) => key !== undefined && 'mailboxId' in key && key.mailboxId === id);
  expect(own.filter((key) => key?.kind === 'cursor').map((key) => key && 'folderId' in key && key.folderId)).toEqual(
    folders.toSorted(),
  );
  expect(own.map((key) => key?.kind)).toEqual(['mailbox', 'state', 'cursor', 'cursor', 'outbox']);
  const slots = await at.slots();
  expect(slots.filter((slot) => slot.mailboxId === id).map(({ slot }) => slot)).toEqual([mailbox?.row.slot]);
  expect(new Set(slots.map(({ slot }) => slot)).size).toBe(slots.length);
  expect(await at.grants.mailboxesOf(who)).toEqual([id]);
  return id;
}

describe('a first connect', () => {
  test('stores the mailbox with its state, its cursors behind everything there is, and its event', async () => {
    const ada = world.person('Ada@Contoso.Example');
    const { outcome, mailbox } = await world.connect(ada, { label: 'Sales', ownerRef: 7 });
    expect(outcome).toBe('connected');
    expect(await expectOneMailbox(ada)).toBe(mailbox.id);
    expect(mailbox).toMatchObject({ label: 'Sales', ownerRef: 7, login: ada.address, shared: false, asked: 1 });

    const shown = await world.registry.get(mailbox.id);
    expect(shown?.row).toEqual(mailbox);
    expect(shown).toMatchObject({ shown: 'active', state: { state: 'active', code: '', served: 0 } });

    const partition = partitionOf(mailbox.id);
    const cursors = (await store.table('mail').list(partition, { from: 'c', below: 'd' })).map(decodeCursor);
    const inbox = cursors.find(({ path }) => path === 'INBOX');
    expect(inbox).toMatchObject({ lastUid: 10, uidNextSeen: 11, uidValidity: 7n, role: 'inbox', messages: 10 });
    expect(inbox?.baselineFrom).toBeUndefined();

    const event = eventId(mailbox.id, 'mailbox.connected');
    const row = await store.table('mail').get(partition, outboxRowKey(mailbox.id, event));
    expect(row && decodeOutbox(row)).toMatchObject({ type: 'mailbox.connected', data: '{"state":"active"}' });
    // The shard can be taken by a worker.
    expect(await store.table('mail').get(partition, shardRowKey)).toBeDefined();
  });

  test('starts at a date shortly before now without an answer of the mail server', async () => {
    const ada = world.person();
    const before = world.clock.now();
    const { mailbox } = await world.connect(ada, {
      folders: [{ path: 'INBOX', role: 'inbox', status: undefined }],
      code: 'imap_unreachable',
    });
    expect((await world.registry.get(mailbox.id))?.state).toMatchObject({
      state: 'connecting',
      code: 'imap_unreachable',
    });
    const [row] = await store.table('mail').list(partitionOf(mailbox.id), { from: 'c', below: 'd' });
    const cursor = row && decodeCursor(row);
    expect(cursor).toMatchObject({ lastUid: 0, uidValidity: 0n, uidNextSeen: 0 });
    const baseline = cursor?.baselineFrom?.getTime() ?? 0;
    expect(baseline).toBeGreaterThanOrEqual(before - 2 * minute);
    expect(baseline).toBeLessThanOrEqual(world.clock.now() - 2 * minute);
  });

  test('needs the grant', async () => {
    await expect(world.registry.upsert(world.inputOf(world.person()))).rejects.toMatchObject({ code: 'grant_missing' });
  });

  test('fills one shard before it opens the next', async () => {
    const tid = 'a0000000-0000-0000-0000-000000000000';
    await Promise.all(
      Array.from({ length: 6 }, async (_, lane) => {
        for (let i = 0; i < 11; i++) await world.connect(world.person(`p${lane}-${i}@contoso.example`, tid));
      }),
    );
    const shards = await world.directory.shards();
    expect(shards.map(({ shard, slots }) => [shard, slots.length])).toEqual([
      [1, 64],
      [2, 2],
    ]);
    expect(new Set(shards[0]?.slots.map(({ slot }) => slot)).size).toBe(64);
  });
});

describe('connecting again', () => {
  test('keeps id, folders, cursors, destination, label and pause, and asks the worker to look', async () => {
    const ada = world.person();
    const first = await world.connect(ada, { label: 'Sales', ownerRef: 'u1' });
    await world.registry.patch(first.mailbox.id, { paused: true });
    const again = await world.connect(ada, { destinationId: 'dst_other0000000', folders: [] });
    expect(again).toEqual({
      outcome: 'reconnected',
      mailbox: { ...first.mailbox, paused: true, asked: first.mailbox.asked + 2 },
    });
    await expectOneMailbox(ada);
  });

  test('finds the same mailbox under another spelling of the address', async () => {
    const ada = world.person('ada@contoso.example');
    const { mailbox } = await world.connect(ada);
    const again = await world.connect({ ...ada, address: 'ADA@contoso.example' });
    expect(again.mailbox.id).toBe(mailbox.id);
    await expectOneMailbox({ ...ada, address: 'ADA@contoso.example' });
  });

  test('takes a new label or ownerRef where one is given', async () => {
    const ada = world.person();
    await world.connect(ada, { label: 'Sales', ownerRef: 1 });
    const { mailbox } = await world.connect(ada, { ownerRef: 2 });
    expect(mailbox).toMatchObject({ label: 'Sales', ownerRef: 2 });
  });

  test('keeps the mailbox under a new address, and frees the old address', async () => {
    const ada = world.person('ada.byron@contoso.example');
    const { mailbox } = await world.connect(ada);
    const renamed = { ...ada, address: 'ada.lovelace@contoso.example' };
    const { outcome, mailbox: after } = await world.connect(renamed);
    expect(outcome).toBe('renamed');
    expect(after).toMatchObject({ id: mailbox.id, address: renamed.address, login: renamed.address, asked: 2 });
    await expectOneMailbox(renamed);
    expect(await world.index.read(ada.tid, ada.address)).toBeUndefined();

    const successor = { ...world.person(ada.address), tid: ada.tid };
    expect((await world.connect(successor)).outcome).toBe('connected');
  });

  test('works back to the old address, too', async () => {
    const ada = world.person('ada@contoso.example');
    await world.connect(ada);
    await world.connect({ ...ada, address: 'other@contoso.example' });
    expect((await world.connect(ada)).outcome).toBe('renamed');
    await expectOneMailbox(ada);
    expect((await rowsOfTable(store, 'index')).length).toBe(2);
  });

  test('refuses another person, naming both', async () => {
    const ada = world.person('shared@contoso.example');
    const { mailbox } = await world.connect(ada);
    const eve = { ...world.person('shared@contoso.example'), tid: ada.tid };
    const refused = await world.connect(eve, { login: 'eve@contoso.example' }).catch((error: unknown) => error);
    if (!(refused instanceof MailboxTaken)) throw refused;
    expect(refused).toMatchObject({
      code: 'mailbox_taken',
      mailboxId: mailbox.id,
      heldBy: 'shared@contoso.example',
      askedBy: 'eve@contoso.example',
    });
    await expectOneMailbox(ada);
    expect(await world.grants.mailboxesOf(eve)).toEqual([]);
  });

  test('the same address in another tenant is another mailbox', async () => {
    const one = await world.connect(world.person('ada@contoso.example'));
    const other = await world.connect(world.person('ada@contoso.example'));
    expect(other.mailbox.id).not.toBe(one.mailbox.id);
  });

  test('an address that was given to another person long ago goes to that person, but not while a change may be under way', async () => {
    const ada = world.person('ada@contoso.example');
    const { mailbox } = await world.connect(ada);
    const renamed = { ...ada, address: 'ada.lovelace@contoso.example' };
    await world.connect(renamed);
    // What a change of address leaves that was cut off before its last step.
    await world.index.insert(ada.tid, ada.address, mailbox.id);
    const heir = { ...world.person(ada.address), tid: ada.tid };
    await expect(world.connect(heir)).rejects.toBeInstanceOf(MailboxTaken);
    world.pass(11 * minute);
    const { outcome, mailbox: inherited } = await world.connect(heir);
    expect(outcome).toBe('connected');
    expect(inherited.id).not.toBe(mailbox.id);
    expect((await world.registry.find(ada.tid, renamed.address))?.row.id).toBe(mailbox.id);
  });

  test('connects the mailbox of the link or none', async () => {
    const ada = world.person();
    const { mailbox } = await world.connect(ada);
    expect((await world.connect(ada, { mailboxId: mailbox.id })).outcome).toBe('reconnected');
    const eve = { ...world.person(), tid: ada.tid };
    await expect(world.connect(eve, { mailboxId: mailbox.id })).rejects.toMatchObject({ code: 'mailbox_mismatch' });
    await world.connect(eve);
    await expect(world.connect(eve, { mailboxId: mailbox.id })).rejects.toMatchObject({ code: 'mailbox_mismatch' });
  });
});

describe('after a removal', () => {
  test('the tombstone is not completed: the same person gets a new mailbox at the same address', async () => {
    const ada = world.person();
    const { mailbox: old } = await world.connect(ada);
    expect(await world.registry.remove(old.id)).toBe(true);
    const { outcome, mailbox } = await world.connect(ada);
    expect(outcome).toBe('connected');
    expect(mailbox.id).not.toBe(old.id);
    expect(await world.registry.get(old.id)).toBeUndefined();
    expect((await world.index.read(ada.tid, ada.address))?.mailboxId).toBe(mailbox.id);
    // The worker's last steps for the old one leave the new one alone.
    await world.registry.forget({ ...old, deletedAt: new Date() });
    expect((await world.index.read(ada.tid, ada.address))?.mailboxId).toBe(mailbox.id);
    expect(await world.grants.mailboxesOf(ada)).toEqual([mailbox.id]);
  });

  test('the tombstone and its event are written together, and once', async () => {
    const ada = world.person();
    const { mailbox } = await world.connect(ada);
    const [one, other] = await Promise.all([world.registry.remove(mailbox.id), world.registry.remove(mailbox.id)]);
    expect([one, other].toSorted()).toEqual([false, true]);
    expect(await world.registry.remove(mailbox.id)).toBe(false);
    const rows = await store.table('mail').list(partitionOf(mailbox.id), { from: 'o', below: 'p' });
    expect(
      rows
        .map(decodeOutbox)
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(['mailbox.connected', 'mailbox.removed']);
  });

  test('forgetting frees the address and takes the mailbox off its grant, as often as it is done', async () => {
    const ada = world.person();
    const { mailbox } = await world.connect(ada);
    await world.registry.remove(mailbox.id);
    await world.registry.forget(mailbox);
    await world.registry.forget(mailbox);
    expect(await world.index.read(ada.tid, ada.address)).toBeUndefined();
    expect(await world.grants.mailboxesOf(ada)).toEqual([]);
  });

  test.each(Array.from({ length: 24 }, (_, i) => i))(
    'a removal that races a connect leaves a live mailbox or none (%i)',
    async (seed) => {
      race(seed);
      const ada = world.person();
      const { mailbox } = await world.connect(ada);
      const [again, removed] = await Promise.all([
        world.connect(ada),
        turns(seed * 2).then(() => world.registry.remove(mailbox.id)),
      ]);
      expect(removed).toBe(true);
      const live = (await world.registry.list({ limit: 10 })).items.map(({ row }) => row.id);
      const named = (await world.index.read(ada.tid, ada.address))?.mailboxId;
      if (again.mailbox.id === mailbox.id) {
        expect(live).toEqual([]);
        expect(named).toBe(mailbox.id);
      } else {
        expect(live).toEqual([again.mailbox.id]);
        expect(named).toBe(again.mailbox.id);
      }
    },
  );
});

const indexKeys = async () => (await rowsOfTable(store, 'index')).map(({ rowKey }) => rowKey).toSorted();

describe('two at once', () => {
  test.each([2, 4, 8])(
    '%i for one address by one person end with one mailbox, and no slot or index row too many',
    async (count) => {
      race(count);
      const ada = world.person();
      await world.grants.connected({ ...ada, cache: '{}' });
      const all = await Promise.all(Array.from({ length: count }, () => world.registry.upsert(world.inputOf(ada))));
      const id = await expectOneMailbox(ada);
      expect(new Set(all.map(({ mailbox }) => mailbox.id))).toEqual(new Set([id]));
      expect((await world.slots()).length).toBe(1);
      expect(await indexKeys()).toEqual([personKey(ada.oid), ada.address].toSorted());
    },
  );

  test.each([2, 3, 4])('%i addresses of one person at the very same moment end with one mailbox', async (count) => {
    for (let round = 0; round < 12; round++) {
      await emptyTables(store);
      race(round);
      const ada = world.person();
      const aliases = Array.from({ length: count }, (_, i) => ({ ...ada, address: `ada${i}@contoso.example` }));
      await world.grants.connected({ ...ada, cache: '{}' });
      const all = await Promise.all(aliases.map((alias) => world.registry.upsert(world.inputOf(alias))));
      expect(new Set(all.map(({ mailbox }) => mailbox.id)).size).toBe(1);
      const [only] = (await world.registry.list({ limit: 9 })).items;
      const winner = aliases.find(({ address }) => address === only?.row.address) ?? ada;
      expect(await expectOneMailbox(winner)).toBe(all[0]?.mailbox.id);
      expect((await world.slots()).length).toBe(1);
      expect(await indexKeys()).toEqual([personKey(ada.oid), winner.address].toSorted());
      expect(await halves(store)).toEqual([]);
    }
  });

  test.each([1, 2, 3, 4])('two people for one address: one gets it, the other is refused (%i)', async (seed) => {
    race(seed);
    const ada = world.person('shared@contoso.example');
    const eve = { ...world.person('shared@contoso.example'), tid: ada.tid };
    const results = await Promise.allSettled([world.connect(ada), world.connect(eve)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const [winner, loser] = results[0]?.status === 'fulfilled' ? [ada, eve] : [eve, ada];
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(MailboxTaken) });
    await expectOneMailbox(winner);
    expect(await world.grants.mailboxesOf(loser)).toEqual([]);
    expect((await world.slots()).length).toBe(1);
  });

  test('the loser of a race gives its slot back, also when the shard changes at that moment', async () => {
    const ada = world.person();
    await world.grants.connected({ ...ada, cache: '{}' });
    const [index, directory] = [store.table('index'), store.table('directory')];
    const slotsIn = (values: Values): number => z.array(z.unknown()).parse(JSON.parse(String(values.slots))).length;
    const once = { overtaken: false, crowded: false };
    const late = registryWorld({
      ...store,
      table(name) {
        if (name === 'index') {
          return {
            ...index,
            async insert(row) {
              if (!once.overtaken) {
                once.overtaken = true;
                await world.registry.upsert(world.inputOf(ada));
              }
              return index.insert(row);
            },
          };
        }
        if (name !== 'directory') return store.table(name);
        return {
          ...directory,
          async replace(row, etag) {
            if (!once.crowded && slotsIn(row.values) < (await world.slots()).length) {
              once.crowded = true;
              await world.directory.take();
            }
            return directory.replace(row, etag);
          },
        };
      },
    });
    await late.registry.upsert(late.inputOf(ada));
    expect(once).toEqual({ overtaken: true, crowded: true });
    // Hers, and the one that was taken in between.
    expect(await world.slots()).toHaveLength(2);
  });

  test('many new people at once each get a slot of their own', async () => {
    race(5);
    await Promise.all(Array.from({ length: 5 }, () => world.connect(world.person())));
    const slots = await world.slots();
    expect(new Set(slots.map(({ slot }) => slot)).size).toBe(5);
  });
});

describe('a mailbox that is nobody’s own', () => {
  const support = 'support@contoso.example';
  const viaPerson = (who: Person, more: Partial<UpsertInput> = {}) =>
    world.registry.upsert(world.inputOf({ ...who, address: support }, { shared: true, ...more }));
  const viaApp = async (tid: string, more: Partial<UpsertInput> = {}) => {
    await world.grants.openApp(tid);
    const input = world.inputOf({ ...world.person(support), tid });
    return world.registry.upsert({ ...input, grant: { kind: 'app', tid }, ...more });
  };

  test('is carried by the grant of a person beside her own, and outlives it', async () => {
    const ada = world.person();
    const { mailbox: own } = await world.connect(ada);
    const { outcome, mailbox } = await viaPerson(ada);
    expect(outcome).toBe('connected');
    expect(mailbox).toMatchObject({ address: support, login: support, shared: true, grant: own.grant });
    expect(await world.grants.mailboxesOf(ada)).toEqual([own.id, mailbox.id]);
    expect((await viaPerson(ada, { label: 'Again' })).outcome).toBe('reconnected');
    expect(await halves(store)).toEqual([]);

    await world.registry.remove(own.id);
    await world.registry.forget(own);
    expect(await world.grants.mailboxesOf(ada)).toEqual([mailbox.id]);
    // Who connects again gets a mailbox of her own, not the shared one.
    const { mailbox: again } = await world.connect(ada);
    expect([own.id, mailbox.id]).not.toContain(again.id);
  });

  test('is carried by the app’s own permission, which goes with the last one', async () => {
    const { tid } = world.person();
    const { mailbox } = await viaApp(tid);
    expect(mailbox).toMatchObject({ address: support, grant: { kind: 'app', tid }, shared: false });
    expect((await viaApp(tid)).outcome).toBe('reconnected');
    expect((await world.registry.find(tid, support))?.row.id).toBe(mailbox.id);
    expect(await world.grants.mailboxesOf(appGrantKey(tid))).toEqual([mailbox.id]);
    expect(await halves(store)).toEqual([]);

    await world.registry.remove(mailbox.id);
    await world.registry.forget(mailbox);
    await world.registry.forget(mailbox);
    expect(await rowsOfTable(store, 'grants')).toEqual([]);
    expect(await rowsOfTable(store, 'index')).toEqual([]);
  });

  test('moves to another grant and keeps its position', async () => {
    const ada = world.person();
    const grace = { ...world.person(), tid: ada.tid };
    const { mailbox: own } = await world.connect(ada);
    await world.connect(grace);
    const { mailbox: first } = await viaPerson(ada);
    const moved = await viaPerson(grace, { login: 'support.box@contoso.example' });
    expect(moved.outcome).toBe('moved');
    expect(moved.mailbox).toMatchObject({
      id: first.id,
      slot: first.slot,
      folders: first.folders,
      login: 'support.box@contoso.example',
      grant: { kind: 'user', oid: grace.oid },
      asked: first.asked + 1,
    });
    expect(await world.grants.mailboxesOf(ada)).toEqual([own.id]);
    expect((await viaApp(ada.tid)).mailbox).toMatchObject({ id: first.id, grant: { kind: 'app' }, shared: false });
    expect(await world.grants.mailboxesOf(grace)).not.toContain(first.id);
    expect((await viaPerson(ada)).outcome).toBe('moved');
    // With its last mailbox the app's permission has gone.
    expect(await world.grants.read(appGrantKey(ada.tid))).toBeUndefined();
    expect(await halves(store)).toEqual([]);
  });

  test('a shared mailbox and a person’s own do not take each other’s address', async () => {
    const ada = world.person();
    await world.connect(ada);
    const owner = { ...world.person(support), tid: ada.tid };
    const { mailbox } = await world.connect(owner);
    await expect(viaPerson(ada)).rejects.toBeInstanceOf(MailboxTaken);
    await expect(viaApp(ada.tid)).rejects.toBeInstanceOf(MailboxTaken);
    await world.registry.remove(mailbox.id);
    await world.registry.forget(mailbox);
    await viaPerson(ada);
    await expect(world.connect(owner)).rejects.toBeInstanceOf(MailboxTaken);
  });

  test('named again through the person whose own it is, is her own', async () => {
    const ada = world.person();
    const { mailbox } = await world.connect(ada);
    const { outcome, mailbox: same } = await world.registry.upsert(world.inputOf(ada, { shared: true }));
    expect([outcome, same.id, same.shared]).toEqual(['reconnected', mailbox.id, false]);
  });

  test.each(Array.from({ length: 6 }, (_, i) => i))(
    'begun by a person and by the app at once is one (%i)',
    async (seed) => {
      race(seed);
      const ada = world.person();
      await world.connect(ada);
      const all = await Promise.all([viaPerson(ada), viaApp(ada.tid)]);
      expect(new Set(all.map(({ mailbox }) => mailbox.id)).size).toBe(1);
      expect((await world.registry.list({ limit: 9 })).items).toHaveLength(2);
      const id = all[0]?.mailbox.id ?? '';
      const { grant } = (await world.registry.get(id))?.row ?? {};
      const carrying = grant?.kind === 'app' ? appGrantKey(ada.tid) : ada;
      expect(await world.grants.mailboxesOf(carrying)).toContain(id);
    },
  );
});

/** Writes that one connect does, so that each can be made the last. */
async function writesOf(
  job: (world: RegistryWorld) => Promise<unknown>,
  before: () => Promise<unknown>,
): Promise<number> {
  await before();
  const counting = mortalStore(store);
  await job(registryWorld(counting));
  await emptyTables(store);
  return counting.writes;
}

describe('killed at any write, and done again', () => {
  // A life for each write, one after the other and by itself.
  onMemoryTables((memory) => {
    store = memory;
    world = registryWorld(store);
  });

  const deaths = async (
    name: string,
    who: Person,
    before: () => Promise<unknown>,
    after: (id: string) => Promise<void>,
  ) => {
    const connect = (at: RegistryWorld) => at.registry.upsert(at.inputOf(who));
    const writes = await writesOf(connect, before);
    expect(writes, name).toBeGreaterThanOrEqual(2);
    for (let atWrite = 1; atWrite <= writes; atWrite++) {
      for (const applied of [false, true]) {
        await emptyTables(store);
        await before();
        await expect(connect(registryWorld(mortalStore(store, { atWrite, applied })))).rejects.toBeInstanceOf(Killed);
        const { mailbox } = await connect(world);
        await after(mailbox.id);
      }
    }
    return writes;
  };

  test('a first connect is completed', async () => {
    const ada = world.person();
    const writes = await deaths(
      'first connect',
      ada,
      () => world.grants.connected({ ...ada, cache: '{}' }),
      async (id) => expect(await expectOneMailbox(ada)).toBe(id),
    );
    // `!` and directory of a new shard, the person's row and the address's, grant, and the mailbox itself.
    expect(writes).toBe(6);
  });

  test('a change of address is completed', async () => {
    const ada = world.person('ada.byron@contoso.example');
    const renamed = { ...ada, address: 'ada.lovelace@contoso.example' };
    let id = '';
    await deaths(
      'change of address',
      renamed,
      async () => {
        id = (await world.connect(ada)).mailbox.id;
      },
      async (after) => {
        expect(after).toBe(id);
        expect((await world.index.read(ada.tid, renamed.address))?.mailboxId).toBe(id);
        expect((await world.registry.list({ limit: 9 })).items.map(({ row }) => row.address)).toEqual([
          renamed.address,
        ]);
      },
    );
  });

  test('a connect over a tombstone is completed', async () => {
    const ada = world.person();
    let old = '';
    await deaths(
      'over a tombstone',
      ada,
      async () => {
        old = (await world.connect(ada)).mailbox.id;
        await world.registry.remove(old);
      },
      async (id) => {
        expect(id).not.toBe(old);
        expect((await world.registry.list({ limit: 9 })).items.map(({ row }) => row.id)).toEqual([id]);
        expect((await world.index.read(ada.tid, ada.address))?.mailboxId).toBe(id);
      },
    );
  });

  test('a mailbox added by one person is completed by another', async () => {
    const ada = world.person('shared@contoso.example');
    const eve = { ...world.person('shared@contoso.example'), tid: ada.tid };
    for (let atWrite = 1; atWrite <= 6; atWrite++) {
      await emptyTables(store);
      await world.grants.connected({ ...ada, cache: '{}' });
      const mortal = registryWorld(mortalStore(store, { atWrite, applied: false }));
      await expect(mortal.registry.upsert(mortal.inputOf(ada))).rejects.toBeInstanceOf(Killed);
      await world.connect(eve);
      await expectOneMailbox(eve);
      await expect(world.connect(ada)).rejects.toBeInstanceOf(MailboxTaken);
    }
  });
});

describe('reading', () => {
  test('lists in pages, by state, address, owner and what may be seen', async () => {
    const tid = 'b0000000-0000-0000-0000-000000000000';
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { mailbox } = await world.connect(world.person(`p${i}@contoso.example`, tid), { ownerRef: i % 2 });
      ids.push(mailbox.id);
    }
    ids.sort();
    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await world.registry.list({ limit: 2, cursor });
      expect(page.items.length).toBeLessThanOrEqual(2);
      all.push(...page.items.map(({ row }) => row.id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(all).toEqual(ids);

    const addresses = async (query: object) =>
      (await world.registry.list({ limit: 10, ...query })).items.map(({ row }) => row.address).toSorted();
    expect(await addresses({ address: 'P3@CONTOSO.example' })).toEqual(['p3@contoso.example']);
    expect(await addresses({ ownerRef: '1' })).toEqual(['p1@contoso.example', 'p3@contoso.example']);
    expect(await addresses({ where: ({ id }: { id: string }) => id === ids[0] })).toHaveLength(1);
    await world.registry.patch(ids[1] ?? '', { paused: true });
    expect((await world.registry.list({ limit: 10, state: 'paused' })).items.map(({ row }) => row.id)).toEqual([
      ids[1],
    ]);
    expect(await addresses({ state: 'active' })).toHaveLength(4);
    await expect(world.registry.list({ limit: 10, cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  test('an unknown id, one of another form, and one of a shard that does not exist are none', async () => {
    for (const id of ['mbx_0001_aaaaaaaaaaaaaaaa', 'mbx_9999_aaaaaaaaaaaaaaaa', "x' or 1 eq 1", '']) {
      expect(await world.registry.get(id)).toBeUndefined();
      await expect(world.registry.ask(id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await world.registry.remove(id)).toBe(false);
    }
  });

  test('a broken row hides its mailbox in the list and is logged, and the others are shown', async () => {
    const { mailbox: broken } = await world.connect(world.person());
    const { mailbox: fine } = await world.connect(world.person());
    const { mailbox: stateless } = await world.connect(world.person());
    const spoil = async (id: string, rowKey: string) => {
      const row = await store.table('mail').get(partitionOf(id), rowKey);
      if (row !== undefined) await store.table('mail').replace({ ...row, values: { v: 2, spoilt: true } }, row.etag);
    };
    await spoil(broken.id, mailboxRowKey(broken.id));
    await spoil(stateless.id, stateRowKey(stateless.id));
    const { items } = await world.registry.list({ limit: 10 });
    expect(items.map(({ row }) => row.id).toSorted()).toEqual([fine.id, stateless.id].toSorted());
    expect(items.find(({ row }) => row.id === stateless.id)?.state).toBeUndefined();
    expect(world.logged).toContain('mailbox.row_broken');
    await expect(world.registry.get(broken.id)).rejects.toMatchObject({ code: 'row_broken' });
  });
});

describe('a grant that carries as many mailboxes as it can', () => {
  test('takes no other one, which leaves nothing behind, keeps those that it has, and takes one when another goes', async () => {
    const ada = world.person();
    const { mailbox } = await world.connect(ada);
    const table = store.table('grants');
    const row = await table.get(ada.tid, ada.oid);
    if (row === undefined) throw new Error('no grant');
    const others = Array.from({ length: mostMailboxes - 1 }, (_, n) => `mbx_0007_${String(n).padStart(16, '0')}`);
    const mailboxes = JSON.stringify([mailbox.id, ...others]);
    // A string column holds no more (Table service data model).
    expect(mailboxes.length).toBeLessThanOrEqual(32_768);
    await table.replace({ ...row, values: { ...row.values, mailboxes } }, row.etag);

    const tables = async () =>
      Promise.all((['mail', 'index', 'directory'] as const).map(async (name) => rowsOfTable(store, name)));
    const before = await tables();
    const info = world.inputOf({ ...ada, address: 'info@contoso.example' }, { shared: true });
    await expect(world.registry.upsert(info)).rejects.toMatchObject({ code: 'grant_full', status: 409 });
    expect(await tables()).toEqual(before);
    expect((await world.registry.upsert(world.inputOf(ada))).outcome).toBe('reconnected');
    await world.grants.removeMailbox(ada, others[3] ?? '');
    expect((await world.registry.upsert(info)).outcome).toBe('connected');
    await expect(world.grants.addMailbox(ada, 'mbx_0007_one_more')).rejects.toMatchObject({ code: 'grant_full' });
  });
});

describe('changing', () => {
  test('sets, clears and leaves, and nothing is lost when many change at once', async () => {
    const { mailbox } = await world.connect(world.person(), { label: 'old', ownerRef: 1 });
    await Promise.all([
      world.registry.patch(mailbox.id, { label: 'new' }),
      world.registry.patch(mailbox.id, { ownerRef: null }),
      world.registry.patch(mailbox.id, { paused: true }),
      world.registry.ask(mailbox.id),
      world.registry.ask(mailbox.id),
    ]);
    const after = await world.registry.get(mailbox.id);
    expect(after).toMatchObject({ shown: 'paused', row: { label: 'new', paused: true, asked: mailbox.asked + 3 } });
    expect(after?.row.ownerRef).toBeUndefined();
  });

  test('sets a filter together with its mailbox, shows it, and clears it', async () => {
    const first = { only: { from: ['*@contoso.example'] } };
    const { mailbox } = await world.connect(world.person(), { filter: first });
    expect((await world.registry.get(mailbox.id))?.filter).toEqual(first);
    const others = [{ except: { autoReply: true } }, { except: { minSize: 7 } }, null];
    await Promise.all([
      ...others.map((filter) => world.registry.patch(mailbox.id, { filter })),
      world.registry.patch(mailbox.id, { label: 'new' }),
    ]);
    const after = await world.registry.get(mailbox.id);
    expect(others).toContainEqual(after?.filter ?? null);
    expect(after?.row).toMatchObject({ label: 'new', asked: mailbox.asked + 3 });
    const { filter, row } = await world.registry.patch(mailbox.id, { filter: null });
    expect([filter, row.filterRevision]).toEqual([undefined, undefined]);
    // Whatever is set again later is of another revision than all before.
    const again = await world.registry.patch(mailbox.id, { filter: first });
    expect(again).toMatchObject({ filter: first, row: { filterRevision: mailbox.asked + 5 } });
    const { items } = await world.registry.list({ limit: 10 });
    expect(items.map((view) => view.filter)).toEqual([undefined]);
  });

  test.each([true, false])(
    'leaves filter and mailbox of one mind when it is killed at its write (applied: %s)',
    async (applied) => {
      const { mailbox } = await world.connect(world.person(), { filter: { only: { minSize: 1 } } });
      const mortal = registryWorld(mortalStore(store, { atWrite: 1, applied }));
      const filter = { only: { minSize: 2 } };
      await expect(mortal.registry.patch(mailbox.id, { filter, label: 'new' })).rejects.toThrow(Killed);
      const after = await world.registry.get(mailbox.id);
      expect([after?.filter, after?.row.label]).toEqual(
        applied ? [filter, 'new'] : [{ only: { minSize: 1 } }, mailbox.label],
      );
    },
  );

  test('takes up new folders from now on, keeps the positions of the others, and asks for a look at once', async () => {
    const { mailbox } = await world.connect(world.person());
    const [inbox] = mailbox.folders;
    const folders = [{ role: 'inbox' }, { role: 'archive' }, { path: 'Projekte' }] as const;
    const { row } = await world.registry.patch(mailbox.id, { folders });
    expect(row.folders).toEqual([
      inbox,
      { id: expect.any(String), path: '', role: 'archive' },
      { id: expect.any(String), path: 'Projekte', role: undefined },
    ]);
    expect(row.asked).toBe(mailbox.asked + 1);
    const rows = await store.table('mail').list(partitionOf(mailbox.id), { from: 'c', below: 'd' });
    const cursors = new Map(rows.map(decodeCursor).map((cursor) => [cursor.folderId, cursor]));
    expect(cursors.get(inbox?.id ?? '')).toMatchObject({ lastUid: 10, uidValidity: 7n });
    for (const { id, path } of row.folders.slice(1)) {
      const from = cursors.get(id)?.baselineFrom?.getTime() ?? 0;
      expect(cursors.get(id)).toMatchObject({ path, lastUid: 0 });
      expect(Math.abs(world.clock.now() - 2 * minute - from)).toBeLessThan(minute);
    }
    const again = await world.registry.patch(mailbox.id, { folders });
    expect(again.row.folders).toEqual(row.folders);
    expect((await world.registry.patch(mailbox.id, { label: 'x' })).row.folders).toEqual(row.folders);
  });

  test('says that the storage does not answer', async () => {
    const at = registryWorld(storeAt(unreachableTables));
    const expected = { code: 'storage_unreachable', status: 503 };
    await expect(at.registry.get('mbx_0001_aaaaaaaaaaaaaaaa')).rejects.toMatchObject(expected);
    await expect(at.registry.upsert(at.inputOf(at.person()))).rejects.toMatchObject(expected);
    await expect(at.registry.list({ limit: 1 })).rejects.toMatchObject(expected);
  });
});
