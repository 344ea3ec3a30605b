import { z } from 'zod';
import { systemClock } from '../../src/lib/domain/system.ts';
import { overlookedChore } from '../../src/lib/housekeeping/overlooked-chore.ts';
import { sweep } from '../../src/lib/housekeeping/sweep.ts';
import { createSubmissionRows } from '../../src/lib/store/submissions/submissions.ts';
import { dueLanes } from '../../src/lib/submissions/due-lanes.ts';
import type { DestinationFacts } from '../../src/lib/sync/state/types.ts';
import { engineWorld } from '../../test/support/engine-world.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import { countingStore, type StoreCounts } from './counting-store.ts';

// Runs the engine itself over tables in memory that count, each run as in a process that has not had the shard before:
// where there are many instances, the one that had it last is rarely the next.

const counts = z.strictObject({ transactions: z.number(), mostAtOnce: z.number(), units: z.number() });

/** What the engine asks of the tables; `npm run scale` keeps it in bench/scale-counts.json. */
export const scaleCountsForm = z.strictObject({
  mailboxes: z.number(),
  folders: z.number(),
  /** A run over a full shard in which nothing has happened. */
  idle: counts,
  /** The same with one message in one mailbox, and with one in each of ten: what they ask for besides, together. */
  one: counts,
  ten: counts,
  /** A burst in one mailbox, besides: for each message, at the order that the type of its destination has. */
  burst: z.strictObject({ messages: z.number(), window: counts, strict: counts }),
  /** For all shards together, with so many of them. */
  dispatch: z.strictObject({ shards: z.number(), directory: counts, lanes: counts }),
  /** The chore that comes every five minutes, and the one that comes every hour. */
  overlooked: counts,
  sweep: counts,
});

export type ScaleCounts = z.infer<typeof scaleCountsForm>;

const mailboxes = 64;
const folders = ['INBOX', 'Sent Items'];
const inBurst = 400;
const shards = 3;

const less = (one: StoreCounts, other: StoreCounts): StoreCounts => ({
  transactions: one.transactions - other.transactions,
  mostAtOnce: one.mostAtOnce,
  units: one.units - other.units,
});

const each = ({ transactions, mostAtOnce, units }: StoreCounts, messages: number): StoreCounts => ({
  transactions: Number((transactions / messages).toFixed(2)),
  mostAtOnce,
  units: Number((units / messages).toFixed(2)),
});

const factsOf = (order: 'strict' | 'window'): DestinationFacts => ({
  order: async () => order,
  lastAccepted: async () => undefined,
  died: async () => {},
  headsMoved: async () => 0,
  headMoved: async () => {},
});

function newWorld() {
  const counting = countingStore(memoryStore(systemClock));
  return { counting, world: engineWorld(counting.store) };
}

async function countRuns(): Promise<Omit<ScaleCounts, 'dispatch' | 'overlooked' | 'sweep'>> {
  const { counting, world } = newWorld();
  const addresses = Array.from({ length: mailboxes }, (_, number) => `q${number}@contoso.example`);
  for (const address of addresses) await world.connectMailbox(address, folders);
  const inbox = (number: number) => world.mail.mailbox(addresses[number] ?? '').folder('INBOX');
  // What the connecting left to do is done.
  await world.polls(3);

  const run = async (order?: 'strict' | 'window'): Promise<StoreCounts> => {
    world.time.pass(60_000);
    const wakeUp = world.wakeUp(1);
    counting.take();
    const one = world.runner(order === undefined ? {} : { destinations: factsOf(order) });
    for (let next = await one.run(wakeUp); next !== undefined; ) next = await one.run(next);
    return counting.take();
  };
  const idle = await run();
  inbox(0).add('alone');
  const one = less(await run(), idle);
  for (let number = 0; number < 10; number++) inbox(number).add('one of ten');
  const ten = less(await run(), idle);
  const burst = async (order: 'strict' | 'window') => {
    for (let number = 0; number < inBurst; number++) inbox(20).add(`number ${number}`);
    return each(less(await run(order), idle), inBurst);
  };
  const [window, strict] = [await burst('window'), await burst('strict')];
  return {
    mailboxes,
    folders: folders.length,
    idle,
    one,
    ten,
    burst: { messages: inBurst, window, strict },
  };
}

/** What is asked for all shards together: by the timer of the wake-ups, and by housekeeping. */
async function countOfAllShards(): Promise<Pick<ScaleCounts, 'dispatch' | 'overlooked' | 'sweep'>> {
  const { counting, world } = newWorld();
  for (let number = 0; number < shards * mailboxes; number++) {
    await world.connectMailbox(`q${number}@contoso.example`, folders);
  }
  await world.polls(2);
  const { store, directory, grants, index, log, dispatcher } = world;
  const { clock } = world.time;
  counting.take();
  const wakeUps = await dispatcher.wakeUps();
  const directoryCounts = counting.take();
  const rows = createSubmissionRows({ store });
  const mailbox = async () => undefined;
  await dueLanes(
    { rows, mailbox, log },
    wakeUps.map(({ shard }) => shard),
    new Date(clock.now()),
  );
  const lanes = counting.take();
  const runner = { run: async () => undefined };
  await overlookedChore({ store, log, directory, runner, intervalSeconds: 60 }).run();
  const overlooked = counting.take();
  await sweep({ store, clock, log, index, directory, grants });
  return {
    dispatch: { shards: wakeUps.length, directory: directoryCounts, lanes },
    overlooked,
    sweep: counting.take(),
  };
}

/** Counts everything again; takes a few seconds. */
export async function countScale(): Promise<ScaleCounts> {
  return { ...(await countRuns()), ...(await countOfAllShards()) };
}
