import { describe, expect, it } from 'vitest';
import { mailbox } from '../../../../test/support/rows.ts';
import type { Backfill, CursorRow } from '../rows/rows.ts';
import { firstSyncOf } from './first-sync.ts';

const since = new Date('2026-10-22T08:00:00Z');
const now = new Date('2026-11-22T08:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);

const begun: Backfill = {
  uid: 500,
  at: new Date('2026-11-10T08:00:00Z'),
  fromUid: 400,
  done: 90,
  total: 300,
  countedFrom: since,
  spell: { since: ago(130), last: ago(10), doneBefore: 30 },
  failingSince: undefined,
  missing: undefined,
};
const finished: Backfill = { ...begun, at: since, fromUid: 0, done: 40, total: 40, spell: undefined };

function shownFor(
  backfills: readonly (Backfill | undefined)[],
  how: { state?: 'active' | 'paused'; syncFrom?: Date | undefined } = {},
) {
  const { folders } = mailbox;
  const cursors = backfills.map((backfill, index): CursorRow => {
    const { id: folderId = '', path = '', role } = folders[index] ?? {};
    return {
      mailboxId: mailbox.id,
      folderId,
      path,
      role,
      uidValidity: 7n,
      lastUid: 500,
      acked: [],
      uidGaps: [],
      fresh: [],
      uidNextSeen: 501,
      messages: 500,
      unseen: 0,
      lastInternalDate: now,
      headSince: undefined,
      retries: 0,
      retryAt: undefined,
      baselineFrom: undefined,
      backfill,
    };
  });
  const syncFrom = 'syncFrom' in how ? how.syncFrom : since;
  return firstSyncOf({ folders, syncFrom }, how.state ?? 'active', cursors, now);
}

describe('how the first sync of a mailbox goes', () => {
  it('is told with its pace, measured since it last went on, and the time that is left', () => {
    expect(shownFor([begun, finished])).toEqual({
      state: 'running',
      since,
      done: 130,
      total: 340,
      ratePerMinute: 30,
      secondsLeft: 420,
    });
  });

  it.each([
    ['before anybody has looked', [undefined, undefined], { done: 0, total: undefined }],
    ['while one folder is not counted', [begun, { ...begun, countedFrom: undefined }], { total: undefined }],
    ['after another instant was asked for', [{ ...begun, countedFrom: ago(0) }, finished], { total: undefined }],
  ])('has no total %s', (_, backfills, told) => {
    expect(shownFor(backfills)).toMatchObject(told);
  });

  it.each([
    ['it has not begun', [{ ...begun, spell: undefined }, finished], {}],
    [
      'it has stood still for long',
      [{ ...begun, spell: { since: ago(900), last: ago(400), doneBefore: 0 } }, finished],
      {},
    ],
    ['the mailbox is paused', [begun, finished], { state: 'paused' as const }],
  ])('waits when %s, and has no pace then', (_, backfills, how) => {
    expect(shownFor(backfills, how)).toMatchObject({
      state: 'waiting',
      ratePerMinute: undefined,
      secondsLeft: undefined,
    });
  });

  it('has no pace as long as there is nothing to measure', () => {
    for (const spell of [
      { since: ago(1), last: ago(1), doneBefore: 90 },
      { since: ago(1), last: ago(0.998), doneBefore: 85 },
    ]) {
      const shown = shownFor([{ ...begun, spell }, finished]);
      expect(shown).toMatchObject({ state: 'running', ratePerMinute: undefined, secondsLeft: undefined });
    }
  });

  it('is done when every folder is, with as many messages as there were', () => {
    expect(shownFor([{ ...finished, done: 299, total: 300 }, finished])).toMatchObject({
      state: 'done',
      done: 339,
      total: 339,
      secondsLeft: undefined,
    });
    expect(shownFor([finished])).toMatchObject({ state: 'waiting', total: undefined });
  });

  it('never shows more done than there are', () => {
    expect(shownFor([{ ...begun, total: 50 }, finished])).toMatchObject({ done: 130, total: 130, secondsLeft: 0 });
  });

  it('is not there where no mail from before is wanted', () => {
    expect(shownFor([begun, finished], { syncFrom: undefined })).toBeUndefined();
  });
});
