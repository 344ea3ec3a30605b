import { describe, expect, it } from 'vitest';
import { runBudgetMs } from './run-context.ts';
import {
  type BellWakeUp,
  dropReason,
  parseBell,
  parseWakeUp,
  putBack,
  type ShardWakeUp,
  tickAt,
  workingTick,
} from './wake-up.ts';

const wakeUp = (change: Partial<ShardWakeUp> = {}): ShardWakeUp => ({
  v: 1,
  kind: 'shard',
  shard: 1,
  tick: 100,
  cont: 0,
  why: 'tick',
  ...change,
});
const known = (tick: number, intervalSeconds = 60) => ({ tick, intervalSeconds });

describe('a wake-up', () => {
  it.each([
    ['is worked on when its tick is new', wakeUp(), 100, known(99), undefined],
    ['is dropped when its tick was worked on', wakeUp(), 100, known(100), 'seen'],
    ['is dropped when a later tick was worked on', wakeUp(), 100, known(101), 'seen'],
    ['is worked on again as a continuation', wakeUp({ why: 'continue', cont: 1 }), 100, known(100), undefined],
    ['is worked on when it was asked for', wakeUp({ why: 'asked' }), 100, known(100), undefined],
    ['is worked on for housekeeping', wakeUp({ why: 'housekeeping' }), 100, known(100), undefined],
    ['is worked on two ticks late', wakeUp(), 102, known(99), undefined],
    ['is dropped three ticks late', wakeUp(), 103, known(99), 'old'],
    ['is dropped three ticks late as a continuation, too', wakeUp({ why: 'continue' }), 103, known(99), 'old'],
    ['is not compared with ticks of another length', wakeUp(), 100, known(3000, 2), undefined],
  ])('%s', (_name, one, now, row, reason) => {
    expect(dropReason(one, { tick: now, intervalSeconds: 60 }, row)).toBe(reason);
  });

  it('sets the tick of its run, but never one far ahead', () => {
    expect(workingTick(wakeUp({ tick: 99 }), 100)).toBe(99);
    expect(workingTick(wakeUp({ tick: 101 }), 100)).toBe(101);
    expect(workingTick(wakeUp({ tick: 3000 }), 100)).toBe(101);
  });

  it('counts ticks from 1970 in the server\u2019s time', () => {
    expect(tickAt(0, 60)).toBe(0);
    expect(tickAt(59_999, 60)).toBe(0);
    expect(tickAt(60_000, 60)).toBe(1);
  });

  it.each([
    undefined,
    null,
    '',
    'text',
    [],
    {},
    { v: 2, kind: 'shard', shard: 1, tick: 1, cont: 0, why: 'tick' },
    { v: 1, kind: 'send', submission: 'sub_1' },
    { v: 1, kind: 'shard', shard: -1, tick: 1, cont: 0, why: 'tick' },
    { v: 1, kind: 'shard', shard: 1.5, tick: 1, cont: 0, why: 'tick' },
    { v: 1, kind: 'shard', shard: 1, tick: '1', cont: 0, why: 'tick' },
    { v: 1, kind: 'shard', shard: 1, tick: 1, cont: 0, why: 'because' },
  ])('is not made of %j', (message) => {
    expect(parseWakeUp(message)).toBeUndefined();
  });

  it('survives the queue', () => {
    expect(parseWakeUp(JSON.parse(JSON.stringify(wakeUp({ why: 'continue', cont: 3 }))))).toEqual(
      wakeUp({ why: 'continue', cont: 3 }),
    );
  });
});

describe('a bell', () => {
  const bell: BellWakeUp = { v: 1, kind: 'bell', mailbox: 'mbx_0001_abcdefghijklmnop', tries: 0 };

  it.each([
    ['names a mailbox', bell, bell],
    ['of no mailbox is none', { ...bell, mailbox: 'mbx_1' }, undefined],
    ['of another version is none', { ...bell, v: 2 }, undefined],
    ['is no wake-up of a shard', wakeUp(), undefined],
  ])('%s', (_, message, parsed) => {
    expect(parseBell(message)).toEqual(parsed);
    expect(parseWakeUp(bell)).toBeUndefined();
  });

  it('is put back for longer each time, for longer in all than a run lasts, and then no more', () => {
    const waits: number[] = [];
    for (let again = putBack(bell); again !== undefined; again = putBack(again.bell)) {
      waits.push(again.afterMs);
      expect(again.bell).toEqual({ ...bell, tries: waits.length });
    }
    expect(waits).toEqual([1000, 2000, 3000, 5000, 8000, 13_000, 21_000]);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(runBudgetMs);
  });
});
