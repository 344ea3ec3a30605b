import { beforeEach, describe, expect, it } from 'vitest';
import { notificationsCheck } from '../src/lib/doctor/checks/notifications.ts';
import type { Finding } from '../src/lib/doctor/checks/types.ts';
import { systemClock } from '../src/lib/domain/system.ts';
import type { MailboxRow } from '../src/lib/store/rows/rows.ts';
import { createServerTime } from '../src/lib/store/table/server-time.ts';
import type { Store } from '../src/lib/store/table/table.ts';
import type { ShardRunner, ShardRunnerDeps } from '../src/lib/sync/state/types.ts';
import type { BellWakeUp } from '../src/lib/sync/state/wake-up.ts';
import { type EngineWorld, engineWorld } from './support/engine-world.ts';
import { accepted, down, subjectOf } from './support/memory-receiver.ts';
import { memoryStore } from './support/memory-store.ts';

let world: EngineWorld;
let one: MailboxRow;
let two: MailboxRow;

const ada = 'ada@contoso.example';
const bea = 'bea@contoso.example';
const inbox = (address = ada) => world.mail.mailbox(address).folder('INBOX');
const minute = 60_000;
const hasBell = async () => true;

const bell = (mailbox: MailboxRow, tries = 0): BellWakeUp => ({ v: 1, kind: 'bell', mailbox: mailbox.id, tries });
const runner = (more: Partial<ShardRunnerDeps> = {}): ShardRunner => world.runner({ hasBell, ...more });
const looks = () => world.mail.commands.filter((command) => command.startsWith('status')).length;
const events = (event: string) => world.logged.filter((line) => line.event === event);

beforeEach(async () => {
  world = engineWorld(memoryStore(systemClock));
  one = await world.connectMailbox(ada);
  two = await world.connectMailbox(bea);
  await world.poll({ hasBell });
});

it('has its mailbox polled at once, and no other', async () => {
  inbox(ada).add('rung');
  inbox(bea).add('not rung');
  expect(await runner().ring(bell(one))).toEqual({});
  expect(world.receiver.subjects()).toEqual(['rung']);
});

it('is the first thing that a new process hears of, which does not know the time of the store yet', async () => {
  const { store } = world;
  const time = createServerTime(world.time.clock);
  const table: Store['table'] = (name) => {
    const real = store.table(name);
    const list: typeof real.list = async (...args) => {
      const rows = await real.list(...args);
      const now = world.time.clock.monotonic();
      time.sample({ dateMs: store.time.whenJudging(), sentMs: now, receivedMs: now });
      return rows;
    };
    return { ...real, list };
  };
  inbox(ada).add('rung');
  expect(await runner({ store: { time, table } }).ring(bell(one))).toEqual({});
  expect(world.receiver.subjects()).toEqual(['rung']);
});

it('leaves the tick of the shard alone, whose own wake-up still counts', async () => {
  world.time.pass(minute);
  const tick = world.wakeUp(1);
  const before = (await world.shard(one)).tick;
  inbox(ada).add('rung');
  inbox(bea).add('found');
  // Others are due already: that is done by a continuation, should the wake-up have met the lease of this run.
  expect(await runner().ring(bell(one))).toMatchObject({ next: { why: 'continue', tick: tick.tick } });
  expect((await world.shard(one)).tick).toBe(before);
  await runner().run(tick);
  expect(world.receiver.subjects()).toEqual(['rung', 'found']);
});

it('rings in vain for a mailbox that is paused, removed or unknown', async () => {
  await world.registry.patch(one.id, { paused: true });
  inbox(ada).add('later');
  await runner().ring(bell(one));
  await runner().ring({ ...bell(one), mailbox: 'mbx_0001_noSuchMailbox000' });
  await runner().ring({ ...bell(one), mailbox: 'mbx_0099_noSuchMailbox000' });
  expect(world.receiver.subjects()).toEqual([]);
});

it('does not beat the wait after a failure', async () => {
  world.mail.fault = { code: 'imap_unreachable', login: ada };
  await world.poll({ hasBell });
  world.mail.fault = undefined;
  inbox(ada).add('waits');
  await runner().ring(bell(one));
  expect(world.receiver.subjects()).toEqual([]);
});

it('polls a mailbox in the next three ticks if the bell is ahead of the mail', async () => {
  await runner().ring(bell(one));
  expect((await world.shard(one)).sched[one.slot]).toMatchObject({ eager: 3 });
  await world.polls(2, { hasBell });
  inbox(ada).add('at last');
  await world.poll({ hasBell });
  expect(world.receiver.subjects()).toEqual(['at last']);
  expect((await world.state(one))?.bell?.hears).toBe('rings');
});

