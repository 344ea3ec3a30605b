import { describe, expect, test } from 'vitest';
import { Killed, mortalStore } from '../../../test/support/mortal-store.ts';
import { type RegistryWorld, registryWorld } from '../../../test/support/registry-world.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { emptyTables, rowsOfTable } from '../../../test/support/tables.ts';
import { halves } from '../../../test/support/wholeness.ts';
import { appGrantKey } from '../domain/grant.ts';
import { mailboxRowKey, rowsOf } from '../store/rows/keys.ts';
import { partitionOf } from '../store/rows/mailbox-row.ts';
import type { Store } from '../store/table/table.ts';
import { sweep } from './sweep.ts';

let store: Store;
let world: RegistryWorld;
onMemoryTables((memory) => {
  store = memory;
  world = registryWorld(store);
});

const hour = 60 * 60_000;
const day = 24 * hour;
const nothing = { addresses: 0, tombstones: 0, slots: 0, grants: 0, tickets: 0, states: 0 };

/** What is left in each table, apart from shards and the directory's rows, which stay. */
async function left() {
  const count = async (name: 'index' | 'grants' | 'tickets' | 'states') => (await rowsOfTable(store, name)).length;
  return {
    index: await count('index'),
    grants: await count('grants'),
    tickets: await count('tickets'),
    states: await count('states'),
    slots: (await world.slots()).length,
    mail: (await world.mailRows()).filter((key) => key !== '!'),
  };
}
const empty = { index: 0, grants: 0, tickets: 0, states: 0, slots: 0, mail: [] };

/** Erases under the tombstone, as the worker does. */
async function erase(id: string): Promise<void> {
  const mail = store.table('mail');
  for (const kind of 'bcdeoprx') {
    for (const row of await mail.list(partitionOf(id), rowsOf(kind, id))) {
      await mail.delete(row.partitionKey, row.rowKey, row.etag);
    }
  }
}

test('a connected mailbox is left alone, however old it is', async () => {
  await world.connect(world.person());
  world.pass(400 * day);
  const before = [await rowsOfTable(store, 'index'), await rowsOfTable(store, 'mail'), await world.slots()];
  expect(await sweep(world)).toEqual(nothing);
  expect([await rowsOfTable(store, 'index'), await rowsOfTable(store, 'mail'), await world.slots()]).toEqual(before);
});

test('whichever step of a connect was the last, a day later nothing is left of it', async () => {
  const ada = world.person();
  for (let atWrite = 1; atWrite <= 6; atWrite++) {
    for (const applied of [false, true]) {
      if (atWrite === 6 && applied) continue; // That one is connected.
      await emptyTables(store);
      const now = registryWorld(store);
      await now.grants.connected({ ...ada, cache: '{}' });
      const mortal = registryWorld(mortalStore(store, { atWrite, applied }));
      await expect(mortal.registry.upsert(mortal.inputOf(ada))).rejects.toBeInstanceOf(Killed);
      const begun = await left();
      expect(await sweep(now)).toEqual(nothing);
      expect(await left()).toEqual(begun);
      now.pass(day + hour);
      await sweep(now);
      expect(await left()).toEqual(empty);
    }
  }
});

test('whichever step of a connect was the last, under another address it is the same one mailbox, and a day later nothing else', async () => {
  const ada = world.person('ada@contoso.example');
  const sales = { ...ada, address: 'sales@contoso.example' };
  for (let atWrite = 1; atWrite <= 6; atWrite++) {
    for (const applied of [false, true]) {
      await emptyTables(store);
      const now = registryWorld(store);
      await now.grants.connected({ ...ada, cache: '{}' });
      const mortal = registryWorld(mortalStore(store, { atWrite, applied }));
      await expect(mortal.registry.upsert(mortal.inputOf(ada))).rejects.toBeInstanceOf(Killed);
      const { mailbox } = await now.connect(sales);
      expect((await now.connect(ada)).mailbox.id).toBe(mailbox.id);
      expect((await now.connect(sales)).mailbox.id).toBe(mailbox.id);
      now.pass(day + hour);
      await sweep(now);
      expect((await now.registry.list({ limit: 9 })).items.map(({ row }) => row.address)).toEqual([sales.address]);
      expect((await rowsOfTable(store, 'index')).length).toBe(2);
      expect(await halves(store), `death at write ${atWrite}`).toEqual([]);
    }
  }
});

