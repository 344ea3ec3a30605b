import { expect, test } from 'vitest';
import { mailboxId } from '../../../../test/support/rows.ts';
import {
  addressKey,
  cursorRowKey,
  jobRowKey,
  mailboxRowKey,
  messageRowKey,
  outboxRowKey,
  parseRowKey,
  personKey,
  personOfKey,
  polledRowRange,
  recentMessagesRowKey,
  rowsOf,
  settingsRowKey,
  shardRowKey,
  stateRowKey,
} from './keys.ts';

const place = { mailboxId, folderId: 'fAbCdEf1', uidValidity: 4294967295n, uid: 42 };

const keys = [
  [shardRowKey, { kind: 'shard' }],
  [mailboxRowKey(mailboxId), { kind: 'mailbox', mailboxId }],
  [stateRowKey(mailboxId), { kind: 'state', mailboxId }],
  [cursorRowKey(mailboxId, 'fAbCdEf1'), { kind: 'cursor', mailboxId, folderId: 'fAbCdEf1' }],
  [messageRowKey('d', place), { kind: 'retry', ...place }],
  [jobRowKey(mailboxId, 'j_-x_9'), { kind: 'job', mailboxId, jobId: 'j_-x_9' }],
  [outboxRowKey(mailboxId, 'e_-x_9'), { kind: 'outbox', mailboxId, eventId: 'e_-x_9' }],
  [settingsRowKey(mailboxId), { kind: 'settings', mailboxId }],
  [recentMessagesRowKey(mailboxId, 'fAbCdEf1'), { kind: 'recentMessages', mailboxId, folderId: 'fAbCdEf1' }],
  [messageRowKey('x', place), { kind: 'dead', ...place }],
] as const;

test.each(keys)('%s is read as what it was written for', (key, parts) => {
  expect(parseRowKey(key)).toEqual(parts);
});

test('keys are in the order in which a run wants to read them, and the polled rows end before the on-demand kinds', () => {
  const order = keys.map(([key]) => key);
  expect(order.toSorted()).toEqual(order);
  expect(order.filter((key) => key < polledRowRange.below)).toEqual(order.slice(0, 4));
});

test('keys hold nothing but base64url and the mark between their parts', () => {
  for (const [key] of keys) expect(key).toMatch(/^[0-9A-Za-z_!-]+$/);
});

test('uids sort as numbers do', () => {
  const uids = [1, 9, 10, 99, 1000, 4294967295];
  const sorted = uids.map((uid) => messageRowKey('d', { ...place, uid })).toSorted();
  expect(sorted.map((key) => Number(key.slice(-10)))).toEqual(uids);
});

test.each([
  '',
  'a',
  'a!',
  `a!${mailboxId}!`,
  `a!${mailboxId}!x`,
  `c!${mailboxId}`,
  `c!!f`,
  `c!${mailboxId}!f!g`,
  `d!${mailboxId}!f!x!0000000001`,
  `d!${mailboxId}!f!1!1`,
  `z!${mailboxId}`,
])('%j is no key of ours', (key) => {
  expect(parseRowKey(key)).toBeUndefined();
});

test('the rows of a mailbox do not include those of another whose id begins alike', () => {
  const within = (key: string, { from, below }: { from: string; below: string }) => key >= from && key < below;
  const range = rowsOf('c', 'mbx_0001_aaaaaaaaaaaaaaaa');
  expect(within(cursorRowKey('mbx_0001_aaaaaaaaaaaaaaaa', 'f1'), range)).toBe(true);
  expect(within(cursorRowKey('mbx_0001_aaaaaaaaaaaaaaaab', 'f1'), range)).toBe(false);
  expect(within(mailboxRowKey('mbx_0001_aaaaaaaaaaaaaaaa'), rowsOf('a', 'mbx_0001_aaaaaaaaaaaaaaaa'))).toBe(true);
  const folder = rowsOf('d', mailboxId, 'fAbCdEf1');
  expect(within(messageRowKey('d', place), folder)).toBe(true);
  expect(within(messageRowKey('d', { ...place, folderId: 'fAbCdEf10' }), folder)).toBe(false);
});

test.each([
  ['Ada@Contoso.Example', 'ada@contoso.example'],
  [' ada@contoso.example ', 'ada@contoso.example'],
  ['a.b+c_d-e@x.example', 'a.b+c_d-e@x.example'],
  ['a/b@x.example', 'a!2fb@x.example'],
  ['a\\b#c?d%e@x.example', 'a!5cb!23c!3fd!25e@x.example'],
  ["o'neill!@x.example", 'o!27neill!21@x.example'],
  ['JÖRG@x.example', 'j!c3!b6rg@x.example'],
  ['Ada@München.example', 'ada@xn--mnchen-3ya.example'],
  ['ada@xn--mnchen-3ya.example', 'ada@xn--mnchen-3ya.example'],
])('%j has the index key %j', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

test('the key of a person is that of no address, and tells whose it is', () => {
  const oid = 'aaaaaaaa-0000-4000-8000-000000000001';
  expect(personOfKey(personKey(oid))).toBe(oid);
  for (const address of [personKey(oid), `person!${oid}`, `ada@contoso.example`, '!p', '']) {
    expect(personOfKey(addressKey(address))).toBeUndefined();
  }
});
