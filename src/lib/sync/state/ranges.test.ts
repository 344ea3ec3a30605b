import { describe, expect, it } from 'vitest';
import type { UidGap } from '../../store/rows/rows.ts';
import { atMost, closeUid, complement, openUidGaps, searchedAgain, sizeOf, subtract, toRanges } from './ranges.ts';

const now = new Date('2026-11-22T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const uidGap = (from: number, to: number, more: Partial<UidGap> = {}): UidGap => ({
  from,
  to,
  tries: 0,
  since: ago(1),
  seen: false,
  ...more,
});
const range = (from: number, to: number) => ({ from, to });
const spans = (uidGaps: readonly { from: number; to: number }[]) => uidGaps.map(({ from, to }) => [from, to]);

describe('ranges', () => {
  it.each([
    [[], 1, 3, [[1, 3]]],
    [[1, 2, 3], 1, 3, []],
    [
      [2],
      1,
      3,
      [
        [1, 1],
        [3, 3],
      ],
    ],
    [
      [0, 5, 9],
      3,
      7,
      [
        [3, 4],
        [6, 7],
      ],
    ],
    [[4], 5, 4, []],
  ])('complement of %j in %i:%i is %j', (listed, from, to, gaps) => {
    expect(spans(complement(listed, from, to))).toEqual(gaps);
  });

  it('join what follows one another', () => {
    expect(spans(toRanges([1, 2, 3, 7, 9, 10]))).toEqual([
      [1, 3],
      [7, 7],
      [9, 10],
    ]);
    expect(toRanges([])).toEqual([]);
  });

  it('are made fewer over the smallest gaps', () => {
    const ranges = [range(1, 2), range(4, 5), range(50, 60), range(63, 70)];
    expect(spans(atMost(ranges, 3))).toEqual([
      [1, 5],
      [50, 60],
      [63, 70],
    ]);
    expect(spans(atMost(ranges, 2))).toEqual([
      [1, 5],
      [50, 70],
    ]);
    expect(spans(atMost(ranges, 9))).toEqual(spans(ranges));
  });

  it('leave out what is covered', () => {
    expect(spans(subtract(range(1, 100_000), [range(5, 10), range(90_000, 200_000)]))).toEqual([
      [1, 4],
      [11, 89_999],
    ]);
    expect(subtract(range(5, 6), [range(1, 9)])).toEqual([]);
  });

  it('are counted by their UIDs', () => {
    expect(sizeOf([range(1, 3), range(7, 7)])).toBe(4);
  });
});

describe('UID gaps', () => {
  it('open where there were none, and leave those alone that are open', () => {
    const { uidGaps, closed } = openUidGaps(
      [uidGap(5, 6, { tries: 2 })],
      { ranges: [range(1, 9)], sort: 'unseen' },
      now,
    );
    expect(uidGaps).toEqual([uidGap(1, 4, { since: now }), uidGap(5, 6, { tries: 2 }), uidGap(7, 9, { since: now })]);
    expect(closed).toEqual([]);
  });

  it('are cheap, however wide', () => {
    expect(openUidGaps([], { ranges: [range(1, 4_000_000_000)], sort: 'unseen' }, now).uidGaps).toHaveLength(1);
  });

  it('tell what was seen from what was not', () => {
    const { uidGaps } = openUidGaps([uidGap(1, 9)], { ranges: [range(4, 4)], sort: 'missing' }, now);
    expect(uidGaps).toEqual([uidGap(1, 3), uidGap(4, 4, { seen: true, tries: 1 }), uidGap(5, 9)]);
  });

  it('gaps beyond 64 close the oldest', () => {
    const open = Array.from({ length: 64 }, (_, n) => uidGap(n * 2 + 1, n * 2 + 1, { since: ago(n === 30 ? 9 : 1) }));
    const { uidGaps, closed } = openUidGaps(open, { ranges: [range(1000, 1001)], sort: 'unseen' }, now);
    expect(uidGaps).toHaveLength(64);
    expect(spans(closed)).toEqual([[61, 61]]);
  });

  it('gaps beyond 64 never close a message that is there: they are joined', () => {
    const uids = Array.from({ length: 100 }, (_, n) => n * 3 + 1);
    const { uidGaps, closed } = openUidGaps([], { ranges: toRanges(uids), sort: 'present' }, now);
    expect(closed).toEqual([]);
    expect(uidGaps.length).toBe(64);
    for (const uid of uids) expect(uidGaps.some(({ from, to }) => uid >= from && uid <= to)).toBe(true);
  });

  it('shrink as their messages are settled', () => {
    expect(spans(closeUid([uidGap(1, 3), uidGap(7, 7)], 2).uidGaps)).toEqual([
      [1, 1],
      [3, 3],
      [7, 7],
    ]);
    expect(spans(closeUid([uidGap(1, 3), uidGap(7, 7)], 7).uidGaps)).toEqual([[1, 3]]);
    expect(spans(closeUid([uidGap(1, 3)], 9).uidGaps)).toEqual([[1, 3]]);
  });

  it('gaps split into too many close the oldest and report it', () => {
    const all = Array.from({ length: 64 }, (_, n) => uidGap(n * 10 + 1, n * 10 + 3));
    const { uidGaps, closed } = closeUid(all, 632);
    expect(uidGaps).toHaveLength(64);
    expect(spans(closed)).toEqual([[1, 3]]);
  });

  it('are tried once more with every look, until they are gone', () => {
    let uidGaps: readonly UidGap[] = openUidGaps([], { ranges: [range(1, 2)], sort: 'unseen' }, ago(3)).uidGaps;
    for (let look = 1; look <= 2; look++) {
      const result = searchedAgain(uidGaps, [], now);
      expect(result.closed).toEqual([]);
      uidGaps = result.uidGaps;
    }
    const last = searchedAgain(uidGaps, [], now);
    expect(spans(last.closed)).toEqual([[1, 2]]);
    expect(last.uidGaps).toEqual([]);
  });

  it('wait for a message that shows again until it is delivered', () => {
    let uidGaps: readonly UidGap[] = openUidGaps([], { ranges: [range(1, 3)], sort: 'unseen' }, ago(60)).uidGaps;
    for (let look = 0; look < 2; look++) uidGaps = searchedAgain(uidGaps, [], now).uidGaps;
    for (let look = 0; look < 9; look++) uidGaps = searchedAgain(uidGaps, [2], now).uidGaps;
    expect(uidGaps).toEqual([uidGap(2, 2, { since: ago(60), seen: true, tries: 0 })]);
  });

  it('are given up as well if SEARCH shows them and FETCH never answers', () => {
    let uidGaps: readonly UidGap[] = openUidGaps([], { ranges: [range(5, 5)], sort: 'missing' }, ago(4)).uidGaps;
    let looks = 0;
    while (uidGaps.length > 0 && looks < 9) {
      looks += 1;
      uidGaps = searchedAgain(uidGaps, [5], now).uidGaps;
      expect(uidGaps).toHaveLength(1);
      uidGaps = openUidGaps(uidGaps, { ranges: [range(5, 5)], sort: 'missing' }, now).uidGaps;
    }
    expect(looks).toBe(3);
  });
});
