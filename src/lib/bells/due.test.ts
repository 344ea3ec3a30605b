import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { registryWorld } from '../../../test/support/registry-world.ts';
import { dayMs, hourMs } from '../domain/duration.ts';
import type { MailboxSubscriptions, Subscription } from '../store/mailboxes/subscriptions.ts';
import { dueOf, hasLapsed } from './due.ts';

const now = Date.UTC(2026, 10, 22, 10);
const at = { now, kid: 'new' };
const registry = registryWorld(memoryStore({ now: () => now }));
const { mailbox } = await registry.connect(registry.person());
const [inbox = '', sent = ''] = mailbox.folders.map(({ id }) => id);

const one = (folderId: string, leftMs: number, kid = 'new'): Subscription => ({
  ...{ folderId, kid, id: `at Graph: ${folderId}` },
  expiresAt: new Date(now + leftMs),
});
const rowOf = (subscriptions: readonly Subscription[], waitMs = 0): MailboxSubscriptions => ({
  ...{ subscriptions, code: '' },
  tryAfter: new Date(now + waitMs),
});

describe('a mailbox', () => {
  it.each([
    ['ranks by the first of its subscriptions to expire', [one(inbox, 3 * dayMs), one(sent, 2 * dayMs)], 2 * dayMs],
    ['ranks as one with a day left if a subscription is missing', [one(sent, 6 * dayMs)], dayMs],
    ['goes before one that misses a subscription if it expires within the day', [one(inbox, hourMs)], hourMs],
    ['ranks as missing if it has expired', [one(inbox, 0), one(sent, 6 * dayMs)], dayMs],
    [
      'ranks by the end of what stands under an old key',
      [one(inbox, 6 * dayMs, 'old'), one(sent, 6 * dayMs)],
      6 * dayMs,
    ],
    [
      'comes last if all there is to do is to end one',
      [one(inbox, 6 * dayMs), one(sent, 6 * dayMs), one('gone', dayMs)],
      Number.POSITIVE_INFINITY,
    ],
  ])('%s', (_, subscriptions, leftMs) => {
    expect(dueOf(mailbox, rowOf(subscriptions), at)).toEqual({
      ...{ mailboxId: mailbox.id, tid: mailbox.grant.tid },
      rank: now + leftMs,
    });
  });

  it('is due without a row', () => {
    expect(dueOf(mailbox, undefined, at)?.rank).toBe(now + dayMs);
  });

  it.each([
    ['all have more than four days left', rowOf([one(inbox, 5 * dayMs), one(sent, 5 * dayMs)])],
    ['it waits after a failure, or another process is at work', rowOf([one(inbox, hourMs)], 1)],
  ])('is not due while %s', (_, row) => {
    expect(dueOf(mailbox, row, at)).toBeUndefined();
  });

  it('is not due if it is shared with a person, whose permission opens her own alone', () => {
    expect(dueOf({ ...mailbox, shared: true }, undefined, at)).toBeUndefined();
  });

  it('has lapsed with a subscription that expired, whether it waits or not, and not with one that is not wanted', () => {
    expect(hasLapsed(mailbox, rowOf([one(inbox, 0)], dayMs), now)).toBe(true);
    expect(hasLapsed(mailbox, rowOf([one('gone', 0), one(inbox, 1)]), now)).toBe(false);
    expect(hasLapsed(mailbox, undefined, now)).toBe(false);
  });
});
