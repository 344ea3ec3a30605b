import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { azuriteOfSuite, type SuiteAzurite } from '../../../../test/support/suite-tables.ts';
import { storeAt } from '../../../../test/support/tables.ts';
import { systemClock, systemRandom } from '../../domain/system.ts';
import type { Store } from '../table/table.ts';
import { createNotices } from './notices.ts';

let azurite: SuiteAzurite;
let store: Store;
beforeAll(async () => {
  azurite = await azuriteOfSuite();
  store = storeAt(azurite);
});
afterAll(() => azurite.stop());

const hour = 60 * 60_000;

function world() {
  let offset = 0;
  const clock = { ...systemClock, now: () => Date.now() + offset };
  const notices = createNotices({ store, clock, random: systemRandom });
  return { notices, id: `test!${randomUUID().replaceAll('-', '')}`, pass: (ms: number) => (offset += ms) };
}

test('lets one of many concurrent claims send a notice, and another only after its time', async () => {
  const { notices, id, pass } = world();
  const claims = await Promise.all(Array.from({ length: 6 }, () => notices.claim(id, hour)));
  expect(claims.filter(Boolean)).toHaveLength(1);
  pass(hour - 1000);
  expect(await notices.claim(id, hour)).toBe(false);
  await notices.touch(id);
  pass(2000);
  expect(await notices.claim(id, hour)).toBe(false);
  pass(hour);
  expect(await notices.claim(id, hour)).toBe(true);
});

test('a notice that is over is told anew', async () => {
  const { notices, id } = world();
  await notices.claim(id, hour);
  await notices.clear(id);
  await notices.clear(id);
  expect(await notices.claim(id, hour)).toBe(true);
});

test('keeps who has accepted a notice while it is claimed again, each once', async () => {
  const { notices, id, pass } = world();
  expect(await notices.acceptedBy(id)).toEqual([]);
  await notices.claim(id, hour);
  await Promise.all(['dst_a', 'dst_b', 'dst_a'].map((destination) => notices.accept(id, destination)));
  pass(2 * hour);
  await notices.claim(id, hour);
  expect([...(await notices.acceptedBy(id))].sort()).toEqual(['dst_a', 'dst_b']);
});

test('notices that are no longer used are forgotten, with rows that are none', async () => {
  const { notices, id, pass } = world();
  await notices.claim(id, hour);
  await store.table('destinations').insert({ partitionKey: 'notice', rowKey: `${id}!broken`, values: { v: 2 } });
  pass(10 * hour);
  const young = `${id}!young`;
  await notices.claim(young, hour);
  expect(await notices.forgetBefore(new Date(Date.now() + 9 * hour))).toBeGreaterThanOrEqual(2);
  expect(await notices.claim(id, 1000 * hour)).toBe(true);
  expect(await notices.claim(young, hour)).toBe(false);
});
