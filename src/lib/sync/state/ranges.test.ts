import { describe, expect, it } from 'vitest';
import type { Hole } from '../../store/rows/rows.ts';
import { atMost, closeUid, complement, lookedAt, openHoles, sizeOf, subtract, toRanges } from './ranges.ts';

const now = new Date('2026-11-22T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const hole = (from: number, to: number, more: Partial<Hole> = {}): Hole => ({
  from,
  to,
  tries: 0,
  since: ago(1),
  seen: false,
  ...more,
});
const range = (from: number, to: number) => ({ from, to });
const spans = (holes: readonly { from: number; to: number }[]) => holes.map(({ from, to }) => [from, to]);

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

describe('holes', () => {
  it('open where there were none, and leave those alone that are open', () => {
    const { holes, closed } = openHoles([hole(5, 6, { tries: 2 })], [range(1, 9)], now, 'unseen');
    expect(holes).toEqual([hole(1, 4, { since: now }), hole(5, 6, { tries: 2 }), hole(7, 9, { since: now })]);
    expect(closed).toEqual([]);
  });

  it('are cheap, however wide', () => {
    expect(openHoles([], [range(1, 4_000_000_000)], now, 'unseen').holes).toHaveLength(1);
  });

  it('tell what was seen from what was not', () => {
    const { holes } = openHoles([hole(1, 9)], [range(4, 4)], now, 'missing');
    expect(holes).toEqual([hole(1, 3), hole(4, 4, { seen: true, tries: 1 }), hole(5, 9)]);
  });

  it('beyond 64 close the oldest', () => {
    const open = Array.from({ length: 64 }, (_, n) => hole(n * 2 + 1, n * 2 + 1, { since: ago(n === 30 ? 9 : 1) }));
    const { holes, closed } = openHoles(open, [range(1000, 1001)], now, 'unseen');
    expect(holes).toHaveLength(64);
    expect(spans(closed)).toEqual([[61, 61]]);
  });

  it('beyond 64 never close a message that is there: they are joined', () => {
    const uids = Array.from({ length: 100 }, (_, n) => n * 3 + 1);
    const { holes, closed } = openHoles([], toRanges(uids), now, 'present');
    expect(closed).toEqual([]);
    expect(holes.length).toBe(64);
    for (const uid of uids) expect(holes.some(({ from, to }) => uid >= from && uid <= to)).toBe(true);
  });

  it('shrink as their messages are settled', () => {
    expect(spans(closeUid([hole(1, 3), hole(7, 7)], 2).holes)).toEqual([
      [1, 1],
      [3, 3],
      [7, 7],
    ]);
    expect(spans(closeUid([hole(1, 3), hole(7, 7)], 7).holes)).toEqual([[1, 3]]);
    expect(spans(closeUid([hole(1, 3)], 9).holes)).toEqual([[1, 3]]);
  });

  it('that are parted into too many close the oldest, and say so', () => {
    const all = Array.from({ length: 64 }, (_, n) => hole(n * 10 + 1, n * 10 + 3));
    const { holes, closed } = closeUid(all, 632);
    expect(holes).toHaveLength(64);
    expect(spans(closed)).toEqual([[1, 3]]);
  });

  it('are tried once more with every look, until they are gone', () => {
    let holes: readonly Hole[] = openHoles([], [range(1, 2)], ago(3), 'unseen').holes;
    for (let look = 1; look <= 2; look++) {
      const result = lookedAt(holes, [], now);
      expect(result.closed).toEqual([]);
      holes = result.holes;
    }
    const last = lookedAt(holes, [], now);
    expect(spans(last.closed)).toEqual([[1, 2]]);
    expect(last.holes).toEqual([]);
  });

  it('whose message shows again wait for it however long that takes to be delivered', () => {
    let holes: readonly Hole[] = openHoles([], [range(1, 3)], ago(60), 'unseen').holes;
    for (let look = 0; look < 2; look++) holes = lookedAt(holes, [], now).holes;
    for (let look = 0; look < 9; look++) holes = lookedAt(holes, [2], now).holes;
    expect(holes).toEqual([hole(2, 2, { since: ago(60), seen: true, tries: 0 })]);
  });

  it('that SEARCH shows and FETCH never answers are given up as well', () => {
    let holes: readonly Hole[] = openHoles([], [range(5, 5)], ago(4), 'missing').holes;
    let looks = 0;
    while (holes.length > 0 && looks < 9) {
      looks += 1;
      holes = lookedAt(holes, [5], now).holes;
      expect(holes).toHaveLength(1);
      holes = openHoles(holes, [range(5, 5)], now, 'missing').holes;
    }
    expect(looks).toBe(3);
  });
});
