import { describe, expect, it } from 'vitest';
import { type EngineWorld, engineWorld } from '../../../../test/support/engine-world.ts';
import { accepted, mailOf, refused } from '../../../../test/support/memory-receiver.ts';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';
import { rowsOfTable } from '../../../../test/support/tables.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { onDemandKinds } from '../../store/rows/rows.ts';
import type { Store, StoredRow, Table } from '../../store/table/table.ts';

let world: EngineWorld;
let mailbox: MailboxRow;

onMemoryTables(async (store) => {
  world = engineWorld(store);
  mailbox = await world.connectMailbox(ada, ['INBOX', 'Archive']);
});

const ada = 'ada@contoso.example';
const folder = (path = 'INBOX') => world.mail.mailbox(ada).folder(path);
const watch = (...paths: string[]) => world.registry.patch(mailbox.id, { folders: paths.map((path) => ({ path })) });
const idOf = (path: string) => mailbox.folders.find((one) => one.path === path)?.id ?? '';
/** Kinds of rows that there are of a folder. */
const kindsOf = async (folderId: string) => {
  const rows = await rowsOfTable(world.store, 'mail');
  return rows.filter(({ rowKey }) => rowKey.includes(`!${folderId}`)).map(({ rowKey }) => rowKey[0]);
};

describe('a folder that is taken off', () => {
  it('leaves no row behind, and what it was trying again is told as vanished', async () => {
    world.receiver.answer = (event) => (event.type === 'message.received' ? refused : accepted);
    folder('Archive').add('refused');
    folder().add('refused, too');
    await world.poll();
    world.time.pass(11 * 60_000);
    await world.polls(3);
    expect((await kindsOf(idOf('Archive'))).toSorted()).toEqual(['c', 'd', 'r']);
    await watch('INBOX');
    await world.poll();
    expect(await kindsOf(idOf('Archive'))).toEqual([]);
    expect((await kindsOf(idOf('INBOX'))).toSorted()).toEqual(['c', 'd', 'r']);
    const keyOf = (subject: string) =>
      world.receiver.arrivals.map(({ event }) => mailOf(event)).find((mail) => mail?.subject === subject)?.messageKey;
    expect(world.receiver.ofType('message.vanished').map(({ data }) => [data.messageKey, data.folder])).toEqual([
      [keyOf('refused'), { path: 'Archive', role: 'archive' }],
    ]);
    // The other folder continues.
    expect((await world.shard(mailbox)).flags & onDemandKinds.retry).toBe(onDemandKinds.retry);
    world.receiver.answer = () => accepted;
    world.time.pass(2 * 60 * 60_000);
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['refused, too']);
    expect((await world.shard(mailbox)).flags & onDemandKinds.retry).toBe(0);
  });

  it('is erased also where it holds more rows than a batch takes', async () => {
    const table = world.store.table('mail');
    world.receiver.answer = (event) => (event.type === 'message.received' ? refused : accepted);
    folder('Archive').add('refused');
    await world.poll();
    world.time.pass(11 * 60_000);
    await world.polls(3);
    const rows = await rowsOfTable(world.store, 'mail');
    const row = rows.find(({ rowKey }) => rowKey.startsWith('d!'));
    if (row === undefined) throw new Error('nothing is tried again');
    for (let n = 100; n < 220; n++) {
      const key = new Uint8Array(16).fill(n);
      await table.insert({ ...row, rowKey: row.rowKey.replace(/\d{3}$/, String(n)), values: { ...row.values, key } });
    }
    await watch('INBOX');
    await world.polls(3);
    expect(await kindsOf(idOf('Archive'))).toEqual([]);
    const told = world.receiver.ofType('message.vanished').map(({ data }) => data.messageKey);
    expect([told.length, new Set(told).size]).toEqual([121, 121]);
  });

  it('starts again with new mail if it is put back', async () => {
    folder('Archive').add('before');
    await world.poll();
    await watch('INBOX');
    await world.poll();
    folder('Archive').add('meanwhile');
    world.time.pass(10 * 60_000);
    await world.poll();
    await watch('INBOX', 'Archive');
    await world.poll();
    folder('Archive').add('after');
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['before', 'after']);
  });
});

it('does not take a folder for one that is taken off, which was added while the rows were read', async () => {
  await world.poll();
  const table = world.store.table('mail');
  let added: MailboxRow | undefined;
  /** As two pages of one answer may be: what comes first is older than what comes after it. */
  const list: Table['list'] = async (partition, range, ...rest) => {
    const before = await table.list(partition, range, ...rest);
    if (range?.below !== 'd' || added !== undefined) return before;
    added = (await watch('INBOX', 'Archive', 'Projects')).row;
    const old = new Map(before.filter(({ rowKey }) => rowKey < 'b').map((row) => [row.rowKey, row]));
    return (await table.list(partition, range, ...rest)).map((row): StoredRow => old.get(row.rowKey) ?? row);
  };
  const store: Store = {
    time: world.store.time,
    table: (name) => (name === 'mail' ? Object.assign(Object.create(table), { list }) : world.store.table(name)),
  };
  folder('Projects');
  await world.poll({ store });
  const project = added?.folders.find(({ path }) => path === 'Projects');
  expect(await kindsOf(project?.id ?? '')).toEqual(['c']);
});
