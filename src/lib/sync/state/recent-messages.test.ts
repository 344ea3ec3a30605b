import { expect, it } from 'vitest';
import { countReads } from '../../../../test/support/count-reads.ts';
import { decodeRecentMessages } from '../../store/rows/recent-messages-row.ts';
import type { RecentMessage } from '../../store/rows/rows.ts';
import { createRecentMessages } from './recent-messages.ts';

const mailboxId = 'mbx_0000_0123456789abcdef';
const folderId = 'f00000000';

const bytes = (number: number, length: number): Uint8Array => {
  const made = new Uint8Array(length);
  new DataView(made.buffer).setUint32(0, number);
  return made;
};

const entry = (uid: number): RecentMessage => ({
  key: bytes(uid, 16),
  hash: bytes(uid, 8),
  uid,
  posted: true,
  accepted: false,
  seen: false,
  flagged: false,
  answered: false,
  day: 20_000 + Math.floor(uid / 100),
});

function knowing(entries: readonly RecentMessage[]) {
  const recent = createRecentMessages({
    mailboxId,
    folderId,
    stored: [],
    foldable: [() => true],
    uidValidity: () => 7n,
    changed: () => undefined,
  });
  recent.setRecentMessages({ mailboxId, folderId, uidValidity: 7n, entries, floor: undefined });
  return recent;
}

const stored = (recent: ReturnType<typeof knowing>): readonly RecentMessage[] => {
  const row = recent.pending();
  return row === undefined ? [] : decodeRecentMessages({ ...row, etag: '' }).entries;
};

const uids = Array.from({ length: 300 }, (_, at) => at + 1);

it('stores what became of a message in the place of what was known of it', () => {
  const before = uids.map(entry);
  const recent = knowing(before);
  const accepted = { ...entry(120), accepted: true };
  recent.put(accepted);
  const expected = before.map((one) => (one.uid === 120 ? accepted : one));
  expect(recent.entries()).toEqual(expected);
  expect(stored(recent)).toEqual(expected);
  expect(recent.entryAt(120)).toBe(accepted);
  expect(recent.entryOf(accepted.key)).toBe(accepted);
  expect(recent.entriesOf(accepted.hash)).toEqual([accepted]);
  expect(before[119]?.accepted).toBe(false);
});

it('moves an entry whose day, hash or key has changed, and finds it by them', () => {
  const recent = knowing(uids.map(entry));
  const moved = { ...entry(120), day: 20_009, hash: bytes(9_999, 8), key: bytes(9_999, 16) };
  recent.put(moved);
  expect(stored(recent).at(-1)).toEqual(moved);
  expect(recent.entriesOf(moved.hash)).toEqual([moved]);
  expect(recent.entriesOf(entry(120).hash)).toEqual([]);
  expect(recent.entryOf(moved.key)).toEqual(moved);
  expect(recent.entryOf(entry(120).key)).toBeUndefined();
  expect(recent.entries()).toHaveLength(300);
});

it('has nothing to store for a message that is replayed and stays what it was', () => {
  const recent = knowing(uids.map((uid) => ({ ...entry(uid), accepted: true })));
  for (const uid of uids) recent.put({ ...entry(uid), accepted: true });
  expect(recent.pending()).toBeUndefined();
});

it('looks at few of the other entries when one of them is put anew', () => {
  const readsOf = (count: number) => {
    const reads = countReads();
    const recent = knowing(uids.slice(0, count).map((uid) => reads.of(entry(uid))));
    recent.entryAt(1);
    reads.take();
    for (const uid of uids.slice(0, count)) {
      recent.put(reads.of({ ...entry(uid), accepted: true }));
      recent.entryAt(uid);
      recent.entriesOf(entry(uid).hash);
    }
    return reads.take() / count;
  };
  // Ten times as many: a search takes a few steps more, and nothing is gone through.
  expect(readsOf(300) / readsOf(30)).toBeLessThan(2);
});
