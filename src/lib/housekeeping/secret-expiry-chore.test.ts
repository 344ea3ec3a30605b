import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../test/support/http.ts';
import { memoryStore } from '../../../test/support/memory-store.ts';
import type { DeliveryOutcome, OutgoingEvent } from '../domain/events/event.ts';
import { systemRandom } from '../domain/system.ts';
import { consoleLog } from '../log.ts';
import { createNotices } from '../store/deployment/notices.ts';
import { StoreError } from '../store/table/table.ts';
import { dueThreshold, expiringEvent, secretExpiryChore } from './secret-expiry-chore.ts';

const hour = 60 * 60_000;
const day = 24 * hour;
const now = Date.parse('2026-11-22T12:00:00Z');
const accepted: DeliveryOutcome = { kind: 'accepted', status: 200 };
const down: DeliveryOutcome = { kind: 'held', reason: 'destination_unreachable', attempted: true };

it.each([
  [31 * day, undefined],
  [30 * day, 30],
  [8 * day, 30],
  [7 * day, 7],
  [day + 1, 7],
  [day, 1],
  [0, 1],
  [-5 * day, 1],
])('is due %i ms ahead as the announcement of %s days', (left, threshold) => {
  expect(dueThreshold(new Date(now + left), now)).toBe(threshold);
});

describe('the announcement', () => {
  const secret = { name: 'client-secret', version: 'a'.repeat(32), expiresOn: new Date(now + 6.5 * day) };

  it('says which secret, when, how many days are left, and who does what', () => {
    expect(expiringEvent(secret, 7, now)).toMatchObject({
      type: 'secret.expiring',
      timestamp: new Date(now - 0.5 * day),
      data: {
        secret: { name: 'client-secret', expiresAt: secret.expiresOn.toISOString() },
        daysLeft: 7,
        code: 'client_secret_expiring',
        sentence: expect.any(String),
        remedy: expect.stringContaining('Key Vault'),
        who: 'deployment owner',
      },
    });
  });

  it('has the same id whenever it is made, and another for each threshold and version', () => {
    const { id } = expiringEvent(secret, 7, now);
    expect(expiringEvent(secret, 7, now + 3 * day).id).toBe(id);
    expect(expiringEvent(secret, 1, now).id).not.toBe(id);
    expect(expiringEvent({ ...secret, version: 'b'.repeat(32) }, 7, now).id).not.toBe(id);
    expect(expiringEvent(secret, 7, now + 9 * day).data.daysLeft).toBe(0);
  });
});

function world(left: number | undefined, destinations: string[] = ['dst_a', 'dst_b']) {
  const clock = manualClock(now);
  const lines: string[] = [];
  const log = consoleLog((_level, line) => lines.push(line));
  const store = memoryStore(clock);
  const notices = createNotices({ store, clock, random: systemRandom });
  const secret = {
    value: 'the-value-of-the-secret',
    version: 'a'.repeat(32),
    ...(left === undefined ? {} : { expiresOn: new Date(now + left) }),
  };
  const sent: { to: string; event: OutgoingEvent }[] = [];
  const answers: Record<string, DeliveryOutcome | Error> = {};
  const chore = secretExpiryChore({
    clock,
    log,
    notices,
    secretName: 'client-secret',
    vault: { secret: async () => secret },
    destinations: {
      list: async () => destinations.map((id) => ({ id })),
    },
    deliverer: {
      async deliver(to, event) {
        const answer = answers[to] ?? accepted;
        if (answer instanceof Error) throw answer;
        sent.push({ to, event });
        return answer;
      },
    },
  });
  /** Runs the chore every hour for so many days; answers to whom what went on which day. */
  const days = async (count: number) => {
    const told: string[] = [];
    for (let passed = 0; passed < count * 24; passed++) {
      const before = sent.length;
      await chore.run();
      const today = Math.floor((clock.now() - now) / day);
      told.push(...sent.slice(before).map(({ to }) => `${today} ${to}`));
      clock.advance(hour);
    }
    return told;
  };
  return { chore, clock, lines, store, sent, answers, secret, destinations, days };
}

describe('the chore', () => {
  it('announces 30, 7 and 1 day ahead, once to each destination that accepts', async () => {
    const { days, sent } = world(32 * day);
    expect(await days(40)).toEqual(['2 dst_a', '2 dst_b', '25 dst_a', '25 dst_b', '31 dst_a', '31 dst_b']);
    expect(new Set(sent.map(({ event }) => event.id)).size).toBe(3);
    expect(sent.map(({ event }) => (event.type === 'secret.expiring' ? event.data.daysLeft : undefined))).toEqual([
      30, 30, 7, 7, 1, 1,
    ]);
  });

  it('tells a destination that does not accept again every day, under the same id, and no other one', async () => {
    const { days, answers, sent } = world(29 * day);
    answers.dst_b = down;
    expect(await days(3)).toEqual(['0 dst_a', '0 dst_b', '1 dst_b', '2 dst_b']);
    answers.dst_b = accepted;
    expect(await days(3)).toEqual(['3 dst_b']);
    expect(new Set(sent.map(({ event }) => event.id)).size).toBe(1);
  });

  it('tells one destination although another one makes it throw', async () => {
    const { days, answers } = world(day);
    answers.dst_a = new StoreError('unreachable');
    expect(await days(1)).toEqual(['0 dst_b']);
    delete answers.dst_a;
    expect(await days(1)).toEqual(['1 dst_a']);
  });

  it('tells a destination that came later', async () => {
    const { days, destinations } = world(20 * day, []);
    expect(await days(2)).toEqual([]);
    destinations.push('dst_new');
    expect(await days(2)).toEqual(['2 dst_new']);
  });

  it('is told to the log every day while there is no destination', async () => {
    const { days, lines } = world(20 * day, []);
    expect(await days(3)).toEqual([]);
    expect(lines.filter((line) => line.includes('"client_secret.expiring"'))).toHaveLength(3);
  });

  it('is silent after a rotation, and begins anew with the new version', async () => {
    const { days, secret } = world(5 * day);
    expect(await days(1)).toEqual(['0 dst_a', '0 dst_b']);
    Object.assign(secret, { version: 'b'.repeat(32), expiresOn: new Date(now + 34 * day) });
    expect(await days(2)).toEqual([]);
    expect(await days(2)).toEqual(['4 dst_a', '4 dst_b']);
  });

  it('has nothing to say of a secret without an expiry date', async () => {
    const { days } = world(undefined);
    expect(await days(3)).toEqual([]);
  });

  it('leaves no row of secrets that are long gone, and logs no value', async () => {
    const { days, store, secret, lines } = world(day);
    await days(1);
    Object.assign(secret, { version: 'c'.repeat(32), expiresOn: new Date(now + 400 * day) });
    await days(62);
    expect(await store.table('destinations').list('notice')).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join()).not.toContain(secret.value);
  });
});
