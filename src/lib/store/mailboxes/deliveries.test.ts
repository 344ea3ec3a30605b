import { describe, expect, test } from 'vitest';
import { type RegistryWorld, registryWorld } from '../../../../test/support/registry-world.ts';
import { entry } from '../../../../test/support/rows.ts';
import { onMemoryTables } from '../../../../test/support/suite-tables.ts';
import { deliveryId } from '../../domain/ids.ts';
import { decodeJob } from '../rows/job-row.ts';
import { rowsOf } from '../rows/keys.ts';
import { partitionOf } from '../rows/mailbox-row.ts';
import { encodeDead, encodeRetry } from '../rows/retry-row.ts';
import type { DeadRow, MailboxRow, RetryRow } from '../rows/rows.ts';
import type { Store } from '../table/table.ts';
import { createDeliveries, type Deliveries, type DeliveryQuery } from './deliveries.ts';

let store: Store;
let world: RegistryWorld;
let deliveries: Deliveries;
onMemoryTables((memory) => {
  store = memory;
  world = registryWorld(store);
  deliveries = createDeliveries(world);
});

const dayMs = 86_400_000;
const ago = (ms: number) => new Date(world.clock.now() - ms);

function markOf(mailbox: MailboxRow, uid: number) {
  const { key, hash, day } = entry(uid, 20_000);
  return { mailboxId: mailbox.id, folderId: mailbox.folders[0]?.id ?? '', uidValidity: 7n, uid, key, hash, day };
}

async function dead(mailbox: MailboxRow, uid: number, more: Partial<DeadRow> = {}): Promise<string> {
  const row: DeadRow = {
    ...markOf(mailbox, uid),
    reason: 'destination_refused_message',
    status: 422,
    attempts: 5,
    at: ago(0),
    ...more,
  };
  await store.table('mail').insert(encodeDead(row));
  return deliveryId(mailbox.id, row.key);
}

async function retrying(mailbox: MailboxRow, uid: number, more: Partial<RetryRow> = {}): Promise<string> {
  const row: RetryRow = {
    ...markOf(mailbox, uid),
    attempts: 1,
    tries: 1,
    reason: 'destination_timeout',
    status: undefined,
    failedAt: ago(0),
    nextAt: ago(-60_000),
    missing: 0,
    variant: 'full',
    ...more,
  };
  await store.table('mail').insert(encodeRetry(row));
  return deliveryId(mailbox.id, row.key);
}

const connected = async () => (await world.connect(world.person())).mailbox;

