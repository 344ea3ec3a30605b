import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../local/azurite.ts';
import { type EngineWorld, engineWorld } from './support/engine-world.ts';
import { accepted, down, refused } from './support/memory-receiver.ts';
import { emptyTables, storeAt } from './support/tables.ts';

let azurite: Azurite;
let world: EngineWorld;

beforeAll(async () => {
  azurite = await startAzurite();
});

afterAll(async () => {
  await azurite.stop();
});

beforeEach(async () => {
  const store = storeAt(azurite);
  await emptyTables(store);
  world = engineWorld(store);
});

const ada = 'ada@contoso.example';
const inbox = (address = ada) => world.mail.mailbox(address).folder('INBOX');

describe('a poll', () => {
  it('delivers new mail once, in order, and none that was there before', async () => {
    inbox().add('old');
    await world.connectMailbox(ada);
    inbox().add('one');
    inbox().add('two');
    await world.poll();
    inbox().add('three');
    await world.poll();
    await world.poll();
    expect(world.receiver.subjects()).toEqual(['one', 'two', 'three']);
    expect(world.receiver.ofType('mailbox.connected')).toHaveLength(1);
    expect(world.mail.openSessions()).toBe(0);
  });
});