describe('a bell that meets a run', () => {
  /** A run of the shard that stands still at the delivery of a mail until it is let go. */
  async function runUnderWay(process: ShardRunner) {
    const reached = Promise.withResolvers<void>();
    const letGo = Promise.withResolvers<void>();
    world.receiver.answer = async (event) => {
      if (subjectOf(event) !== 'slow') return accepted;
      reached.resolve();
      await letGo.promise;
      return accepted;
    };
    inbox(bea).add('slow');
    world.time.pass(minute);
    const done = process.run(world.wakeUp(1));
    await reached.promise;
    return {
      async end() {
        letGo.resolve();
        await done;
      },
    };
  }

  it('a bell in its own process is taken by that run', async () => {
    const process = runner();
    const run = await runUnderWay(process);
    inbox(ada).add('rung');
    expect(await process.ring(bell(one))).toEqual({});
    while (world.receiver.subjects().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(world.receiver.subjects()).toEqual(['rung']);
    await run.end();
    expect(world.receiver.subjects()).toEqual(['rung', 'slow']);
  });

  it('a bell for a mailbox under way is answered afterwards, once even if it rings several times', async () => {
    const process = runner();
    const run = await runUnderWay(process);
    const before = looks();
    inbox(bea).add('rung');
    for (let times = 0; times < 3; times++) expect(await process.ring(bell(two))).toEqual({});
    await run.end();
    expect(world.receiver.subjects()).toEqual(['slow', 'rung']);
    expect(looks() - before).toBe(1);
  });

  it('a bell in another process is put back, and dropped in the end', async () => {
    const run = await runUnderWay(runner());
    expect(await runner().ring(bell(one))).toEqual({ again: { bell: bell(one, 1), afterMs: 1000 } });
    expect(await runner().ring(bell(one, 7))).toEqual({});
    expect(events('bell.dropped')).toHaveLength(1);
    await run.end();
  });

  it('a bell that meets a run about to end goes back to the queue', async () => {
    const process = runner();
    await process.stop();
    expect(await process.ring(bell(one))).toMatchObject({ again: { afterMs: 1000 } });
  });
});

describe('a mailbox whose bell rings', () => {
  /** Rings once with its mail, and goes by without mail until the mailbox is polled every ten ticks. */
  async function settleDown(): Promise<void> {
    inbox(ada).add('announced');
    await runner().ring(bell(one));
    await world.polls(16, { hasBell });
    expect((await world.shard(one)).sched[one.slot]?.interval).toBe(10);
  }

  /** What the doctor finds where both mailboxes have a subscription. */
  async function doctorSays(): Promise<readonly Finding[]> {
    const now = () => world.now().getTime();
    const held = { folderId: 'f1', id: 's1', kid: 'k', expiresAt: new Date(now() + 86_400_000) };
    const row = { subscriptions: [held], code: '', tryAfter: new Date(0) };
    const rows = { all: async () => new Map([one, two].map(({ id }) => [id, row])) };
    const found: Finding[] = [];
    const access = { isLimited: false, mailbox: () => true, destination: () => true };
    const check = notificationsCheck({ registry: world.registry, rows, clock: { now } });
    await check.run((finding) => found.push(finding), new AbortController().signal, access);
    return found;
  }

  it('is polled every ten minutes, and is marked when mail comes that no bell announced', async () => {
    await settleDown();
    inbox(ada).add('unannounced');
    await world.polls(10, { hasBell });
    expect(world.receiver.subjects()).toEqual(['announced', 'unannounced']);
    expect((await world.state(one))?.bell?.hears).toBe('silent');
    expect(events('bell.silent')).toEqual([{ event: 'bell.silent', fields: { mailboxId: one.id } }]);
    expect(await doctorSays()).toMatchObject([
      { status: 'warn', subject: one.id, sentence: { en: expect.stringContaining('did not announce') } },
      { status: 'ok', sentence: { en: 'Microsoft announces the mail of 1 mailboxes.' } },
    ]);
    const before = world.receiver.subjects().length;
    inbox(ada).add('every tick again');
    await world.poll({ hasBell });
    expect(world.receiver.subjects().length).toBe(before + 1);
  });

  it('is not marked for mail that was moved in, or that came while no poll ran', async () => {
    await settleDown();
    inbox(ada).add({ subject: 'moved in', internalDate: new Date(world.now().getTime() - 20 * minute) });
    await world.polls(10, { hasBell });
    expect((await world.state(one))?.bell?.hears).toBe('rings');
    inbox(ada).add('during an outage');
    world.time.pass(40 * minute);
    await world.poll({ hasBell });
    expect(world.receiver.subjects()).toEqual(['announced', 'moved in', 'during an outage']);
    expect((await world.state(one))?.bell?.hears).toBe('rings');
  });

  it('has three ticks after a bell in vain, and is left to its bell again', async () => {
    await settleDown();
    await runner().ring(bell(one));
    const due: number[] = [];
    for (let tick = 1; tick <= 9; tick++) {
      const nextDue = (await world.shard(one)).sched[one.slot]?.nextDue ?? 0;
      await world.poll({ hasBell });
      if (nextDue <= (await world.shard(one)).tick) due.push(tick);
    }
    expect(due).toEqual([1, 2, 3, 5, 9]);
    expect((await world.state(one))?.bell?.hears).toBe('rings');
  });

  it.each([
    [
      'the destination is down',
      () => {
        world.receiver.answer = () => down;
      },
      () => {
        world.receiver.answer = () => accepted;
      },
    ],
    [
      'the mail server fails',
      () => {
        world.mail.fault = { code: 'imap_unreachable', login: ada };
      },
      () => {
        world.mail.fault = undefined;
      },
    ],
  ])('is not marked for mail that a bell announced while %s', async (_, breaks, heals) => {
    await settleDown();
    breaks();
    inbox(ada).add('announced, too');
    await runner().ring(bell(one));
    await world.polls(2, { hasBell });
    heals();
    await world.polls(12, { hasBell });
    expect(world.receiver.subjects()).toEqual(['announced', 'announced, too']);
    expect((await world.state(one))?.bell?.hears).toBe('rings');
    expect(events('bell.silent')).toEqual([]);
  });

  it.each([true, false])('a first bell marks the mailbox if Microsoft was asked to ring: %s', async (isAsked) => {
    inbox(ada).add('old');
    world.time.pass(minute);
    await world.poll({ hasBell: async () => isAsked });
    expect((await world.state(one))?.bell?.hears).toBe(isAsked ? 'silent' : undefined);
  });
});
