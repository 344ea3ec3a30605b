import { describe, expect, it } from 'vitest';
import type { BellState } from '../../store/rows/rows.ts';
import { bellAfter, eagerAfter, type Heard, isUnannounced } from './bell.ts';

const now = new Date('2026-11-30T10:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const heard = (change: Partial<Heard> = {}): Heard => ({
  isRung: false,
  isAnnounced: change.isRung ?? false,
  hasArrived: false,
  arrivals: [],
  ...change,
});

it.each([
  ['a bell that is ahead of the mail', 0, heard({ isRung: true }), 3],
  ['the first poll after that, still without mail', 3, heard({ isAnnounced: true }), 2],
  ['the last of these', 1, heard({ isAnnounced: true }), 0],
  ['the mail', 2, heard({ isAnnounced: true, hasArrived: true }), 0],
  ['a second bell, still ahead of it', 1, heard({ isRung: true }), 3],
  ['a bell with its mail', 0, heard({ isRung: true, hasArrived: true }), 0],
  ['a poll without a bell', 0, heard(), 0],
])('leaves, after %s, %i eager ticks at the next', (_, before, one, after) => {
  expect(eagerAfter(before, one)).toBe(after);
});

it.each([
  ['came within the minute', heard({ arrivals: [ago(59)] }), false],
  ['is a minute old to the second', heard({ arrivals: [ago(60)] }), false],
  ['came right after the look before', heard({ arrivals: [ago(600)] }), true],
  ['is older than a minute', heard({ arrivals: [ago(5), ago(61)] }), true],
  ['was announced', heard({ isRung: true, arrivals: [ago(61)] }), false],
  ['was announced before it was there', heard({ isAnnounced: true, arrivals: [ago(61)] }), false],
  ['is older than the look before: it was moved in', heard({ arrivals: [ago(601)] }), false],
  ['is not there', heard(), false],
])('mail that %s is unannounced: %#', (_, one, is) => {
  expect(isUnannounced(one, now, ago(600))).toBe(is);
});

describe('a bell', () => {
  const rings: BellState = { hears: 'rings', since: ago(9000) };
  const silent = (seconds: number): BellState => ({ hears: 'silent', since: ago(seconds) });
  const found = heard({ isRung: true, hasArrived: true });
  it.each([
    ['that nobody has heard yet is not known', undefined, heard(), false, undefined],
    ['that rings for mail rings', undefined, found, false, { hears: 'rings', since: now }],
    ['that rings for nothing says nothing', undefined, heard({ isRung: true }), false, undefined],
    ['that goes on ringing is as it was', rings, found, false, rings],
    ['that misses mail is silent', rings, heard(), true, { hears: 'silent', since: now }],
    ['that was never heard and misses mail is silent', undefined, heard(), true, { hears: 'silent', since: now }],
    ['that rings again soon is not relied on', silent(3500), found, false, silent(3500)],
    ['that rings again an hour later is relied on', silent(3600), found, false, { hears: 'rings', since: now }],
    ['that misses more stays silent for longer', silent(3600), heard(), true, { hears: 'silent', since: now }],
  ])('%s', (_, before, one, isMissed, after) => {
    expect(bellAfter(before, one, { isMissed, now })).toEqual(after);
  });
});
