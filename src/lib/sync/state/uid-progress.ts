import { windowSizes } from '../../domain/events/window-size.ts';
import type { UidRange } from '../../mailbox/session/plan.ts';
import { cursorLimits } from '../../store/rows/cursor-row.ts';
import type { CursorRow, RecentMessage, UidGap } from '../../store/rows/rows.ts';
import { closeUid, complement, openUidGaps, searchedAgain, type UidGapKind } from './ranges.ts';

/** How far the UIDs of a folder are settled: the cursor, what is settled above it, and the UID gaps below. */
export interface UidProgress {
  /** `listed`: the UIDs that SEARCH shows in (lastUid, top], ascending. Those not settled before hold the cursor. */
  setRange(listed: readonly number[], top: number): void;
  /** UIDs of the range that are not settled, ascending. */
  readonly unsettled: readonly number[];
  /** The first of them, which holds the cursor. */
  readonly headUid: number | undefined;
  /** How many UIDs above the cursor are settled already. */
  readonly ahead: number;
  /**
   * `uid` needs no more work in its place; the cursor moves as far as everything below is settled too. UIDs that it
   * passes and SEARCH had left out become UID gaps. @returns UID gaps that were closed for want of room
   */
  settle(uid: number, now: Date): readonly UidGap[];
  /** Moves the cursor over what needs no settling, such as a range in which nothing is listed. */
  advance(now: Date): readonly UidGap[];
  /** The same for a UID whose content did not come: it becomes a UID gap and no longer holds the cursor. */
  miss(uid: number, now: Date): readonly UidGap[];
  openUidGaps(ranges: readonly UidRange[], now: Date, sort: UidGapKind): readonly UidGap[];
  searchedUidGaps(found: readonly number[], now: Date): readonly UidGap[];
  /**
   * Another place has taken over the message of `uid`: it is settled here. 0 stands for none.
   * @returns UID gaps that were closed for want of room
   */
  takeAway(uid: number, now: Date): readonly UidGap[];
  /** Forgets the range: the UIDs have changed their meaning. */
  restart(): void;
}

interface ProgressParts {
  readonly cursor: CursorRow;
  readonly change: (values: Partial<CursorRow>) => void;
  /** The recent messages: one that was posted is known to have been there. */
  readonly entries: () => readonly RecentMessage[];
}

export function createUidProgress({ cursor, change, entries }: ProgressParts): UidProgress {
  let range: { listed: readonly number[]; at: number; top: number } = { listed: [], at: 0, top: 0 };
  let unsettled = new Set<number>();

  function setUidGaps(next: {
    readonly uidGaps: readonly UidGap[];
    readonly closed: readonly UidGap[];
  }): readonly UidGap[] {
    change({ uidGaps: next.uidGaps });
    return next.closed;
  }

  function advance(now: Date): readonly UidGap[] {
    const { listed, top } = range;
    const passed: number[] = [];
    let at = range.at;
    for (; at < listed.length; at++) {
      const uid = listed[at];
      if (uid === undefined || unsettled.has(uid)) break;
      passed.push(uid);
    }
    const head = listed[at];
    const lastUid = Math.max(cursor.lastUid, head === undefined ? top : head - 1);
    if (lastUid === cursor.lastUid) return [];
    range = { ...range, at };
    const gaps = complement(passed, cursor.lastUid + 1, lastUid);
    change({ lastUid, acked: cursor.acked.filter((uid) => uid > lastUid), headSince: undefined });
    if (gaps.length === 0) return [];
    const closed = setUidGaps(openUidGaps(cursor.uidGaps, { ranges: gaps, sort: 'unseen' }, now));
    // A message that was posted before was seen, although SEARCH leaves it out now: if it is gone, an event with its
    // key is sent.
    const missing = entries().flatMap(({ uid, posted, accepted }) =>
      posted && !accepted && gaps.some((gap) => uid >= gap.from && uid <= gap.to) ? [{ from: uid, to: uid }] : [],
    );
    return missing.length === 0
      ? closed
      : [...closed, ...setUidGaps(openUidGaps(cursor.uidGaps, { ranges: missing, sort: 'missing' }, now))];
  }

  function settle(uid: number, now: Date): readonly UidGap[] {
    const isInUidGap = cursor.uidGaps.some((uidGap) => uid >= uidGap.from && uid <= uidGap.to);
    const closed = isInUidGap ? setUidGaps(closeUid(cursor.uidGaps, uid)) : [];
    // It was the first in line, and its failures are not those of the message that comes to be it now.
    if (isInUidGap && cursor.headSince !== undefined) change({ headSince: undefined });
    return [...closed, ...pass(uid, now)];
  }

  function pass(uid: number, now: Date): readonly UidGap[] {
    if (!unsettled.delete(uid)) return [];
    change({ acked: [...cursor.acked, uid].sort((a, b) => a - b) });
    return advance(now);
  }

  return {
    takeAway(uid, now) {
      if (uid === 0 || unsettled.has(uid) || uid <= cursor.lastUid) return settle(uid, now);
      if (cursor.acked.length < cursorLimits.acked) {
        change({ acked: [...new Set([...cursor.acked, uid])].sort((a, b) => a - b) });
      }
      return [];
    },

    setRange(listed, top) {
      const settled = new Set(cursor.acked);
      const all = [...new Set([...listed, ...cursor.acked])]
        .filter((uid) => uid > cursor.lastUid)
        .sort((a, b) => a - b);
      range = { listed: all, at: 0, top };
      unsettled = new Set(all.filter((uid) => !settled.has(uid)));
    },
    get unsettled() {
      return [...unsettled];
    },
    get headUid() {
      return unsettled.size === 0 ? undefined : range.listed[range.at];
    },
    get ahead() {
      return cursor.acked.length;
    },
    settle,
    advance,
    miss(uid, now) {
      const closed = setUidGaps(
        openUidGaps(cursor.uidGaps, { ranges: [{ from: uid, to: uid }], sort: 'missing' }, now),
      );
      // The row has room for so many settled UIDs above the head; what does not come beyond that waits in its place.
      const hasRoom = cursor.acked.length < cursorLimits.acked - 2 * windowSizes.most || uid === range.listed[range.at];
      return hasRoom ? [...closed, ...pass(uid, now)] : closed;
    },
    openUidGaps: (ranges, now, sort) => setUidGaps(openUidGaps(cursor.uidGaps, { ranges, sort }, now)),
    searchedUidGaps: (found, now) => setUidGaps(searchedAgain(cursor.uidGaps, found, now)),
    restart() {
      range = { listed: [], at: 0, top: 0 };
      unsettled = new Set();
    },
  };
}