test('deletes the grant of the person who lost the race for a mailbox', async () => {
  const ada = world.person('shared@contoso.example');
  const eve = { ...world.person('shared@contoso.example'), tid: ada.tid };
  await world.grants.connected({ ...ada, cache: '{}' });
  const mortal = registryWorld(mortalStore(store, { atWrite: 6, applied: false }));
  await expect(mortal.registry.upsert(mortal.inputOf(ada))).rejects.toBeInstanceOf(Killed);
  const { mailbox } = await world.connect(eve);
  expect(await world.grants.mailboxesOf(ada)).toEqual([mailbox.id]);
  world.pass(day + hour);
  await sweep(world);
  expect(await world.grants.read(ada)).toBeUndefined();
  expect(await world.grants.mailboxesOf(eve)).toEqual([mailbox.id]);
});

test('an old name that a change of address left behind goes, and the mailbox stays', async () => {
  const ada = world.person('ada@contoso.example');
  const { mailbox } = await world.connect(ada);
  const renamed = { ...ada, address: 'lovelace@contoso.example' };
  await world.connect(renamed);
  await world.index.insert(ada.tid, ada.address, mailbox.id);
  world.pass(day + hour);
  expect(await sweep(world)).toEqual({ ...nothing, addresses: 1 });
  expect(await world.index.read(ada.tid, ada.address)).toBeUndefined();
  expect((await world.registry.find(ada.tid, renamed.address))?.row.id).toBe(mailbox.id);
  expect(await world.grants.mailboxesOf(ada)).toEqual([mailbox.id]);
});

test('a person’s row that names the mailbox of another goes, and her own stays', async () => {
  const ada = world.person();
  const eve = { ...world.person(), tid: ada.tid };
  await world.connect(ada);
  const { mailbox } = await world.connect(eve);
  const seen = await world.index.readPerson(ada);
  if (seen !== undefined) await world.index.point(seen, mailbox.id);
  world.pass(day + hour);
  expect(await sweep(world)).toEqual({ ...nothing, addresses: 1 });
  expect(await world.index.readPerson(ada)).toBeUndefined();
  expect((await world.index.readPerson(eve))?.mailboxId).toBe(mailbox.id);
});

test('a mailbox of the app keeps its permission, and one that was left half-way loses it', async () => {
  const { tid } = world.person();
  const input = { ...world.inputOf(world.person('support@contoso.example')), grant: { kind: 'app', tid } as const };
  await world.grants.openApp(tid);
  const mortal = registryWorld(mortalStore(store, { atWrite: 4, applied: true }));
  await expect(mortal.registry.upsert(input)).rejects.toBeInstanceOf(Killed);
  world.pass(day + hour);
  await sweep(world);
  expect(await left()).toEqual(empty);

  await world.grants.openApp(tid);
  const { mailbox } = await world.registry.upsert(input);
  world.pass(day + hour);
  expect(await sweep(world)).toEqual(nothing);
  expect(await world.grants.mailboxesOf(appGrantKey(tid))).toEqual([mailbox.id]);
});

