import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { faultyStore } from '../../../../test/support/faulty-store.ts';
import { type MemoryStore, memoryStore } from '../../../../test/support/memory-store.ts';
import { settled, type VirtualClock, virtualClock } from '../../../../test/support/virtual-clock.ts';
import { systemClock, systemRandom } from '../../domain/system.ts';
import { shardRowKey } from '../rows/keys.ts';
import { decodeShard, encodeShard, newShard } from '../rows/shard-row.ts';
import { type BatchOperation, batchLimits, type Row, StoreError } from '../table/table.ts';
import { type Committer, type CommitUnit, createCommitter } from './committer.ts';
import { acquireLease, type Lease, LeaseLost } from './lease.ts';

const partition = 's0001';
let clock: VirtualClock;
let store: MemoryStore;
let lease: Lease;
let committer: Committer;

interface TestUnit extends CommitUnit {
  set(rowKey: string, text: string): void;
  readonly refusals: StoreError[];
}

function unit(id: string): TestUnit {
  const rows = new Map<string, Row>();
  const refusals: StoreError[] = [];
  return {
    id,
    refusals,
    set: (rowKey, text) => void rows.set(rowKey, { partitionKey: partition, rowKey, values: { text } }),
    pending: () => [...rows.values()].map((row): BatchOperation => ({ kind: 'upsert', row })),
    sent: () => rows.clear(),
    refused: (error) => void refusals.push(error),
  };
}

async function acquire(): Promise<Lease | undefined> {
  const found = await store.table('mail').get(partition, shardRowKey);
  if (found === undefined) throw new Error('no shard');
  return acquireLease({ store, clock, random: systemRandom }, 1, found, { tick: 5, intervalSeconds: 60 });
}

const head = async () => {
  const row = await store.table('mail').get(partition, shardRowKey);
  if (row === undefined) throw new Error('no shard');
  return decodeShard(row);
};

const textOf = async (rowKey: string) => (await store.table('mail').get(partition, rowKey))?.values.text;

beforeEach(async () => {
  clock = virtualClock();
  store = memoryStore(clock);
  await store.table('mail').insert(encodeShard(1, newShard));
  const taken = await acquire();
  if (taken === undefined) throw new Error('not taken');
  lease = taken;
  committer = createCommitter({ store, clock }, lease);
  store.batches.length = 0;
});

