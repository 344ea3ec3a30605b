import { expect, it } from 'vitest';
import { memoryLog } from '../../../test/support/http.ts';
import type { Kept } from '../bells/bells.ts';
import type { DueMailbox } from '../bells/due.ts';
import { BrokerError } from '../errors.ts';
import { bellsChore, keepForMs, keepsAtOnce } from './bells-chore.ts';

const now = Date.UTC(2026, 10, 22, 10);

/** Shards of due mailboxes by the chore's ports, and a clock that only `keep` moves. */
function world(shards: readonly (readonly DueMailbox[])[], lapsed: readonly string[] = []) {
  const time = { ms: 0 };
  const seen = { kept: [] as string[], underWay: 0, most: 0 };
  const answers = new Map<string, Kept | BrokerError>();
  const turns = { ms: 0 };
  const log = memoryLog();
  const chore = bellsChore({
    directory: {
      shards: async () =>
        shards.map((due, shard) => ({
          ...{ shard, etag: '' },
          slots: due.map(({ mailboxId }, slot) => ({ mailboxId, slot, since: new Date(now) })),
        })),
    },
    clock: { now: () => now + time.ms, monotonic: () => time.ms },
    log,
    due: async (shard) => ({ due: shards[shard] ?? [], lapsed: shard === 0 ? lapsed : [] }),
    keep: async (mailboxId) => {
      seen.kept.push(mailboxId);
      seen.most = Math.max(seen.most, ++seen.underWay);
      await new Promise((done) => setImmediate(done));
      time.ms += turns.ms;
      seen.underWay--;
      const answer = answers.get(mailboxId) ?? 'done';
      if (answer instanceof BrokerError) throw answer;
      return answer;
    },
  });
  return { chore, seen, answers, turns, log };
}

const due = (mailboxId: string, rank: number, tid = 'tenant'): DueMailbox => ({ mailboxId, tid, rank });
const many = (count: number, tid?: string) =>
  Array.from({ length: count }, (_, n) => due(`m${String(n).padStart(3, '0')}`, now + n * 60_000, tid));

it('keeps several mailboxes at a time and not more than its bound, in the order in which they expire across shards', async () => {
  const all = many(60);
  const { chore, seen } = world([all.slice(30).toReversed(), [], all.slice(0, 30)]);
  expect(await chore.run()).toEqual({ due: 60, kept: 60, failed: 0, left: 0 });
  expect(seen.most).toBe(keepsAtOnce);
  expect(seen.kept).toEqual(all.map(({ mailboxId }) => mailboxId));
});

it('does and says nothing where nothing is due', async () => {
  const { chore, log } = world([[], []]);
  expect(await chore.run()).toBeUndefined();
  expect(log.lines).toEqual([]);
});

it('begins nothing new when its time is over, and says how many are left and when the first of them expires', async () => {
  const { chore, seen, turns, log } = world([many(40)]);
  turns.ms = keepForMs / keepsAtOnce;
  const did = await chore.run();
  const kept = seen.kept.length;
  expect(kept).toBeGreaterThanOrEqual(keepsAtOnce);
  expect(kept).toBeLessThan(40);
  expect(did).toEqual({ due: 40, kept, failed: 0, left: 40 - kept });
  expect(log.lines).toMatchObject([
    { level: 'warn', event: 'bell.behind', fields: { left: 40 - kept, throttledTenants: 0 } },
  ]);
});

it('leaves the rest of a tenant for the next run once Graph has asked for a wait, and keeps the other tenants', async () => {
  const [throttled = due('', 0), ...others] = many(40, 'one');
  const two = many(3, 'two').map((each) => ({ ...each, mailboxId: `other-${each.mailboxId}`, rank: each.rank + 1e9 }));
  const { chore, seen, answers, log } = world([[throttled, ...others], two]);
  answers.set(throttled.mailboxId, 'throttled');
  const did = await chore.run();
  // Those that were under way when the answer came.
  expect(seen.kept.filter((id) => !id.startsWith('other-'))).toHaveLength(keepsAtOnce);
  expect(seen.kept.filter((id) => id.startsWith('other-'))).toHaveLength(3);
  expect(did).toEqual({ due: 43, kept: keepsAtOnce - 1 + 3, failed: 0, left: 40 - keepsAtOnce + 1 });
  expect(log.lines).toMatchObject([{ event: 'bell.behind', fields: { throttledTenants: 1, minutes: 0 } }]);
});

it('counts a mailbox that failed, or whose row another process changed, and keeps the others', async () => {
  const { chore, answers, log } = world([many(4)]);
  answers.set('m000', 'failed');
  answers.set('m001', new BrokerError('conflict'));
  expect(await chore.run()).toEqual({ due: 4, kept: 2, failed: 2, left: 0 });
  expect(log.lines).toEqual([
    { level: 'warn', event: 'bell.not_kept', fields: { mailboxId: 'm001', code: 'conflict' } },
  ]);
});

it('fails the run when the storage is unreachable, so that the next run repeats it', async () => {
  const { chore, answers } = world([many(2)]);
  answers.set('m000', new BrokerError('storage_unreachable'));
  await expect(chore.run()).rejects.toMatchObject({ code: 'storage_unreachable' });
});

it('warns of subscriptions that have expired, even if their mailboxes wait and nothing can be done', async () => {
  const { chore, log } = world([[due('m', now)]], ['a', 'b']);
  await chore.run();
  expect(log.lines).toEqual([{ level: 'warn', event: 'bell.lapsed', fields: { mailboxes: 2, mailboxId: 'a' } }]);
});
