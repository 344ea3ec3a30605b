import { describe, expect, it } from 'vitest';
import { type EngineWorld, engineWorld } from '../../../../test/support/engine-world.ts';
import { accepted, down } from '../../../../test/support/memory-receiver.ts';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';
import type { DestinationFacts } from '../state/types.ts';

let world: EngineWorld;

onMemoryTables((store) => {
  world = engineWorld(store);
});

const ada = 'ada@contoso.example';
const folder = (path: string) => world.mail.mailbox(ada).folder(path);
const counts = () =>
  world.receiver.ofType('folder.counts').map(({ data }) => [data.folder.path, data.messages, data.unseen]);
const facts = (wants: boolean): DestinationFacts => ({
  order: async () => 'strict',
  lastAccepted: async () => undefined,
  died: async () => {},
  headsMoved: async () => 0,
  headMoved: async () => {},
  wantsCounts: async () => wants,
});
const poll = (times = 1) => world.polls(times, { destinations: facts(true) });

describe('the counts of a folder', () => {
  it('are told when they change, once a look, and not while they stay', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await poll();
    expect(counts()).toEqual([]);
    const [uid = 0] = [folder('INBOX').add('one'), folder('INBOX').add('two')];
    await poll(3);
    expect(counts()).toEqual([['INBOX', 2, 2]]);
    folder('INBOX').mark(uid, { seen: true });
    await poll(2);
    folder('INBOX').move(uid, folder('Archive'));
    await poll(3);
    expect(counts()).toEqual([
      ['INBOX', 2, 2],
      ['INBOX', 2, 1],
      ['INBOX', 1, 1],
      ['Archive', 1, 0],
    ]);
    const ids = world.receiver.ofType('folder.counts').map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    expect(world.receiver.ofType('folder.counts')[0]?.data).toMatchObject({
      ...{ mailbox: { address: ada }, folder: { path: 'INBOX', role: 'inbox' } },
    });
  });

  it('wait in one event a folder while the receiver takes nothing, and that one is the newest', async () => {
    await world.connectMailbox(ada, ['INBOX', 'Archive']);
    await poll();
    world.receiver.answer = (event) => (event.type === 'folder.counts' ? down : accepted);
    for (const n of [1, 2, 3]) {
      folder('INBOX').add(`mail ${n}`);
      folder('Archive').add(`old ${n}`);
      await poll();
    }
    world.receiver.answer = () => accepted;
    await poll(2);
    const taken = world.receiver.arrivals
      .filter(({ event, outcome }) => event.type === 'folder.counts' && outcome === 'accepted')
      .map(({ event }) => event.data);
    expect(taken).toMatchObject([
      { folder: { path: 'INBOX' }, messages: 3 },
      { folder: { path: 'Archive' }, messages: 3 },
    ]);
  });

  it('are not told to a destination that does not ask for them', async () => {
    await world.connectMailbox(ada);
    await world.poll();
    folder('INBOX').add('one');
    await world.polls(2, { destinations: facts(false) });
    folder('INBOX').add('two');
    await world.polls(2);
    expect(world.receiver.subjects()).toEqual(['one', 'two']);
    expect(counts()).toEqual([]);
  });
});
