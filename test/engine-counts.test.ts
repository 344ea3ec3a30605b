import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../src/lib/domain/system.ts';
import { BrokerError } from '../src/lib/errors.ts';
import { readPollFacts } from '../src/lib/store/mailboxes/poll-facts.ts';
import { decodeCursor } from '../src/lib/store/rows/cursor-row.ts';
import type { MailboxRow } from '../src/lib/store/rows/rows.ts';
import { decodeShard } from '../src/lib/store/rows/shard-row.ts';
import type { BatchOperation, Row } from '../src/lib/store/table/table.ts';
import { type EngineWorld, engineWorld } from './support/engine-world.ts';
import { accepted, down, refused, subjectOf } from './support/memory-receiver.ts';
import { type MemoryStore, memoryStore } from './support/memory-store.ts';
import { asStored } from './support/rows.ts';

let memory: MemoryStore;
let world: EngineWorld;
beforeEach(() => {
  memory = memoryStore(systemClock);
  world = engineWorld(memory);
});

const ada = 'ada@contoso.example';
const bea = 'bea@contoso.example';
const inbox = (address: string) => world.mail.mailbox(address).folder('INBOX');
const minute = 60_000;

/** The batches that some work makes. */
async function batchesOf(work: () => Promise<void>): Promise<readonly (readonly BatchOperation[])[]> {
  const before = memory.batches.length;
  await work();
  return memory.batches.slice(before);
}

/** The row `!` of a batch, which stands first in every commit. */
function headOf([first]: readonly BatchOperation[]): Row {
  if (first?.kind !== 'replace' || first.row.rowKey !== '!') throw new Error('A batch without its fence.');
  return first.row;
}

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

  it('writes the counts of an hour with the release of the shard, and no row or batch for them', async () => {
    await world.connectMailbox(ada);
    await world.connectMailbox(bea);
    const token = async ({ address }: { readonly address: string }) => {
      if (address === bea) throw new BrokerError('imap_unreachable');
      return 'token';
    };
    await world.polls(3);
    const idle = await batchesOf(() => world.poll());
    inbox(ada).add('one');
    const busy = [...(await batchesOf(() => world.poll({ token }))), ...(await batchesOf(() => world.poll({ token })))];
    const heads = busy.map((batch) => decodeShard(asStored(headOf(batch))));
    const sums = heads.map(({ hours }) => hours.reduce((sum, { delivered, failed }) => sum + delivered + failed, 0));
    const changing = heads.filter((_, index) => index > 0 && sums[index] !== sums[index - 1]);
    expect(changing.length).toBeGreaterThan(0);
    for (const { owner } of changing) expect(owner).toBe('');
    // A run without work takes the lease and gives it back.
    expect(idle).toHaveLength(2);
    const kinds = busy.flat().map((one) => (one.kind === 'delete' ? one.rowKey : one.row.rowKey).slice(0, 2));
    expect(new Set(kinds)).toEqual(new Set(['!', 'b!', 'c!']));
  });
});

describe('the lag of a mailbox', () => {
  const factsOf = async (mailbox: MailboxRow) => (await readPollFacts(world.store, [mailbox])).get(mailbox.id);

  it('is how long after its arrival the last mail was delivered, and how many mails wait', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    expect(await factsOf(mailbox)).toMatchObject({ lagSeconds: undefined, behind: 0 });
    inbox(ada).add('one');
    await world.poll();
    const facts = await factsOf(mailbox);
    // A tick went by between arrival and poll.
    expect(facts?.lagSeconds).toBeGreaterThanOrEqual(60);
    expect(facts?.lagSeconds).toBeLessThan(120);
    expect(facts?.behind).toBe(0);
    world.receiver.answer = () => down;
    inbox(ada).add('two');
    inbox(ada).add('three');
    await world.poll();
    expect((await factsOf(mailbox))?.behind).toBe(2);
    world.receiver.answer = () => accepted;
    await world.polls(2);
    expect((await factsOf(mailbox))?.behind).toBe(0);
  });
});

describe('the time of the last delivery', () => {
  const lastDelivery = async (mailbox: MailboxRow) =>
    (await readPollFacts(world.store, [mailbox])).get(mailbox.id)?.lastDelivery;

  it('is that of the last mail that the destination accepted, not of one that it refused', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    expect(await lastDelivery(mailbox)).toBeUndefined();
    inbox(ada).add('one');
    await world.poll();
    const first = await lastDelivery(mailbox);
    expect(first?.getTime()).toBeLessThanOrEqual(world.now().getTime());
    world.receiver.answer = () => refused;
    inbox(ada).add('two');
    await world.polls(2);
    expect(await lastDelivery(mailbox)).toEqual(first);
    world.receiver.answer = () => accepted;
    world.time.pass(60 * minute);
    await world.poll();
    expect(world.receiver.subjects()).toContain('two');
    // The refused one was delivered by the retry queue, an hour later.
    expect((await lastDelivery(mailbox))?.getTime()).toBeGreaterThanOrEqual((first?.getTime() ?? 0) + 60 * minute);
  });

  it('is stored by the commit that settles the mail', async () => {
    const mailbox = await world.connectMailbox(ada);
    await world.poll();
    inbox(ada).add('one');
    const cursors = (await batchesOf(() => world.poll())).flatMap((batch) =>
      batch.flatMap((one) => (one.kind !== 'delete' && one.row.rowKey.startsWith('c!') ? [one.row] : [])),
    );
    const stories = cursors.map((row) => decodeCursor(asStored(row)));
    expect(stories.length).toBeGreaterThan(0);
    for (const { deliveredAt, fresh } of stories) {
      expect(deliveredAt !== undefined).toBe(fresh.some((entry) => entry.accepted));
    }
    expect(await lastDelivery(mailbox)).toEqual(stories.at(-1)?.deliveredAt);
  });
});