describe('a commit', () => {
  it('carries the fence with the rows, and raises seq', async () => {
    const one = unit('one');
    one.set('b!one', 'first');
    await committer.commit(one);
    expect(store.batches).toHaveLength(1);
    expect(store.batches[0]?.map((operation) => (operation.kind === 'delete' ? '' : operation.row.rowKey))).toEqual([
      '!',
      'b!one',
    ]);
    expect(await head()).toMatchObject({ owner: lease.owner, epoch: 1, seq: 1 });
    expect((await head()).until.getTime()).toBe(clock.now() + 60_000);
  });

  it('holds what everybody asked for in the same turn, and the next what came meanwhile', async () => {
    let open = () => {};
    store.disturb = () => new Promise((resolve) => (open = () => resolve(undefined)));
    const units = ['a', 'b', 'c'].map(unit);
    for (const each of units) each.set(`b!${each.id}`, '1');
    const [a, b, c] = units;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three units');
    const first = [committer.commit(a), committer.commit(b)];
    await settled();
    const later = committer.commit(c);
    a.set('b!a', '2');
    const again = committer.commit(a);
    await settled();
    store.disturb = () => undefined;
    open();
    await Promise.all([...first, later, again]);
    expect(store.batches.map((batch) => batch.length - 1)).toEqual([2, 2]);
    expect(await textOf('b!a')).toBe('2');
  });

  it('is made even if it is requested the moment the one before ends', async () => {
    const one = unit('one');
    for (let later = 0; later < 20; later++) {
      await committer.commit(one);
      for (let n = 0; n < later; n++) await undefined;
      one.set('b!one', `${later} later`);
      void committer.commit(one);
      await settled();
      expect(await textOf('b!one')).toBe(`${later} later`);
    }
  });

  it('waits for what arrived together with what it is for', async () => {
    committer = createCommitter({ store, clock: { ...clock, caughtUp: systemClock.caughtUp } }, lease);
    const [a, b] = [unit('a'), unit('b')];
    for (const each of [a, b]) each.set(`b!${each.id}`, '1');
    const first = committer.commit(a);
    // An answer that needs a turn more until it is understood.
    await nextTurn();
    await Promise.all([first, committer.commit(b)]);
    expect(store.batches.map((batch) => batch.length - 1)).toEqual([2]);
  });

  it.each([
    { waiters: 30, batchMs: 0, order: ['batch', '15 told', 'batch', '15 told', 'batch'] },
    { waiters: 12, batchMs: 0, order: ['batch', '12 told', 'batch'] },
    // What they do between two batches takes no time here.
    { waiters: 30, batchMs: 50, order: ['batch', '30 told', 'batch'] },
  ])(
    'of many who wait is told to half of them first, whose next rows go out before the others are told, unless they wait longer for it than it takes them to make those: $waiters, $batchMs ms',
    async ({ waiters, batchMs, order }) => {
      let nowMs = 0;
      const { caughtUp } = systemClock;
      committer = createCommitter({ store, clock: { ...clock, caughtUp, monotonic: () => nowMs } }, lease);
      const seen: string[] = [];
      store.disturb = () => {
        seen.push('batch');
        nowMs += batchMs;
        return undefined;
      };
      const one = unit('one');
      const twice = async (number: number) => {
        one.set(`b!${number}`, 'first');
        await committer.commit(one);
        const told = Number(/^(\d+) told$/.exec(seen.at(-1) ?? '')?.[1] ?? 0);
        if (told > 0) seen.pop();
        seen.push(`${told + 1} told`);
        one.set(`b!${number}`, 'second');
        await committer.commit(one);
        expect(await textOf(`b!${number}`)).toBe('second');
      };
      await Promise.all(Array.from({ length: waiters }, (_, number) => twice(number)));
      expect(seen).toEqual(order);
    },
  );

  it('is told to all whose rows it stored, although the lease is lost with the next', async () => {
    committer = createCommitter({ store, clock: { ...clock, caughtUp: systemClock.caughtUp } }, lease);
    let batches = 0;
    store.disturb = () => (++batches === 2 ? new StoreError('conflict') : undefined);
    const one = unit('one');
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, async (_, number) => {
        one.set(`b!${number}`, 'first');
        await committer.commit(one);
        one.set(`b!${number}`, 'second');
        return committer.commit(one).then(
          () => 'stored',
          (error: unknown) => (error instanceof LeaseLost ? 'lost' : error),
        );
      }),
    );
    expect(new Set(outcomes)).toEqual(new Set(['lost']));
  });

  it('is not sent for a unit with nothing to write', async () => {
    await committer.commit(unit('idle'));
    expect(store.batches).toHaveLength(0);
  });

  it('is split into batches that the service takes, and never within a unit', async () => {
    const units = Array.from({ length: 5 }, (_, n) => unit(`u${n}`));
    for (const each of units) for (let n = 0; n < 30; n++) each.set(`o!${each.id}!${n}`, 'x');
    await Promise.all(units.map((each) => committer.commit(each)));
    expect(store.batches.map((batch) => batch.length - 1)).toEqual([90, 60]);
  });

  it('stays below three MiB a batch', async () => {
    const units = Array.from({ length: 5 }, (_, n) => unit(`u${n}`));
    for (const each of units) for (let n = 0; n < 19; n++) each.set(`o!${each.id}!${n}`, 'x'.repeat(32_000));
    await Promise.all(units.map((each) => committer.commit(each)));
    // All of them are few enough for one batch, and five times 0.6 MiB with the fence are just above.
    expect(store.batches.map((batch) => batch.length - 1)).toEqual([95]);
    store.batches.length = 0;
    for (const each of units) for (let n = 0; n < 19; n++) each.set(`o!${each.id}!${n}`, 'x'.repeat(32_700));
    units[0]?.set('b!u0', 'x'.repeat(32_700));
    await Promise.all(units.map((each) => committer.commit(each)));
    expect(store.batches.map((batch) => batch.length - 1)).toEqual([77, 19]);
  });
});

