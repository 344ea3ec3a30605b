import { describe, expect, it } from 'vitest';
import type { UidGap } from '../../store/rows/rows.ts';
import { isGone, isIdle, type PollPlan, type PollState, planPoll } from './plan.ts';

const now = new Date('2026-11-22T12:00:00Z');
const connected = new Date('2026-11-20T08:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const uidGap = (change: Partial<UidGap> = {}): UidGap => ({
  from: 3,
  to: 4,
  tries: 0,
  since: ago(60_000),
  seen: false,
  ...change,
});

const state: PollState = {
  uidValidity: 7n,
  lastUid: 10,
  uidNextSeen: 11,
  uidGaps: [],
  lastInternalDate: ago(3_600_000),
  retryAt: undefined,
  baselineFrom: undefined,
};
const poll = { kind: 'poll', fillRecentMessages: false, fresh: undefined, uidGaps: [], retries: false } as const;
const byDate = { kind: 'baseline', since: new Date('2026-11-20T07:58:00Z') } as const;

const cases: [string, PollState | undefined, { uidNext: number; uidValidity: bigint }, PollPlan][] = [
  ['a folder without a cursor is baselined by date', undefined, { uidNext: 11, uidValidity: 7n }, byDate],
  [
    'a connect that could not reach the server is baselined from its own instant',
    { ...state, baselineFrom: ago(600_000), uidValidity: 0n },
    { uidNext: 11, uidValidity: 7n },
    { kind: 'baseline', since: ago(600_000) },
  ],
  [
    'a first look fills the recent messages',
    { ...state, lastInternalDate: undefined },
    { uidNext: 11, uidValidity: 7n },
    { ...poll, fillRecentMessages: true },
  ],
  [
    'a first look also takes what has arrived since the connect',
    { ...state, lastInternalDate: undefined },
    { uidNext: 13, uidValidity: 7n },
    { ...poll, fillRecentMessages: true, fresh: { from: 11, to: 12 } },
  ],
  [
    'a validity that changed before the first look leaves only the date',
    { ...state, lastInternalDate: undefined },
    { uidNext: 11, uidValidity: 8n },
    byDate,
  ],
  [
    'a UIDNEXT that fell before the first look leaves only the date',
    { ...state, lastInternalDate: undefined },
    { uidNext: 5, uidValidity: 7n },
    byDate,
  ],
  ['nothing new', state, { uidNext: 11, uidValidity: 7n }, poll],
  ['one message', state, { uidNext: 12, uidValidity: 7n }, { ...poll, fresh: { from: 11, to: 11 } }],
  ['a range has an explicit end', state, { uidNext: 101, uidValidity: 7n }, { ...poll, fresh: { from: 11, to: 100 } }],
  ['a changed validity is a reset', state, { uidNext: 500, uidValidity: 8n }, { kind: 'reset', cause: 'validity' }],
  [
    'a UIDNEXT at or below the cursor and lower than before is a reset',
    state,
    { uidNext: 10, uidValidity: 7n },
    { kind: 'reset', cause: 'uidnext' },
  ],
  [
    'a UIDNEXT lower than before but above the cursor is lag of a replica: what it shows is taken',
    { ...state, uidNextSeen: 30 },
    { uidNext: 15, uidValidity: 7n },
    { ...poll, fresh: { from: 11, to: 14 } },
  ],
  [
    'a UIDNEXT below the cursor but never seen higher is no reset',
    { ...state, uidNextSeen: 8 },
    { uidNext: 8, uidValidity: 7n },
    poll,
  ],
  [
    'UID gaps are looked at in every poll',
    { ...state, uidGaps: [uidGap()] },
    { uidNext: 11, uidValidity: 7n },
    { ...poll, uidGaps: [uidGap()] },
  ],
  ['retries that are due', { ...state, retryAt: ago(0) }, { uidNext: 11, uidValidity: 7n }, { ...poll, retries: true }],
  ['retries that are not due yet', { ...state, retryAt: ago(-1000) }, { uidNext: 11, uidValidity: 7n }, poll],
];

describe('planPoll', () => {
  it.each(cases)('%s', (_name, folder, status, plan) => {
    expect(planPoll(folder, status, now, connected)).toEqual(plan);
  });

  it('calls idle only what asks the server for nothing', () => {
    expect(isIdle(poll)).toBe(true);
    expect(isIdle(byDate)).toBe(false);
    expect(isIdle({ kind: 'reset', cause: 'validity' })).toBe(false);
    expect(isIdle({ ...poll, fillRecentMessages: true })).toBe(false);
    expect(isIdle({ ...poll, retries: true })).toBe(false);
    expect(isIdle({ ...poll, uidGaps: [uidGap()] })).toBe(false);
    expect(isIdle({ ...poll, fresh: { from: 1, to: 1 } })).toBe(false);
  });
});

describe('a UID gap', () => {
  it.each([
    ['was looked for three times in three minutes', { tries: 3, since: ago(180_000) }, true],
    ['was looked for often, but in less than three minutes', { tries: 90, since: ago(179_999) }, false],
    ['was seen, and did not come again three times', { seen: true, tries: 4, since: ago(180_000) }, true],
    ['was seen, and did not come again twice', { seen: true, tries: 3, since: ago(180_000) }, false],
    ['is old, but was looked for twice only', { tries: 2, since: ago(86_400_000) }, false],
  ])('is, if it %s, considered gone: %s', (_name, change, gone) => {
    expect(isGone(uidGap(change), now)).toBe(gone);
  });
});
