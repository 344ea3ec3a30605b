import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../src/lib/domain/system.ts';
import { BrokerError } from '../src/lib/errors.ts';
import { decodeShard } from '../src/lib/store/rows/shard-row.ts';
import { type EngineWorld, engineWorld } from './support/engine-world.ts';
import { accepted, down, refused, subjectOf } from './support/memory-receiver.ts';
import { memoryStore } from './support/memory-store.ts';

let world: EngineWorld;
beforeEach(() => {
  world = engineWorld(memoryStore(systemClock));
});

const ada = 'ada@contoso.example';
const bea = 'bea@contoso.example';
const inbox = (address: string) => world.mail.mailbox(address).folder('INBOX');
const minute = 60_000;

/** The lines that runs ended with, oldest first. */
const lines = () => world.logged.filter(({ event }) => event === 'shard.finished').map(({ fields }) => fields ?? {});

describe('the line of a run', () => {
  it('says that a run without mail was made, and in which states the mailboxes stand', async () => {
    await world.connectMailbox(ada);
    await world.connectMailbox(bea);
    await world.poll();
    expect(lines()).toEqual([
      expect.objectContaining({ polled: 2, failed: 0, active: 2, degraded: 0, delivered: 0, held: 0 }),
    ]);
  });

  it('counts what was delivered, and how long after its arrival', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    inbox(ada).add('one');
    inbox(ada).add('two');
    await world.poll();
    const line = lines().at(-1);
    expect(line).toMatchObject({ delivered: 2, timely: 2, retried: 0, dead: 0 });
    // A tick went by between arrival and poll.
    expect(line?.longestLagSeconds).toBeGreaterThanOrEqual(60);
    expect(line?.lagSeconds).toBeGreaterThanOrEqual(120);
    expect(line?.lagSeconds).toBeLessThan(240);
  });

  it('counts a mailbox that cannot be read, under its state', async () => {
    await world.connectMailbox(ada);
    await world.connectMailbox(bea);
    const token = async ({ address }: { readonly address: string }) => {
      if (address === bea) throw new BrokerError('reconnect_required');
      return 'token';
    };
    await world.poll({ token });
    expect(lines()).toEqual([
      expect.objectContaining({ polled: 2, failed: 1, active: 1, reconnectRequired: 1, throttled: 0 }),
    ]);
  });

  it('counts a mail that was refused as tried again, with its delay once it is taken', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = (event) => (subjectOf(event) === 'bad' ? refused : accepted);
    inbox(ada).add('bad');
    await world.polls(12);
    const before = lines();
    expect(before.reduce((sum, line) => sum + Number(line.delivered), 0)).toBe(0);
    expect(before.reduce((sum, line) => sum + Number(line.retried), 0)).toBeGreaterThan(0);
    world.receiver.answer = () => accepted;
    world.time.pass(60 * minute);
    await world.poll();
    const line = lines().at(-1);
    expect(line).toMatchObject({ delivered: 1, timely: 1, retried: 1, dead: 0 });
    expect(line?.longestLagSeconds).toBeGreaterThan(3600);
  });

  it('counts a destination that took nothing as held', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    world.receiver.answer = () => down;
    inbox(ada).add('one');
    await world.poll();
    expect(lines().at(-1)).toMatchObject({ polled: 1, failed: 0, delivered: 0, held: 1 });
  });

  it('leaves a removed mailbox out', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.connectMailbox(bea);
    await world.registry.remove(mailbox.id);
    await world.poll();
    expect(lines().at(-1)).toMatchObject({ polled: 1, active: 1 });
  });

  it('leaves the counts of each hour in the row of the shard, for a day', async () => {
    const hours = async () => {
      const row = await world.store.table('mail').get('s0001', '!');
      if (row === undefined) throw new Error('The shard has no row.');
      return decodeShard(row).hours.map(({ delivered, failed, dead }) => [delivered, failed, dead]);
    };
    await world.connectMailbox(ada);
    await world.poll();
    inbox(ada).add('one');
    inbox(ada).add('two');
    await world.poll();
    expect(await hours()).toEqual([[2, 0, 0]]);
    world.time.pass(60 * minute);
    inbox(ada).add('three');
    await world.poll();
    expect(await hours()).toEqual([
      [2, 0, 0],
      [1, 0, 0],
    ]);
    world.time.pass(24 * 60 * minute);
    await world.poll();
    expect(await hours()).toEqual([]);
  });
});