describe('an answer that is lost', () => {
  it('an applied batch is detected by its seq, and the run continues', async () => {
    let lost = 0;
    store.disturb = ({ attempt }) => (attempt === 1 && lost++ === 0 ? 'unheard' : undefined);
    const one = unit('one');
    one.set('b!one', 'first');
    const done = committer.commit(one);
    await clock.advance(1000);
    await done;
    expect(store.batches).toHaveLength(1);
    expect(committer.signal.aborted).toBe(false);
    one.set('b!one', 'second');
    await committer.commit(one);
    expect(await textOf('b!one')).toBe('second');
    expect((await head()).seq).toBe(2);
  });

  it('a batch that never arrived is sent again with the same bytes', async () => {
    const sent: (readonly BatchOperation[])[] = [];
    store.disturb = ({ operations }) => {
      sent.push(operations);
      return sent.length < 4 ? 'lost' : undefined;
    };
    const one = unit('one');
    one.set('b!one', 'first');
    const done = committer.commit(one);
    await settled();
    // What changes while nobody knows whether the batch was applied goes in the next one, under the next seq.
    one.set('b!one', 'second');
    const later = committer.commit(one);
    await clock.advance(5000);
    await Promise.all([done, later]);
    expect(sent.slice(1, 4)).toEqual([sent[0], sent[0], sent[0]]);
    expect(await textOf('b!one')).toBe('second');
    expect((await head()).seq).toBe(2);
  });

  it('an applied batch is not a refusal, regardless of the second answer', async () => {
    let sendings = 0;
    // The row that it deleted is gone by then.
    store.disturb = () => (++sendings === 1 ? 'unheard' : new StoreError('missing', { index: 1 }));
    const one = unit('one');
    one.set('b!one', 'x');
    const done = committer.commit(one);
    await clock.advance(1000);
    await done;
    expect(sendings).toBe(2);
    expect(one.refusals).toEqual([]);
    expect((await head()).seq).toBe(1);
  });

  it('a batch that never arrived does not hide a later refusal, and the run continues', async () => {
    let sendings = 0;
    store.disturb = () => (++sendings === 1 ? 'lost' : sendings === 2 ? new StoreError('refused') : undefined);
    const [bad, good] = [unit('bad'), unit('good')];
    for (const each of [bad, good]) each.set(`b!${each.id}`, 'x');
    const refused = expect(committer.commit(bad)).rejects.toMatchObject({ kind: 'refused' });
    await clock.advance(1000);
    await refused;
    expect(bad.refusals).toHaveLength(1);
    await committer.commit(good);
    expect(await textOf('b!good')).toBe('x');
    expect(committer.signal.aborted).toBe(false);
  });

  it('counts the lease from the first sending', async () => {
    let tries = 0;
    store.disturb = () => (++tries < 6 ? 'lost' : undefined);
    const one = unit('one');
    one.set('b!one', 'x');
    const began = clock.now();
    const done = committer.commit(one);
    await clock.advance(10_000);
    await done;
    expect((await head()).until.getTime()).toBe(began + 60_000);
    expect(committer.remainingMs()).toBe(50_000);
  });

  it('answers lost until the lease expires end the run, with the store as its cause', async () => {
    store.disturb = () => 'lost';
    const one = unit('one');
    one.set('b!one', 'x');
    const done = expect(committer.commit(one)).rejects.toBeInstanceOf(LeaseLost);
    await clock.advance(61_000);
    await done;
    expect(committer.signal.reason).toMatchObject({ why: 'expired', cause: { kind: 'unreachable' } });
  });
});

