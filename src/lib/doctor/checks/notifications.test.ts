import { expect, it } from 'vitest';
import { judgeNotifications } from './notifications.ts';

const now = Date.parse('2026-11-30T10:00:00Z');
const mailbox = { id: 'mbx_0001_abcdefghijklmnop', address: 'ada@contoso.example' };
const row = (leftMs: number | undefined, code = '') => ({
  subscriptions:
    leftMs === undefined ? [] : [{ folderId: 'f1', id: 's1', kid: 'k', expiresAt: new Date(now + leftMs) }],
  code,
  tryAfter: new Date(now),
});
const silent = { hears: 'silent', since: new Date(now) } as const;

it.each([
  ['is announced', row(1), undefined, undefined],
  ['is announced, and was', row(1), { hears: 'rings', since: new Date(0) } as const, undefined],
  ['was not announced', row(1), silent, 'did not announce'],
  ['may not be announced', row(undefined, 'consent_missing'), undefined, 'refuses notifications'],
  ['may not be announced any more', row(-1, 'consent_missing'), silent, 'refuses notifications'],
  ['is not subscribed to any more', row(-1), undefined, 'no subscription'],
  ['is not subscribed to yet', undefined, undefined, 'no subscription'],
])('says so of a mailbox whose mail %s', (_, subscriptions, bell, words) => {
  const finding = judgeNotifications(mailbox, subscriptions, bell, now);
  if (words === undefined) expect(finding).toBeUndefined();
  else expect(finding).toMatchObject({ status: 'warn', sentence: { en: expect.stringContaining(words) } });
});