describe('a removed mailbox', () => {
  test('leaves nothing a day after its removal, when the worker has done its part', async () => {
    const ada = world.person();
    const { mailbox } = await world.connect(ada);
    world.pass(3 * day);
    await world.registry.remove(mailbox.id);
    await erase(mailbox.id);
    await world.registry.forget(mailbox);
    world.pass(day - hour);
    expect(await sweep(world)).toEqual(nothing);
    expect((await left()).mail).toEqual([mailboxRowKey(mailbox.id)]);
    world.pass(2 * hour);
    expect(await sweep(world)).toEqual({ ...nothing, tombstones: 1, slots: 1 });
    expect(await left()).toEqual(empty);
  });

  test('waits as long as the worker has rows to erase', async () => {
    const ada = world.person();
    const { mailbox } = await world.connect(ada);
    await world.registry.remove(mailbox.id);
    world.pass(5 * day);
    expect(await sweep(world)).toEqual(nothing);
    expect(world.logged).toContain('sweep.tombstone_kept');
    await erase(mailbox.id);
    await world.registry.forget(mailbox);
    await sweep(world);
    expect(await left()).toEqual(empty);
  });

  test('is forgotten even if its last steps were never done', async () => {
    const ada = world.person();
    const { mailbox } = await world.connect(ada);
    await world.registry.remove(mailbox.id);
    await erase(mailbox.id);
    world.pass(2 * day);
    await sweep(world);
    await sweep(world);
    expect(await left()).toEqual(empty);
  });

  test('does not take the mailbox with it that has its address now', async () => {
    const ada = world.person();
    const { mailbox: old } = await world.connect(ada);
    await world.registry.remove(old.id);
    const { mailbox } = await world.connect(ada);
    await erase(old.id);
    await world.registry.forget(old);
    world.pass(2 * day);
    expect(await sweep(world)).toEqual({ ...nothing, tombstones: 1, slots: 1 });
    expect((await world.registry.find(ada.tid, ada.address))?.row.id).toBe(mailbox.id);
    expect(await world.grants.mailboxesOf(ada)).toEqual([mailbox.id]);
  });
});

describe('a connect that takes up what the sweep has seen', () => {
  /** Runs `act` right before the sweep's first write. */
  function interrupted(act: () => Promise<unknown>) {
    let done = false;
    const first = async <T>(request: () => Promise<T>): Promise<T> => {
      if (!done) {
        done = true;
        await act();
      }
      return request();
    };
    const between: Store = {
      time: store.time,
      table: (name) => {
        const table = store.table(name);
        return {
          ...table,
          replace: (row, etag) => first(() => table.replace(row, etag)),
          delete: (partitionKey, rowKey, etag) => first(() => table.delete(partitionKey, rowKey, etag)),
        };
      },
    };
    return registryWorld(between);
  }

  test.each([2, 3, 4, 5])('keeps it (begun until write %i)', async (atWrite) => {
    const ada = world.person();
    await world.grants.connected({ ...ada, cache: '{}' });
    const mortal = registryWorld(mortalStore(store, { atWrite, applied: false }));
    await expect(mortal.registry.upsert(mortal.inputOf(ada))).rejects.toBeInstanceOf(Killed);
    world.pass(day + hour);
    const sweeper = interrupted(() => world.connect(ada));
    sweeper.pass(day + hour);
    await sweep(sweeper);
    const [live] = (await world.registry.list({ limit: 10 })).items;
    expect((await world.index.read(ada.tid, ada.address))?.mailboxId).toBe(live?.row.id);
    expect((await world.slots()).map(({ mailboxId }) => mailboxId)).toContain(live?.row.id);
    expect(await world.grants.mailboxesOf(ada)).toContain(live?.row.id);
  });
});

test('tickets and states go a day after they ran out, and not before', async () => {
  const now = Date.now();
  for (const name of ['tickets', 'states'] as const) {
    const insert = (rowKey: string, expiresAt: Date | string) =>
      store.table(name).insert({ partitionKey: 'p', rowKey, values: { v: 1, expiresAt } });
    await insert('old', new Date(now - day - 1000));
    await insert('fresh', new Date(now - day + hour));
    await insert('valid', new Date(now + hour));
    await insert('odd', 'never');
  }
  expect(await sweep(world)).toEqual({ ...nothing, tickets: 1, states: 1 });
  for (const name of ['tickets', 'states'] as const) {
    expect((await rowsOfTable(store, name)).map(({ rowKey }) => rowKey)).toEqual(['fresh', 'odd', 'valid']);
  }
});

test('a mailbox whose row cannot be read keeps its address, its slot and its grant', async () => {
  const ada = world.person();
  const { mailbox } = await world.connect(ada);
  const row = await store.table('mail').get(partitionOf(mailbox.id), mailboxRowKey(mailbox.id));
  if (row === undefined) throw new Error('no row');
  await store.table('mail').replace({ ...row, values: { v: 2 } }, row.etag);
  world.pass(2 * day);
  expect(await sweep(world)).toEqual(nothing);
});