describe('a batch that is refused for its ETag', () => {
  it.each<[string, Record<string, string | bigint>]>([
    ['another run', { owner: 'other' }],
    ['another term of the lease', { epoch: 2n }],
    ['another commit', { seq: 7n }],
  ])('ends the run while the row shows %s, and nothing of it is stored', async (_what, values) => {
    const found = await store.table('mail').get(partition, shardRowKey);
    if (found === undefined) throw new Error('no shard');
    // All else is as the batch itself would have it: only the three together say that it was ours.
    const ours = { owner: lease.owner, epoch: BigInt(lease.epoch), seq: 1n };
    await store.table('mail').replace({ ...found, values: { ...found.values, ...ours, ...values } }, found.etag);
    const one = unit('one');
    one.set('b!one', 'stale');
    await expect(committer.commit(one)).rejects.toMatchObject({ name: 'LeaseLost', why: 'taken' });
    expect(await textOf('b!one')).toBeUndefined();
  });

  it('has the row read again until it can be read', async () => {
    // The batch, which is applied, the same once more, and the look at the row.
    const faulty = faultyStore(store, { at: 3, how: 'lost' });
    committer = createCommitter({ store: faulty, clock }, lease);
    store.disturb = ({ attempt }) => (attempt === 1 ? 'unheard' : undefined);
    const one = unit('one');
    one.set('b!one', 'x');
    const done = committer.commit(one);
    await clock.advance(2000);
    await done;
    expect(faulty.calls).toBe(4);
    expect(committer.signal.aborted).toBe(false);
  });

  it('ends the run if the row is gone', async () => {
    await store.table('mail').delete(partition, shardRowKey, '*');
    const one = unit('one');
    one.set('b!one', 'stale');
    await expect(committer.commit(one)).rejects.toMatchObject({ name: 'LeaseLost', why: 'taken' });
    expect(one.refusals).toEqual([]);
  });
});

