import { describe, expect, it } from 'vitest';
import { dayMs } from '../domain/duration.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { planSubscriptions, wantedOf } from './plan.ts';

const now = Date.parse('2026-11-30T10:00:00Z');
const mailbox: MailboxRow = {
  id: 'mbx_0001_abcdefghijklmnop',
  address: 'ada@contoso.example',
  login: 'ada@contoso.example',
  grant: { kind: 'user', tid: 't', oid: 'o' },
  shared: false,
  slot: 0,
  folders: [
    { id: 'f1', path: 'INBOX', role: 'inbox' },
    { id: 'f2', path: 'Gesendet', role: 'sent' },
    { id: 'f3', path: 'Projects', role: undefined },
  ],
  destinationId: 'd',
  label: undefined,
  ownerRef: undefined,
  syncFrom: undefined,
  paused: false,
  deletedAt: undefined,
  createdAt: new Date(now),
  asked: 0,
};

describe('what is subscribed to', () => {
  it.each([
    ['of her own mailbox', {}, ["me/mailFolders('inbox')/messages", "me/mailFolders('sentitems')/messages"]],
    ['of one that is shared with her: nothing', { shared: true }, []],
    ['of one that is removed: nothing', { deletedAt: new Date(now) }, []],
    [
      'of one that the app opens by itself',
      { grant: { kind: 'app', tid: 't' } as const },
      [
        "users/ada%40contoso.example/mailFolders('inbox')/messages",
        "users/ada%40contoso.example/mailFolders('sentitems')/messages",
      ],
    ],
  ])('%s', (_, change, resources) => {
    expect(wantedOf({ ...mailbox, ...change }).map(({ resource }) => resource)).toEqual(resources);
  });
});

describe('what there is to do', () => {
  const wanted = [{ folderId: 'f1', resource: 'inbox' }];
  const held = (days: number, kid = 'k') => ({
    ...{ folderId: 'f1', id: 's1', kid },
    expiresAt: new Date(now + days * dayMs),
  });
  it.each([
    ['where there is none', [], undefined, ['make']],
    ['with most of its week left', [held(5)], undefined, []],
    ['with less than four days left', [held(3)], undefined, ['renew']],
    ['that has expired', [held(-1)], undefined, ['make']],
    ['whose key is not the current one', [held(5, 'old')], undefined, ['make']],
    ['that Microsoft has removed', [held(5)], { folderId: 'f1', isLost: true }, ['make']],
    ['that Microsoft wants renewed', [held(5)], { folderId: 'f1', isLost: false }, ['renew']],
    ['when Microsoft speaks of another one', [held(5)], { folderId: 'f9', isLost: true }, []],
    ['when Microsoft speaks of another one, though it is missing', [], { folderId: 'f9', isLost: true }, []],
    ['for a folder that is not watched any more', [held(5), { ...held(5), folderId: 'f7' }], undefined, ['drop']],
  ])('is decided for a subscription %s', (_, known, news, kinds) => {
    expect(planSubscriptions(wanted, known, { now, kid: 'k', news }).map(({ kind }) => kind)).toEqual(kinds);
  });
});
