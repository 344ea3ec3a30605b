import type { Caller } from '../../src/lib/access/caller.ts';
import { systemClock } from '../../src/lib/domain/system.ts';
import type { Outbound } from '../../src/lib/outbound/outbound.ts';
import { anyCaller, connectWorld } from './connect-world.ts';
import { memoryBlobs } from './memory-blobs.ts';
import { memoryStore } from './memory-store.ts';
import { sendingParts } from './sending-parts.ts';

const nowhere: Outbound = {
  maySendTo: () => false,
  send: async () => Promise.reject(new Error('none')),
  close: async () => {},
};

/**
 * The broker as far as the doors of sending need it, over tables in memory, with one connected mailbox.
 * @param token what asking for a token for the mail server answers; there is none unless given
 */
export async function sendDoorWorld(caller: Caller = anyCaller, token?: () => Promise<string>) {
  const store = memoryStore(systemClock);
  const world = connectWorld(store);
  const blobs = memoryBlobs(world.clock);
  const wakes: number[] = [];
  const sending = sendingParts(world, nowhere, blobs, async (_, delayMs) => void wakes.push(delayMs), token);
  const person = world.person('ada@contoso.example', '11111111-2222-4333-8444-555555555555');
  await world.grants.connected({ ...person, cache: '{}' });
  const { mailbox } = await world.registry.upsert(world.inputOf(person, {}));
  const audited: string[] = [];
  const parts = {
    ...world,
    sending,
    apiKeys: { verify: async () => caller },
    audit: {
      async audited<T>({ action }: { readonly action: string }, act: () => Promise<T>): Promise<T> {
        audited.push(action);
        return act();
      },
    },
  };
  return { ...world, store, blobs, sending, mailbox, parts, audited, wakes };
}

export type SendDoorWorld = Awaited<ReturnType<typeof sendDoorWorld>>;