describe('a lease', () => {
  it('is renewed every 20 s while it is idle', async () => {
    await clock.advance(65_000);
    expect(store.batches.map((batch) => batch.length)).toEqual([1, 1, 1]);
    expect(committer.signal.aborted).toBe(false);
    expect((await head()).seq).toBe(3);
  });

  it('fails the next commit and everything that waits once another run took it', async () => {
    clock.advance(0);
    const found = await store.table('mail').get(partition, shardRowKey);
    if (found === undefined) throw new Error('no shard');
    await store.table('mail').replace({ ...found, values: { ...found.values, owner: 'other', epoch: 2n } }, found.etag);
    const one = unit('one');
    one.set('b!one', 'stale');
    await expect(committer.commit(one)).rejects.toMatchObject({ name: 'LeaseLost', why: 'taken' });
    expect(committer.signal.aborted).toBe(true);
    expect(await textOf('b!one')).toBeUndefined();
    await expect(committer.commit(one)).rejects.toBeInstanceOf(LeaseLost);
    await expect(committer.ensure(1)).rejects.toBeInstanceOf(LeaseLost);
    await committer.release();
    expect((await head()).owner).toBe('other');
  });

  it('ends on time while the store is silent', async () => {
    store.disturb = () => new Promise(() => {});
    const one = unit('one');
    one.set('b!one', 'x');
    const done = expect(committer.commit(one)).rejects.toMatchObject({ why: 'expired' });
    await clock.advance(59_999);
    expect(committer.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(committer.signal.aborted).toBe(true);
    await done;
  });

  it('is made long enough for a request that takes a while', async () => {
    await clock.advance(19_000);
    expect(committer.remainingMs()).toBe(41_000);
    await committer.ensure(50_000);
    expect(committer.remainingMs()).toBe(60_000);
  });

  it('is not long enough for anything while it is being given back', async () => {
    store.disturb = ({ attempt }) => (attempt === 1 ? 'unheard' : undefined);
    const released = committer.release();
    const ensured = committer.ensure(1).then(
      () => 'begins',
      (error: unknown) => error,
    );
    await clock.advance(1000);
    await released;
    expect(await ensured).toMatchObject({ name: 'LeaseLost', why: 'released' });
  });

  it('is given back with the last rows, in one batch', async () => {
    const one = unit('one');
    one.set('b!one', 'last');
    committer.include(one);
    await committer.release();
    expect(store.batches).toHaveLength(1);
    expect(await head()).toMatchObject({ owner: '', starts: 0, epoch: 1 });
    expect(await textOf('b!one')).toBe('last');
    const next = await acquire();
    expect(next).toMatchObject({ epoch: 2, previousEpoch: 1 });
  });

  it('is given back with the last of several batches', async () => {
    const units = Array.from({ length: 5 }, (_, n) => unit(`u${n}`));
    for (const each of units) {
      for (let n = 0; n < 30; n++) each.set(`o!${each.id}!${n}`, 'x');
      committer.include(each);
    }
    await committer.release();
    expect(store.batches.map((batch) => batch.length - 1)).toEqual([90, 60]);
    expect(await head()).toMatchObject({ owner: '', seq: 2 });
  });

  it('is given back although the answer to that is lost', async () => {
    store.disturb = ({ attempt }) => (attempt === 1 ? 'unheard' : undefined);
    const done = committer.release();
    await clock.advance(1000);
    await done;
    expect(await head()).toMatchObject({ owner: '' });
    expect(committer.signal.reason).toMatchObject({ why: 'released' });
  });

  it('ends by the time of the server: written no earlier than that can be, judged no later, whatever clock we have', async () => {
    const hour = 3_600_000;
    const time = { whenWriting: () => clock.now() + hour + 2000, whenJudging: () => clock.now() + hour };
    Object.assign(store, { time });
    await committer.release();
    lease = (await acquire()) ?? lease;
    const until = async () => (await head()).until.getTime() - clock.now();
    expect(await until()).toBe(hour + 62_000);
    committer = createCommitter({ store, clock }, lease);
    await clock.advance(20_000);
    expect(await until()).toBe(hour + 62_000);
    expect(committer.remainingMs()).toBe(60_000);
    store.disturb = () => 'lost';
    await clock.advance(71_999);
    store.disturb = () => undefined;
    expect(await acquire()).toBeUndefined();
    await clock.advance(1);
    expect(await acquire()).toMatchObject({ epoch: 3 });
  });

  it('held by another is left alone until ten seconds after its end', async () => {
    store.disturb = () => 'lost';
    await clock.advance(69_000);
    store.disturb = () => undefined;
    expect(await acquire()).toBeUndefined();
    await clock.advance(1000);
    expect(await acquire()).toMatchObject({ epoch: 2, head: { starts: 2 } });
  });

  it('is taken by one of two who try at once', async () => {
    await committer.release();
    const both = await Promise.all([acquire(), acquire()]);
    expect(both.filter((taken) => taken !== undefined)).toHaveLength(1);
  });

  it('is recognised as ours by its owner if the answer to its acquire was lost', async () => {
    await committer.release();
    store.disturb = ({ attempt }) => (attempt === 1 ? 'unheard' : undefined);
    const began = clock.monotonic();
    const taking = acquire();
    await clock.advance(1000);
    // It counts from its first sending, as the row does.
    expect(await taking).toMatchObject({ epoch: 2, sentAt: began });
    expect((await head()).until.getTime()).toBe(clock.now() - 1000 + 60_000);
  });

  it('is not ours if another run took it while the store did not answer', async () => {
    await committer.release();
    store.disturb = ({ attempt }) => (attempt === 1 ? 'lost' : undefined);
    const taking = acquire();
    await settled();
    store.disturb = () => undefined;
    expect(await acquire()).toMatchObject({ epoch: 2 });
    await clock.advance(1000);
    expect(await taking).toBeUndefined();
  });
});

describe('rows that the table does not take', () => {
  const rejected = (text: string) => (write: { operations: readonly BatchOperation[] }) =>
    write.operations.some((operation) => operation.kind === 'upsert' && operation.row.values.text === text)
      ? new StoreError('refused', { index: 2 })
      : undefined;

  it('fail their own mailbox, and no other', async () => {
    store.disturb = rejected('bad');
    const units = ['a', 'b', 'c'].map(unit);
    const [a, b, c] = units;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three units');
    a.set('b!a', 'good');
    b.set('b!b', 'bad');
    c.set('b!c', 'good');
    const results = await Promise.allSettled(units.map((each) => committer.commit(each)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(b.refusals).toHaveLength(1);
    expect([a.refusals, c.refusals]).toEqual([[], []]);
    expect(await textOf('b!c')).toBe('good');
    // Memory and table have parted for it: nothing of it is written any more.
    b.set('b!b', 'later');
    await expect(committer.commit(b)).rejects.toMatchObject({ kind: 'refused' });
    await committer.release();
    expect(await textOf('b!b')).toBeUndefined();
    expect(await head()).toMatchObject({ owner: '' });
  });

  it('rows that cannot be encoded fail their own mailbox and no other', async () => {
    const [good, bad] = [unit('good'), unit('bad')];
    good.set('b!good', 'x');
    bad.pending = () => {
      throw new RangeError('more than 64 in acked');
    };
    const results = await Promise.allSettled([committer.commit(bad), committer.commit(good)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(bad.refusals.map(({ kind, cause }) => [kind, cause])).toEqual([
      ['refused', new RangeError('more than 64 in acked')],
    ]);
    expect(await textOf('b!good')).toBe('x');
    await committer.release();
    expect(await head()).toMatchObject({ owner: '' });
  });

  it('refuse what was asked for meanwhile, and nothing of it is sent', async () => {
    let answer = () => {};
    store.disturb = () =>
      new Promise((resolve) => {
        answer = () => resolve(new StoreError('refused'));
      });
    const one = unit('one');
    one.set('b!one', 'bad');
    const first = expect(committer.commit(one)).rejects.toMatchObject({ kind: 'refused' });
    await settled();
    one.set('b!one', 'later');
    const later = expect(committer.commit(one)).rejects.toMatchObject({ kind: 'refused' });
    store.disturb = () => undefined;
    answer();
    await Promise.all([first, later]);
    await committer.renew();
    expect(await textOf('b!one')).toBeUndefined();
    expect(one.refusals).toHaveLength(1);
  });

  it('are refused without a request if they exceed a batch', async () => {
    let most = 0;
    store.disturb = ({ operations }) => {
      most = Math.max(most, operations.length);
      return undefined;
    };
    const big = unit('big');
    for (let n = 0; n < 100; n++) big.set(`o!big!${n}`, 'x');
    const small = unit('small');
    small.set('b!small', 'x');
    const results = await Promise.allSettled([committer.commit(small), committer.commit(big)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await textOf('b!small')).toBe('x');
    expect(most).toBeLessThanOrEqual(batchLimits.operations);
  });

  it('do not keep the lease when they are part of the release', async () => {
    store.disturb = rejected('bad');
    const units = ['a', 'b'].map(unit);
    units[0]?.set('b!a', 'bad');
    units[1]?.set('b!b', 'good');
    for (const each of units) committer.include(each);
    await committer.release();
    expect(await head()).toMatchObject({ owner: '' });
    expect(await textOf('b!b')).toBe('good');
    expect(units[0]?.refusals).toHaveLength(1);
  });
});
