import { describe, expect, it } from 'vitest';
import type { RecentMessage } from '../../store/rows/rows.ts';
import { compare, doCountsTell, followed, isComparisonDue, postedAs, told } from './compare.ts';

const entry = (uid: number, change: Partial<RecentMessage> = {}): RecentMessage => ({
  key: new Uint8Array(16).fill(uid),
  hash: new Uint8Array(8).fill(uid),
  uid,
  posted: true,
  accepted: true,
  seen: false,
  flagged: false,
  answered: false,
  day: 100,
  ...change,
});
const flags = (uid: number, change: object = {}) => ({ uid, seen: false, flagged: false, answered: false, ...change });

describe('the counts of a folder', () => {
  const known = { role: undefined, uidNextSeen: 10, messages: 5, unseen: 2 };
  it.each([
    ['that are the same tell nothing', known, { uidNext: 10, messages: 5, unseen: 2 }, false],
    ['after new mail tell nothing', known, { uidNext: 12, messages: 7, unseen: 4 }, false],
    ['tell of one that was read', known, { uidNext: 10, messages: 5, unseen: 1 }, true],
    ['tell of one that is unread again', known, { uidNext: 10, messages: 5, unseen: 3 }, true],
    ['tell of one that went', known, { uidNext: 10, messages: 4, unseen: 2 }, true],
    ['tell of one that went while one came', known, { uidNext: 11, messages: 5, unseen: 3 }, true],
    ['tell of one that was read while one came', known, { uidNext: 11, messages: 6, unseen: 2 }, true],
    [
      'of the sent folder expect what is sent to be read',
      { ...known, role: 'sent' },
      { uidNext: 11, messages: 6, unseen: 2 },
      false,
    ],
  ] as const)('%s', (_name, before, status, tells) => {
    expect(doCountsTell(before, status)).toBe(tells);
  });
});

describe('a comparison', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  it.each([
    ['never made', undefined, true],
    ['an hour ago', new Date('2026-11-22T11:00:00Z'), true],
    ['a minute less ago', new Date('2026-11-22T11:01:00Z'), false],
  ])('is due or not after it was %s: %s', (_name, flagsAt, due) => {
    expect(isComparisonDue({ flagsAt }, now)).toBe(due);
  });

  it('follows what was accepted within 14 days, also if it has no place just now', () => {
    const entries = [
      entry(1),
      entry(2, { day: 86 }),
      entry(3, { day: 85 }),
      entry(4, { accepted: false }),
      entry(0),
      entry(5, { gone: 'told' }),
      entry(6, { gone: 'missing' }),
    ];
    expect(followed(entries, 100).map(({ uid }) => uid)).toEqual([6, 1, 0, 2]);
  });

  it('follows the newest thousand', () => {
    const entries = Array.from({ length: 1_024 }, (_, n) => entry(n + 1, { day: 99 + (n % 2) }));
    const found = followed(entries, 100);
    expect(found).toHaveLength(1_000);
    expect(found.slice(0, 512).every(({ day }) => day === 100)).toBe(true);
    expect(found.at(-1)?.uid).toBe(1_023 - 2 * 487);
  });

  it.each([
    ['the same flags', entry(1), [flags(1)], true, {}],
    ['another flag', entry(1), [flags(1, { answered: true })], true, { changed: [entry(1, { answered: true })] }],
    ['what nobody knows whether it was told', entry(1, { untold: true }), [flags(1)], true, { changed: [entry(1)] }],
    ['no answer, the first time', entry(1), [], true, { marked: [entry(1, { gone: 'missing' })], isPending: true }],
    ['no answer again', entry(1, { gone: 'missing' }), [], true, { lost: [entry(1, { gone: 'missing' })] }],
    ['no answer again, not looked for everywhere', entry(1, { gone: 'missing' }), [], false, { isPending: true }],
    ['an answer after all', entry(1, { gone: 'missing' }), [flags(1)], true, { marked: [entry(1)] }],
    [
      'an answer after all, with another flag',
      entry(1, { gone: 'missing' }),
      [flags(1, { seen: true })],
      true,
      { changed: [entry(1, { seen: true })] },
    ],
  ] as const)('finds %s', (_name, one, answers, isSearched, found) => {
    const nothing = { changed: [], marked: [], lost: [], isPending: false };
    expect(compare([one], answers, isSearched)).toStrictEqual({ ...nothing, ...found });
  });
});

describe('the entry of a message that is posted', () => {
  const owed = { accepted: false };
  it.each([
    ['for the first time', { ...owed, posted: false }, { seen: true }, false, { ...owed, seen: true }],
    ['again as it was', owed, {}, false, owed],
    ['again with another flag', owed, { seen: true }, false, { ...owed, seen: true, untold: true }],
    ['again from another place', owed, {}, true, { ...owed, untold: true }],
    ['by force with another flag', {}, { flagged: true }, false, { flagged: true, untold: true }],
    ['once more after that', { ...owed, untold: true }, {}, false, { ...owed, untold: true }],
  ] as const)('%s', (_name, before, now, isElsewhere, after) => {
    expect(postedAs(entry(1, before), flags(1, now), isElsewhere)).toStrictEqual(entry(1, after));
    expect(told(postedAs(entry(1, before), flags(1, now), isElsewhere))).not.toHaveProperty('untold');
  });
});
