import { describe, expect, it } from 'vitest';
import { overlookedChore } from '../src/lib/housekeeping/overlooked-chore.ts';
import { type EngineWorld, engineWorld, intervalSeconds } from './support/engine-world.ts';
import { onMemoryTables } from './support/suite-tables.ts';

let world: EngineWorld;

onMemoryTables((store) => {
  world = engineWorld(store);
});

const ada = 'ada@contoso.example';
const inbox = () => world.mail.mailbox(ada).folder('INBOX');
const chore = () =>
  overlookedChore({
    store: world.store,
    log: world.log,
    directory: world.directory,
    runner: world.runner(),
    intervalSeconds,
  });

describe('a shard whose wake-ups are lost', () => {
  it('is worked on after three ticks, without the queue', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    inbox().add('one');
    world.time.pass(120_000);
    expect(await chore().run()).toBeUndefined();
    expect(world.receiver.subjects()).toEqual([]);
    world.time.pass(120_000);
    expect(await chore().run()).toEqual({ shards: 1 });
    expect(world.receiver.subjects()).toEqual(['one']);
    expect(await chore().run()).toBeUndefined();
  });

  it('is worked on although it never was before', async () => {
    await world.connectMailbox(ada);
    inbox().add('one');
    await world.store.table('directory').list('dir');
    expect(await chore().run()).toEqual({ shards: 1 });
    expect(world.receiver.subjects()).toEqual(['one']);
  });

  it('is left to the run that has it', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    inbox().add('one');
    let held = () => {};
    const waiting = new Promise<void>((resolve) => {
      held = resolve;
    });
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const deliverer = {
      deliver: async (...args: Parameters<typeof world.receiver.deliver>) => {
        held();
        await opened;
        return world.receiver.deliver(...args);
      },
    };
    world.time.pass(60_000);
    const run = world.runner({ deliverer }).run(world.wakeUp(1));
    await waiting;
    expect(await chore().run()).toBeUndefined();
    open();
    await run;
    expect(world.receiver.subjects()).toEqual(['one']);
  });
});
