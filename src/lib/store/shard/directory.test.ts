import { describe, expect, test } from 'vitest';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';
import { newMailboxId, shardKey, shardOfMailbox, shardSize } from '../../domain/ids.ts';
import { systemClock, systemRandom } from '../../domain/system.ts';
import { shardRowKey } from '../rows/keys.ts';
import { decodeShard, newShard } from '../rows/shard-row.ts';
import { untilSettled } from '../table/modify.ts';
import { storedBytes } from '../table/row-size.ts';
import type { Store } from '../table/table.ts';
import { createDirectory, type Directory } from './directory.ts';

let store: Store;
let directory: Directory;
let offset = 0;
const clock = { ...systemClock, now: () => Date.now() + offset };
onMemoryTables((memory) => {
  offset = 0;
  store = memory;
  directory = createDirectory({ store, clock, random: systemRandom });
});

const take = () => untilSettled({ clock, random: systemRandom }, () => directory.take());
const takeMany = async (count: number) => {
  const taken: Awaited<ReturnType<typeof take>>[] = [];
  for (let i = 0; i < count; i++) taken.push(await take());
  return taken;
};

test('the first slot opens a shard, with the row that its workers take the lease of', async () => {
  const { mailboxId, slot } = await take();
  expect(slot).toBe(0);
  const shard = shardOfMailbox(mailboxId) ?? -1;
  const row = await store.table('mail').get(shardKey(shard), shardRowKey);
  expect(row && decodeShard(row)).toEqual(newShard);
  expect(await directory.shards()).toMatchObject([{ shard, slots: [{ slot: 0, mailboxId }] }]);
});

test('a shard whose opening was cut off before the directory knew it is opened again, and not made anew', async () => {
  await take();
  const first = await store.table('mail').get('s0001', shardRowKey);
  const row = await store.table('directory').get('dir', 's0001');
  await store.table('directory').delete('dir', 's0001', row?.etag ?? '');
  await take();
  expect(await store.table('mail').get('s0001', shardRowKey)).toEqual(first);
});

test('shards are filled in order, and a freed slot is taken before a new shard is opened', async () => {
  const taken = await takeMany(shardSize + 1);
  expect(taken.map(({ slot }) => slot)).toEqual([...Array.from({ length: shardSize }, (_, i) => i), 0]);
  expect(taken.slice(0, shardSize).every(({ mailboxId }) => shardOfMailbox(mailboxId) === 1)).toBe(true);
  expect(shardOfMailbox(taken.at(-1)?.mailboxId ?? '')).toBe(2);
  await directory.giveBack(taken[17]?.mailboxId ?? '');
  const again = await take();
  expect([shardOfMailbox(again.mailboxId), again.slot]).toEqual([1, 17]);
  expect(again.mailboxId).not.toBe(taken[17]?.mailboxId);
});

test('a full row of the directory stays far below what a row may hold', async () => {
  await takeMany(shardSize);
  const [row] = await store.table('directory').list('dir');
  // A column of text ends at 32,768 characters, 64 KiB.
  expect(row && storedBytes(row)).toBeLessThan(8 * 1024);
});

test('two who take at once never get the same slot: one of them starts over', async () => {
  await take();
  const both = await Promise.allSettled([directory.take(), directory.take()]);
  expect(both.filter(({ status }) => status === 'fulfilled')).not.toEqual([]);
  for (const result of both) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'StoreError', kind: 'conflict' });
  }
  const slots = (await directory.shards()).flatMap((shard) => shard.slots);
  expect(new Set(slots.map(({ slot }) => slot)).size).toBe(slots.length);
  expect(slots.length).toBe(1 + both.filter(({ status }) => status === 'fulfilled').length);
});

describe('a slot that is confirmed', () => {
  test('stays the same, and counts as taken just now', async () => {
    const { mailboxId, slot } = await take();
    offset = 3_600_000;
    expect(await directory.confirm(mailboxId)).toBe(slot);
    const [shard] = await directory.shards();
    expect(shard?.slots).toHaveLength(1);
    expect(shard?.slots[0]?.since.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
  });

  test('is taken again where it had been freed, also in an unknown shard', async () => {
    const { mailboxId } = await take();
    await directory.giveBack(mailboxId);
    const other = await take();
    expect(other.slot).toBe(0);
    expect(await directory.confirm(mailboxId)).toBe(1);
    expect(await directory.confirm(newMailboxId(40, systemRandom))).toBe(0);
    expect(await store.table('mail').get('s0040', shardRowKey)).toBeDefined();
    expect((await directory.shards()).map(({ shard }) => shard)).toEqual([1, 40]);
  });

  test('is not to be had in a full shard', async () => {
    await takeMany(shardSize);
    expect(await directory.confirm(newMailboxId(1, systemRandom))).toBeUndefined();
  });

  test('is not freed by a writer with an older view of the shard', async () => {
    const { mailboxId } = await take();
    const [seen] = await directory.shards();
    if (seen === undefined) throw new Error('no shard');
    await directory.confirm(mailboxId);
    await expect(directory.free(seen, new Set([mailboxId]))).rejects.toMatchObject({ kind: 'conflict' });
    expect((await directory.shards())[0]?.slots).toHaveLength(1);
  });
});

test('giving back may be repeated, and what was never taken is no error', async () => {
  const { mailboxId } = await take();
  await directory.giveBack(mailboxId);
  await directory.giveBack(mailboxId);
  await directory.giveBack(newMailboxId(77, systemRandom));
  expect((await directory.shards()).flatMap(({ slots }) => slots)).toEqual([]);
});

test('a broken row is named', async () => {
  await store
    .table('directory')
    .insert({ partitionKey: 'dir', rowKey: 's0009', values: { v: 2, slots: '[[99,"x",0]]' } });
  await expect(directory.shards()).rejects.toMatchObject({ code: 'row_broken', message: /dir s0009/ });
});
