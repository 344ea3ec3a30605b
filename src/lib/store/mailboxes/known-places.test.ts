import { expect, it } from 'vitest';
import { memoryStore } from '../../../../test/support/memory-store.ts';
import { entry } from '../../../../test/support/rows.ts';
import { noHash } from '../../domain/mail/message-identity.ts';
import { systemClock } from '../../domain/system.ts';
import { encodeCursor } from '../rows/cursor-row.ts';
import { encodeRecentMessages } from '../rows/recent-messages-row.ts';
import type { RecentMessage } from '../rows/rows.ts';
import type { Row } from '../table/table.ts';
import { knownPlaces } from './known-places.ts';

const mailboxId = 'mbx_0003_0123456789abcdef';
const hash = new Uint8Array(8).fill(7);

const ringEntry = (uid: number, change: Partial<RecentMessage> = {}): RecentMessage =>
  entry(uid, 20_000, { hash, posted: true, accepted: true, ...change });

const cursor = (folderId: string, fresh: readonly RecentMessage[]): Row =>
  encodeCursor({
    mailboxId,
    folderId,
    path: 'INBOX',
    role: 'inbox',
    uidValidity: 5n,
    lastUid: 9,
    acked: [],
    uidGaps: [],
    fresh,
    uidNextSeen: 10,
    messages: 0,
    unseen: 0,
    lastInternalDate: undefined,
    headSince: undefined,
    retries: 0,
    retryAt: undefined,
    baselineFrom: undefined,
  });
const recent = (folderId: string, entries: readonly RecentMessage[]): Row =>
  encodeRecentMessages({ mailboxId, folderId, uidValidity: 5n, entries, floor: undefined });

async function places(rows: readonly Row[], of: Uint8Array = hash) {
  const store = memoryStore(systemClock);
  for (const row of rows) await store.table('mail').insert(row);
  return knownPlaces(store, mailboxId, of);
}

const other = { hash: new Uint8Array(8).fill(8) };
const rows = [
  cursor('fAAAAAAA', [ringEntry(1), ringEntry(2, other)]),
  recent('fAAAAAAA', [ringEntry(3), ringEntry(4, { gone: 'missing' }), ringEntry(5, { gone: 'told' }), ringEntry(0)]),
  recent('fBBBBBBB', [ringEntry(6, other), ringEntry(7)]),
];

it('are all places of one mail, and neither those of others nor where it is no longer', async () => {
  expect(await places(rows)).toEqual([
    { folderId: 'fAAAAAAA', uidValidity: 5n, uid: 1 },
    { folderId: 'fAAAAAAA', uidValidity: 5n, uid: 3 },
    { folderId: 'fBBBBBBB', uidValidity: 5n, uid: 7 },
  ]);
});

it('are none of what has no hash, and of a mailbox that is not there', async () => {
  const nameless = [cursor('fAAAAAAA', [ringEntry(1, { hash: noHash })])];
  expect(await places(nameless, noHash)).toEqual([]);
  expect(await places([])).toEqual([]);
});

it('are told by the rows that can be read', async () => {
  const [first, second, third] = rows.map((row, at) => (at === 1 ? { ...row, values: { ...row.values, v: 1 } } : row));
  if (first === undefined || second === undefined || third === undefined) throw new Error('no rows');
  expect((await places([first, second, third])).map(({ uid }) => uid)).toEqual([1, 7]);
});
