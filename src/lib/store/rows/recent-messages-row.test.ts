import { describe, expect, test } from 'vitest';
import { entry, mailboxId } from '../../../../test/support/rows.ts';
import { decodeEntries, encodeEntries, entryFromBytes, entryToBytes } from './recent-message-entry.ts';
import { dayOf, dropEntries, foldEntries, mostRecentMessages } from './recent-messages-row.ts';
import type { RecentMessagesRow } from './rows.ts';

const empty: RecentMessagesRow = { mailboxId, folderId: 'f1234567', uidValidity: 1n, entries: [], floor: undefined };
const range = (count: number, from = 1) => Array.from({ length: count }, (_, i) => from + i);
const uids = (recent: RecentMessagesRow) => recent.entries.map(({ uid }) => uid);

describe('an entry', () => {
  test.each(['posted', 'accepted', 'seen', 'flagged', 'answered'] as const)('keeps %s apart from the rest', (flag) => {
    const one = entry(9, 20_000, { [flag]: true });
    expect(entryFromBytes(entryToBytes(one))).toEqual(one);
  });

  test.each(['missing', 'told'] as const)('keeps that it is %s apart from the rest', (gone) => {
    const one = entry(9, 20_000, { gone });
    expect(entryFromBytes(entryToBytes(one))).toStrictEqual(one);
    expect(entryFromBytes(entryToBytes(entry(9, 20_000)))).not.toHaveProperty('gone');
  });

  test('keeps apart from the rest that its receiver may know another state of it', () => {
    const one = entry(9, 20_000, { gone: 'missing', untold: true });
    expect(entryFromBytes(entryToBytes(one))).toStrictEqual(one);
    expect(entryFromBytes(entryToBytes(entry(9, 20_000)))).not.toHaveProperty('untold');
  });

  test('takes 32 bytes; fewer or more are none', () => {
    expect(entryToBytes(entry(1, 1))).toHaveLength(32);
    expect(() => entryFromBytes(new Uint8Array(31))).toThrow(RangeError);
    expect(() => entryFromBytes(new Uint8Array(64))).toThrow(RangeError);
  });

  test('read from the middle of a larger buffer keeps bytes of its own', () => {
    const bytes = new Uint8Array(3 + 64);
    bytes.set(encodeEntries([entry(1, 1), entry(2, 2)]), 3);
    const read = decodeEntries(bytes.subarray(3));
    bytes.fill(0);
    expect(read).toEqual([entry(1, 1), entry(2, 2)]);
  });

  test('is refused with a key or a hash of another length', () => {
    expect(() => entryToBytes(entry(1, 1, { key: new Uint8Array(15) }))).toThrow(RangeError);
    expect(() => entryToBytes(entry(1, 1, { hash: new Uint8Array(9) }))).toThrow(RangeError);
  });
});

test.each([
  ['1970-01-01T00:00:00Z', 0],
  ['1970-01-01T23:59:59.999Z', 0],
  ['2026-11-22T23:59:59Z', 20_779],
  ['1969-12-31T00:00:00Z', 0],
  ['2200-01-01T00:00:00Z', 65_535],
])('the day of %s is %i', (text, day) => {
  expect(dayOf(new Date(text))).toBe(day);
});

describe('folding', () => {
  test('folding in no entries changes nothing', () => {
    expect(foldEntries(empty, [])).toBe(empty);
  });

  test('keeps all entries below the limit, in order of day and UID, without a floor', () => {
    const recent = foldEntries(empty, [entry(3, 11), entry(1, 12), entry(2, 11)]);
    expect(uids(recent)).toEqual([2, 3, 1]);
    expect(recent.floor).toBeUndefined();
  });

  test('holds an entry once that is put in its own place again', () => {
    const one = entry(1, 10, { posted: true });
    expect(foldEntries(foldEntries(empty, [one]), [one]).entries).toEqual([one]);
  });

  test('holds every entry that has no place just now', () => {
    expect(foldEntries(empty, [entry(0, 10), entry(0, 11)]).entries).toHaveLength(2);
  });

  test('an entry replaces the one with its uid', () => {
    const before = foldEntries(empty, [entry(1, 10, { posted: true }), entry(2, 10)]);
    const after = foldEntries(before, [entry(1, 10, { posted: true, accepted: true })]);
    expect(after.entries).toEqual([entry(1, 10, { posted: true, accepted: true }), entry(2, 10)]);
  });

  test('the oldest beyond the limit go by INTERNALDATE, not by uid, and the floor says up to which day', () => {
    // Restored mail has new uids and old dates.
    const old = entry(9_999, 5);
    const full = foldEntries(
      empty,
      range(mostRecentMessages).map((uid) => entry(uid, 100)),
    );
    const recent = foldEntries(full, [old, entry(mostRecentMessages + 1, 101)]);
    expect(recent.entries).toHaveLength(mostRecentMessages);
    expect(uids(recent)).not.toContain(9_999);
    expect(uids(recent)).not.toContain(1);
    expect(uids(recent)).toContain(mostRecentMessages + 1);
    expect(recent.floor).toBe(100);
  });

  test('entries older than everything in a full row are left out, and that counts for the floor too', () => {
    const full = foldEntries(
      empty,
      range(mostRecentMessages).map((uid) => entry(uid, 100)),
    );
    const recent = foldEntries(full, [entry(5_000, 50)]);
    expect(recent.entries).toEqual(full.entries);
    expect(recent.floor).toBe(50);
  });

  test('the floor never falls', () => {
    const full = {
      ...foldEntries(
        empty,
        range(mostRecentMessages).map((uid) => entry(uid, 100)),
      ),
      floor: 90,
    };
    expect(foldEntries(full, [entry(5_000, 50)]).floor).toBe(90);
  });

  test('the result does not depend on how the entries came in portions', () => {
    const all = range(1500).map((uid) => entry(uid, (uid * 37) % 400));
    const once = foldEntries(empty, all);
    let portions = empty;
    for (let i = 0; i < all.length; i += 64) portions = foldEntries(portions, all.slice(i, i + 64));
    expect(portions).toEqual(once);
    const oldestKept = Math.min(...once.entries.map(({ day }) => day));
    expect(once.floor).toBeLessThanOrEqual(oldestKept);
  });
});

test('entries that another folder has taken over are dropped', () => {
  const recent = foldEntries(empty, [entry(1, 1), entry(2, 2), entry(3, 3)]);
  expect(uids(dropEntries(recent, new Set([2])))).toEqual([1, 3]);
});
