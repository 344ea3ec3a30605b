import { describe, expect, it } from 'vitest';
import type { RecentMessage } from '../../store/rows/rows.ts';
import { type Renumbered, recover } from './recover.ts';

const day = 20_000;
const at = (days: number) => new Date(days * 86_400_000 + 3_600_000);
const hash = (name: string) => new Uint8Array(Buffer.from(name.padEnd(8).slice(0, 8)));
const known = (name: string, uid: number, more: Partial<RecentMessage> = {}): RecentMessage => ({
  key: new Uint8Array(16).fill(uid),
  hash: hash(name),
  uid,
  posted: true,
  accepted: true,
  seen: false,
  flagged: false,
  answered: false,
  day,
  ...more,
});
const listed = (name: string, uid: number, days = day) => ({ uid, hash: hash(name), internalDate: at(days) });

function run(change: Partial<Renumbered> & Pick<Renumbered, 'listed'>) {
  const all = change.listed.map(({ uid }) => uid);
  return recover({
    entries: [],
    floor: undefined,
    lastInternalDate: at(day),
    all,
    uidNext: Math.max(0, ...all) + 1,
    isInRetryQueue: () => false,
    ...change,
  });
}

describe('a renumbered folder', () => {
  it('knows its messages by their hash, and keeps their keys under the new numbers', () => {
    const result = run({ entries: [known('a', 11), known('b', 12)], listed: [listed('b', 1), listed('a', 2)] });
    expect(result.entries.map(({ uid, key }) => [uid, key[0]])).toEqual([
      [1, 12],
      [2, 11],
    ]);
    expect(result).toMatchObject({
      lastUid: 2,
      waiting: [],
      counts: { known: 2, announced: 0, assumedKnown: 0, gone: 0 },
    });
  });

  it('knows again what was missing, or was told as removed', () => {
    const entries = [known('a', 11, { gone: 'missing' }), known('b', 12, { gone: 'told' })];
    const result = run({ entries, listed: [listed('a', 1), listed('b', 2)] });
    expect(result.entries.map(({ uid, gone }) => [uid, gone])).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
    // What is not there stays as it was, so that it is not told twice.
    expect(run({ entries, listed: [] }).entries.map(({ uid, gone }) => [uid, gone])).toEqual([
      [0, 'missing'],
      [0, 'told'],
    ]);
  });

  it('puts the cursor below what is new', () => {
    const result = run({ entries: [known('a', 11)], listed: [listed('a', 1), listed('x', 2), listed('y', 3)] });
    expect(result).toMatchObject({ lastUid: 1, waiting: [], counts: { announced: 2 } });
  });

  it('keeps what is new among old mail as waiting', () => {
    const result = run({
      entries: [known('a', 11)],
      floor: day - 5,
      listed: [listed('x', 1), listed('a', 3)],
      all: [1, 2, 3, 4],
      uidNext: 5,
    });
    expect(result).toMatchObject({
      lastUid: 4,
      waiting: [{ from: 1, to: 1 }],
      counts: { known: 1, announced: 1, assumedKnown: 2 },
    });
  });

  it.each([
    ['announces everything unknown when nothing was ever evicted', undefined, day - 400, 1],
    ['announces what is later than the floor', day - 10, day - 9, 1],
    ['takes for known what is not later than the floor', day - 10, day - 10, 0],
    ['takes for known what is of the day of the floor, but not later than all there was', day, day, 0],
    ['announces what is later than all there was, also on the day of the floor', day + 1, day + 1, 1],
  ])('%s', (_name, floor, days, announced) => {
    const result = run({ entries: [known('a', 11)], floor, listed: [listed('a', 1), listed('x', 2, days)] });
    expect(result.counts.announced).toBe(announced);
  });

  it('still owes what was posted and never accepted', () => {
    const result = run({
      entries: [known('a', 11, { accepted: false }), known('b', 12)],
      listed: [listed('a', 1), listed('b', 2)],
    });
    expect(result).toMatchObject({ lastUid: 0, counts: { known: 2, announced: 0 } });
    const among = run({
      entries: [known('a', 11, { accepted: false }), known('b', 12)],
      floor: day,
      listed: [listed('a', 1), listed('b', 2)],
      all: [1, 2, 3],
      uidNext: 4,
    });
    expect(among).toMatchObject({ lastUid: 3, waiting: [{ from: 1, to: 1 }] });
  });

  it('matches the one that is owed first when two have one hash and one of them is gone', () => {
    const result = run({
      entries: [known('a', 11), known('a', 12, { accepted: false })],
      listed: [listed('a', 1)],
    });
    expect(result.entries.map(({ uid, key, accepted }) => [uid, key[0], accepted])).toEqual([
      [1, 12, false],
      [0, 11, true],
    ]);
    expect(result.lastUid).toBe(0);
  });

  it('leaves what is tried by itself to that', () => {
    const result = run({
      entries: [known('a', 11, { accepted: false })],
      listed: [listed('a', 1)],
      isInRetryQueue: (key) => key[0] === 11,
    });
    expect(result).toMatchObject({ lastUid: 1, waiting: [], counts: { known: 1 } });
  });

  it('does not owe what was there before the connect', () => {
    const result = run({ entries: [known('a', 11, { posted: false, accepted: false })], listed: [listed('a', 1)] });
    expect(result).toMatchObject({ lastUid: 1, waiting: [] });
  });

  it('keeps its entries without a place if it is empty now, for folders into which they moved', () => {
    const result = run({ entries: [known('a', 11), known('b', 12)], listed: [], all: [], uidNext: 1 });
    expect(result).toMatchObject({ lastUid: 0, waiting: [], counts: { gone: 2 } });
    expect(result.entries.map(({ uid }) => uid)).toEqual([0, 0]);
  });
});