async function everyPage(query: Omit<DeliveryQuery, 'limit'>, limit: number) {
  const pages: (readonly [string, string])[][] = [];
  let cursor: string | undefined;
  do {
    const page = await deliveries.list({ ...query, limit, cursor });
    pages.push(page.items.map(({ state, mailbox, row }) => [state, deliveryId(mailbox.id, row.key)]));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pages;
}

describe('what did not go through', () => {
  test('is listed page by page, of all mailboxes, of one, of a state, and of those that count', async () => {
    const [ada, bea] = [await connected(), await connected()];
    const ids = [
      await retrying(ada, 1),
      await retrying(ada, 2),
      await retrying(bea, 3),
      await dead(ada, 4),
      await dead(bea, 5),
    ];
    for (const limit of [1, 2, 3, 5, 50]) {
      const pages = await everyPage({}, limit);
      expect(
        pages
          .flat()
          .map(([, id]) => id)
          .toSorted(),
      ).toEqual(ids.toSorted());
      expect(pages).toHaveLength(Math.ceil(5 / limit));
      for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
    }
    expect(await everyPage({ state: 'dead', mailboxId: bea.id }, 50)).toEqual([[['dead', ids[4]]]]);
    expect((await everyPage({ mailboxId: ada.id }, 2)).flat().map(([, id]) => id)).toEqual([ids[0], ids[1], ids[3]]);
    expect((await everyPage({ state: 'retrying' }, 2)).flat()).toHaveLength(3);
    expect((await everyPage({ where: ({ id }) => id === bea.id }, 1)).flat().map(([, id]) => id)).toEqual([
      ids[2],
      ids[4],
    ]);
    expect(await everyPage({ mailboxId: 'mbx_9999_aaaaaaaaaaaaaaaa' }, 5)).toEqual([[]]);
  });

  test('is found by its id, and is unknown when it has gone through or its time is over', async () => {
    const ada = await connected();
    const kept = await dead(ada, 1, { at: ago(29 * dayMs) });
    const old = await dead(ada, 2, { at: ago(31 * dayMs) });
    expect((await deliveries.find(kept))?.row.uid).toBe(1);
    expect(await deliveries.find(old)).toBeUndefined();
    expect((await deliveries.list({ limit: 9 })).items.map(({ row }) => row.uid)).toEqual([1]);
    for (const id of ['', 'dlv_', deliveryId(ada.id, new Uint8Array(16)), ada.id]) {
      expect(await deliveries.find(id)).toBeUndefined();
    }
    await world.registry.remove(ada.id);
    expect(await deliveries.find(kept)).toBeUndefined();
    expect((await deliveries.list({ limit: 9 })).items).toEqual([]);
  });

  test('says which of it waits for a replay, and which is tried for one', async () => {
    const ada = await connected();
    const [one, two, three] = [await dead(ada, 1), await dead(ada, 2), await retrying(ada, 3, { replay: 2 })];
    const shown = async () =>
      Object.fromEntries(
        (await deliveries.list({ limit: 9 })).items.map(({ mailbox, row, replay }) => [
          deliveryId(mailbox.id, row.key),
          replay,
        ]),
      );
    expect(await shown()).toEqual({ [one]: undefined, [two]: undefined, [three]: 'trying' });
    await world.registry.replay(ada.id, { kind: 'dead', key: markOf(ada, 1).key });
    expect(await shown()).toEqual({ [one]: 'waiting', [two]: undefined, [three]: 'trying' });
    const { number } = await world.registry.replay(ada.id, { kind: 'dead' });
    expect(await shown()).toEqual({ [one]: 'waiting', [two]: 'waiting', [three]: 'trying' });
    await dead(ada, 4, { replay: number });
    expect((await deliveries.find(deliveryId(ada.id, markOf(ada, 4).key)))?.replay).toBeUndefined();
  });

  test('does without a row that cannot be read, and says so in the log', async () => {
    const ada = await connected();
    await dead(ada, 1);
    const row = encodeDead({ ...markOf(ada, 2), reason: 'internal_error', status: undefined, attempts: 0, at: ago(0) });
    await store.table('mail').insert({ ...row, values: { ...row.values, attempts: 'many' } });
    expect((await deliveries.list({ limit: 9 })).items.map((item) => item.row.uid)).toEqual([1]);
    expect(world.logged).toContain('delivery.row_broken');
  });

  test.each(['', 'AAAA', 'czAwMDE', '_-_-'])('knows no cursor but its own: %s', async (cursor) => {
    await expect(deliveries.list({ limit: 1, cursor })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('a replay', () => {
  test('is a job that the worker is asked for in the same write, once however many ask for it', async () => {
    const ada = await connected();
    const since = ago(dayMs);
    const request = { kind: 'since', since, force: true } as const;
    const asked = await Promise.all([1, 2, 3].map(() => world.registry.replay(ada.id, request)));
    expect(new Set(asked.map(({ number }) => number)).size).toBe(1);
    const rows = await store.table('mail').list(partitionOf(ada.id), rowsOf('e', ada.id));
    expect(rows.map(decodeJob)).toEqual([asked[0]]);
    expect(asked[0]).toMatchObject({ kind: 'since', since, force: true, number: ada.asked + 1 });
    expect((await world.registry.get(ada.id))?.row.asked).toBe(ada.asked + 1);
    expect(await world.registry.replay(ada.id, request)).toEqual(asked[0]);
  });

  test('has a number that never comes again, also after the job before is done', async () => {
    const ada = await connected();
    const first = await world.registry.replay(ada.id, { kind: 'dead' });
    const [row] = await store.table('mail').list(partitionOf(ada.id), rowsOf('e', ada.id));
    await store.table('mail').delete(row?.partitionKey ?? '', row?.rowKey ?? '', row?.etag ?? '');
    const second = await world.registry.replay(ada.id, { kind: 'dead' });
    expect(second.id).toBe(first.id);
    expect(second.number).toBeGreaterThan(first.number);
  });

  test('is not taken where a hundred wait, or of a mailbox that is not there', async () => {
    const ada = await connected();
    for (let n = 0; n < 100; n++) {
      await world.registry.replay(ada.id, { kind: 'dead', key: new Uint8Array(16).fill(n) });
    }
    await expect(world.registry.replay(ada.id, { kind: 'dead' })).rejects.toMatchObject({ code: 'replays_waiting' });
    await world.registry.replay(ada.id, { kind: 'dead', key: new Uint8Array(16).fill(7) });
    expect(await world.registry.jobs(ada.id)).toHaveLength(100);
    await world.registry.remove(ada.id);
    for (const id of [ada.id, 'mbx_0001_aaaaaaaaaaaaaaaa', 'nonsense']) {
      await expect(world.registry.replay(id, { kind: 'dead' })).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await world.registry.jobs('nonsense')).toEqual([]);
  });
});
