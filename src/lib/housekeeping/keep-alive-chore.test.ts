import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../test/support/http.ts';
import type { ErrorCode } from '../error-codes.ts';
import { BrokerError } from '../errors.ts';
import type { Grant } from '../store/grants/grants.ts';
import { StoreError } from '../store/table/table.ts';
import { isDueForUse, keepAliveChore } from './keep-alive-chore.ts';

const hour = 60 * 60_000;
const day = 24 * hour;
const now = Date.parse('2026-11-22T12:00:00Z');
const ago = (ms: number) => new Date(now - ms);

const grant = (change: Partial<Grant> = {}): Grant => ({
  key: { tid: randomUUID(), oid: randomUUID() },
  status: 'ok',
  code: '',
  since: ago(30 * day),
  mailboxes: ['mbx_1'],
  lastUsed: ago(7 * day),
  retryAt: undefined,
  doubtSince: undefined,
  claims: undefined,
  connectingUntil: undefined,
  generation: 1,
  ...change,
});

describe('a grant', () => {
  it.each([
    ['that was not used for 7 days is due', {}, true],
    ['that was used yesterday is not', { lastUsed: ago(day) }, false],
    ['is never due before the sixth day', { lastUsed: ago(6 * day - 1) }, false],
    ['that is dead is not: its person has to sign in', { status: 'reconnect_required' }, false],
    ['that was given up is not', { status: 'revoked' }, false],
    ['that waits for an administrator is, once a day is over', { status: 'consent_required', retryAt: ago(1) }, true],
    ['that rests is not', { retryAt: ago(-hour) }, false],
    ['of the app itself is not: nothing of it runs out', { key: { tid: randomUUID(), oid: 'app' } }, false],
  ] as const)('%s', (_name, change, due) => expect(isDueForUse(grant(change), now)).toBe(due));

  it('becomes due at a time of its own between the sixth and the seventh day', () => {
    const ages = Array.from({ length: 200 }, () => {
      const one = grant({ lastUsed: ago(0) });
      let age = 6 * day;
      while (!isDueForUse(one, now + age)) age += hour / 2;
      return age;
    });
    // The hour between two runs included.
    expect(Math.max(...ages)).toBeLessThanOrEqual(7 * day - hour);
    const perHour = new Map<number, number>();
    for (const age of ages) perHour.set(Math.floor(age / hour), (perHour.get(Math.floor(age / hour)) ?? 0) + 1);
    expect(perHour.size).toBeGreaterThan(15);
    expect(Math.max(...perHour.values())).toBeLessThan(40);
  });
});

function world(grants: readonly Grant[], answer: (grant: Grant) => Error | undefined = () => undefined) {
  const manual = manualClock(now);
  const clock = { ...manual, monotonic: manual.now };
  const asked: { oid: string; force: boolean | undefined }[] = [];
  const logged: string[] = [];
  const note = (event: string) => void logged.push(event);
  const chore = keepAliveChore({
    clock,
    log: { info: note, warn: note, error: note },
    grants: {
      async *all() {
        yield* grants;
      },
    },
    tokens: {
      async get({ oid }, resource, options) {
        asked.push({ oid, force: options?.force });
        const failed = answer(grants.find((one) => one.key.oid === oid) ?? grant());
        if (failed !== undefined) throw failed;
        return { accessToken: resource, expiresAt: new Date(now), scopes: [], username: '' };
      },
    },
  });
  return { chore, asked, logged, clock };
}

describe('the chore', () => {
  it('uses what is due, longest unused first, and says what it did', async () => {
    const grants = [8, 1, 30, 20].map((days) => grant({ lastUsed: ago(days * day) }));
    const { chore, asked } = world(grants);
    expect(await chore.run()).toEqual({ due: 3, used: 3, failed: 0 });
    expect(asked.map(({ oid }) => oid)).toEqual([2, 3, 0].map((index) => grants[index]?.key.oid));
    expect(asked.every(({ force }) => force)).toBe(true);
  });

  it('has nothing to say when nothing is due', async () => {
    expect(await world([grant({ lastUsed: ago(day) })]).chore.run()).toBeUndefined();
  });

  it('does no more than 500 in a run', async () => {
    const { chore, asked } = world(Array.from({ length: 620 }, () => grant()));
    expect(await chore.run()).toEqual({ due: 620, used: 500, failed: 0 });
    expect(asked).toHaveLength(500);
  });

  it('takes no new one after a minute', async () => {
    const slow = world(Array.from({ length: 100 }, () => grant()));
    const { chore, asked, clock } = slow;
    const running = chore.run();
    clock.advance(61_000);
    await running;
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  it.each<[ErrorCode, number]>([
    ['grant_revoked', 20],
    ['entra_unavailable', 20],
    // All others would fail alike, and none of them is to blame.
    ['client_secret_expired', 4],
    ['vault_unreachable', 4],
  ])('asks, after %s, for at most %i of 20', async (code, most) => {
    const { chore, asked, logged } = world(
      Array.from({ length: 20 }, () => grant()),
      () => new BrokerError(code),
    );
    const did = await chore.run();
    expect(asked.length).toBeLessThanOrEqual(most);
    expect(did?.failed).toBe(asked.length);
    expect(logged).toEqual(asked.map(() => 'grant.keep_alive_failed'));
  });

  it('fails when the table does', async () => {
    const { chore } = world([grant()], () => new StoreError('unreachable'));
    await expect(chore.run()).rejects.toThrow(StoreError);
  });
});
