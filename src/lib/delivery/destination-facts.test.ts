import { afterAll, describe, expect, it } from 'vitest';
import { memorySealer } from '../../../test/support/sealer.ts';
import { onMemoryTables } from '../../../test/support/suite-tables.ts';
import { emptyTables } from '../../../test/support/tables.ts';
import { systemClock, systemRandom } from '../domain/system.ts';
import { type DestinationConfig, type DestinationType, restingState } from '../store/destinations/destination.ts';
import { createDestinationRows } from '../store/destinations/destinations.ts';
import type { Store } from '../store/table/table.ts';
import { afterDeath, createDestinationFacts } from './destination-facts.ts';
import { gate } from './hold.ts';

let store: Store;

afterAll(async () => {});
onMemoryTables((memory) => {
  store = memory;
});

const now = Date.parse('2026-11-22T08:00:00Z');

async function world(type: DestinationType = 'webhook', paused = false) {
  const rows = createDestinationRows({ store, sealer: memorySealer().sealer });
  const at = new Date(now);
  const config: DestinationConfig = {
    id: 'dst_abcdefghijkl',
    type,
    name: 'one',
    url: 'https://nocobase.example/hook',
    rawHtml: false,
    paused,
    collections: type === 'collection' ? { messages: 'm', accounts: 'a', outbox: 'o' } : undefined,
    auth: 'none',
    signingSince: [],
    createdAt: at,
    updatedAt: at,
  };
  await rows.insert(config, { signing: [], auth: { kind: 'none' } });
  const facts = createDestinationFacts({ rows, time: store.time, clock: systemClock, random: systemRandom });
  return { rows, facts, id: config.id };
}

describe('the third death in a row', () => {
  it('holds the destination, and no refusal ends that', () => {
    const one = afterDeath(restingState, now, 0.5);
    const two = afterDeath(one, now, 0.5);
    expect([one, two]).toEqual([
      { ...restingState, deadInRow: 1 },
      { ...restingState, deadInRow: 2 },
    ]);
    const three = afterDeath(two, now, 0.5);
    expect(three).toMatchObject({ deadInRow: 3, heldSince: new Date(now), heldByDead: true });
    expect(gate(three, now)).toMatchObject({ kind: 'held' });
  });

  it('leaves a hold that has begun already as it is', () => {
    const held = {
      ...restingState,
      heldSince: new Date(now - 1000),
      reason: 'destination_busy' as const,
      deadInRow: 2,
    };
    expect(afterDeath(held, now, 0.5)).toEqual({ ...held, deadInRow: 3 });
  });
});

describe('the facts of a destination', () => {
  it.each([
    ['webhook', 'strict'],
    ['workflow', 'strict'],
    ['collection', 'window'],
  ] as const)('%s is delivered %s', async (type, order) => {
    const { facts, id } = await world(type);
    expect(await facts.order(id)).toBe(order);
  });

  it('default to strict order and note nothing for a deleted destination', async () => {
    const { facts } = await world();
    expect(await facts.order('dst_gonegonegone')).toBe('strict');
    await facts.died('dst_gonegonegone');
    await facts.headMoved('dst_gonegonegone');
    expect(await facts.headsMoved('dst_gonegonegone')).toBe(0);
  });

  it('are read once for all mailboxes that ask at the same time, and again after a failure', async () => {
    const { rows, id } = await world('collection');
    let reads = 0;
    const parts = { time: store.time, clock: systemClock, random: systemRandom };
    const facts = createDestinationFacts({
      ...parts,
      rows: {
        ...rows,
        read: async (...args) => {
          reads += 1;
          if (reads === 1) throw new Error('not read');
          return rows.read(...args);
        },
      },
    });
    const asked = () => Promise.allSettled([facts.order(id), facts.order(id), facts.wantsCounts(id)]);
    expect((await asked()).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await asked()).toEqual(['window', 'window', false].map((value) => ({ status: 'fulfilled', value })));
    await facts.order(id);
    expect(reads).toBe(2);
    expect(await facts.order('dst_gonegonegone')).toBe('strict');
    expect(await facts.order('dst_gonegonegone')).toBe('strict');
    expect(reads).toBe(4);
  });

  it('tell whether nothing goes to it just now: held, or paused', async () => {
    const { rows, facts, id } = await world();
    expect(await facts.isHeld(id)).toBe(false);
    const { state, etag } = await rows.readState(id);
    if (etag === undefined) throw new Error('no state');
    const held = { ...state, heldSince: new Date(now), reason: 'destination_busy' as const };
    const later = await rows.writeState(id, { ...held, nextProbe: new Date(Date.now() + 3_600_000) }, etag);
    expect(await facts.isHeld(id)).toBe(true);
    // Something has to be its probe when that is due.
    await rows.writeState(id, { ...held, nextProbe: new Date(Date.now() - 3_600_000) }, later);
    expect(await facts.isHeld(id)).toBe(false);
    await emptyTables(store);
    const paused = await world('webhook', true);
    expect(await paused.facts.isHeld(paused.id)).toBe(true);
    expect(await paused.facts.isHeld('dst_gonegonegone')).toBe(false);
  });

  it('are counted right by many at once', async () => {
    const { rows, facts, id } = await world();
    await Promise.all([1, 2, 3].map(() => facts.headMoved(id)));
    expect(await facts.headsMoved(id)).toBe(3);
    await Promise.all([1, 2, 3].map(() => facts.died(id)));
    const { state } = await rows.readState(id);
    expect(state).toMatchObject({ deadInRow: 3, heldByDead: true });
    // The hold is a new one: it has moved no head yet.
    expect(state.headsMoved).toBe(0);
  });
});

it('stops noting after a bounded number of conflicts with other writers', async () => {
  const { rows, facts, id } = await world();
  let writes = 0;
  const crowded = {
    ...rows,
    writeState: async (...args: Parameters<typeof rows.writeState>) => {
      writes += 1;
      // Someone else was faster, each time.
      await rows.writeState(...args);
      return rows.writeState(...args);
    },
  };
  const parts = { time: store.time, clock: systemClock, random: systemRandom };
  await expect(createDestinationFacts({ rows: crowded, ...parts }).died(id)).rejects.toMatchObject({
    code: 'conflict',
  });
  expect(writes).toBeLessThan(20);
  await facts.died(id);
});
