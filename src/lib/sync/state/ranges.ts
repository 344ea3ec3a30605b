import { isGone, type UidRange } from '../../mailbox/session/plan.ts';
import { cursorLimits } from '../../store/rows/cursor-row.ts';
import type { UidGap } from '../../store/rows/rows.ts';

/** The UIDs of [from, to] that `listed` (ascending) leaves out. */
export function complement(listed: readonly number[], from: number, to: number): UidRange[] {
  const gaps: UidRange[] = [];
  let next = from;
  for (const uid of listed) {
    if (uid < next) continue;
    if (uid > to) break;
    if (uid > next) gaps.push({ from: next, to: uid - 1 });
    next = uid + 1;
  }
  if (next <= to) gaps.push({ from: next, to });
  return gaps;
}

/** `uids` (ascending) as ranges. */
export function toRanges(uids: readonly number[]): UidRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const uid of uids) {
    const last = ranges.at(-1);
    if (last !== undefined && uid === last.to + 1) last.to = uid;
    else ranges.push({ from: uid, to: uid });
  }
  return ranges;
}

/**
 * At most `most` ranges that cover all of `ranges` (ascending), by closing the smallest gaps between them: rather tell
 * a message that was known than miss one.
 */
export function atMost(ranges: readonly UidRange[], most: number): UidRange[] {
  const merged = ranges.map((range) => ({ ...range }));
  while (merged.length > most) {
    let best = 1;
    const gap = (index: number) => (merged[index]?.from ?? 0) - (merged[index - 1]?.to ?? 0);
    for (let index = 2; index < merged.length; index++) if (gap(index) < gap(best)) best = index;
    const [taken] = merged.splice(best, 1);
    const into = merged[best - 1];
    if (taken !== undefined && into !== undefined) into.to = taken.to;
  }
  return merged;
}

export const sizeOf = (ranges: readonly UidRange[]): number =>
  ranges.reduce((sum, range) => sum + range.to - range.from + 1, 0);

/** What `covers` leaves of `range`. */
export function subtract(range: UidRange, covers: readonly UidRange[]): UidRange[] {
  let left: UidRange[] = [{ from: range.from, to: range.to }];
  for (const cover of covers) left = left.flatMap((piece) => cut(piece, cover));
  return left;
}

/** What is left of `piece`, with everything else that it says, without [from, to]. */
function cut<T extends UidRange>(piece: T, { from, to }: UidRange): T[] {
  if (piece.to < from || piece.from > to) return [piece];
  const left: T[] = [];
  if (piece.from < from) left.push({ ...piece, to: from - 1 });
  if (piece.to > to) left.push({ ...piece, from: to + 1 });
  return left;
}

export interface UidGapChange {
  readonly uidGaps: readonly UidGap[];
  /** Given up: gone, or pushed out as the oldest because there were too many. */
  readonly closed: readonly UidGap[];
}

/**
 * UID gaps are of three sorts: `unseen` (SEARCH omits the UID), `missing` (SEARCH or FETCH once showed it, but its content
 * does not come), and `present` (it is there, and only waits to be delivered). A row tells them apart by `seen` and by
 * tries, which begin at 1 for what is missing.
 */
export type UidGapKind = 'unseen' | 'missing' | 'present';

const isPresent = (uidGap: UidGap): boolean => uidGap.seen && uidGap.tries === 0;

/**
 * Opens UID gaps for `ranges`. UIDs that already lie in a UID gap stay in it and keep its age; `missing` counts one
 * more try, and the gap is closed when its UIDs are considered gone. Beyond 64 the oldest are closed, but none whose
 * messages are present.
 */
export function openUidGaps(
  uidGaps: readonly UidGap[],
  { ranges, sort }: { readonly ranges: readonly UidRange[]; readonly sort: UidGapKind },
  now: Date,
): UidGapChange {
  const fresh = { since: now, seen: sort !== 'unseen', tries: sort === 'missing' ? 1 : 0 };
  let all = [...uidGaps];
  for (const range of ranges) {
    const uncovered = subtract(range, all);
    if (sort !== 'unseen') all = all.flatMap((uidGap) => resort(uidGap, range, sort));
    all.push(...uncovered.map((gap) => ({ ...fresh, ...gap })));
  }
  const gone =
    sort === 'missing'
      ? all.filter((uidGap) => isGone(uidGap, now) && ranges.some((range) => meets(uidGap, range)))
      : [];
  const { uidGaps: left, closed } = withinLimit(all.filter((uidGap) => !gone.includes(uidGap)));
  return { uidGaps: left, closed: [...gone, ...closed].sort((a, b) => a.from - b.from) };
}

const meets = (a: UidRange, b: UidRange): boolean => a.from <= b.to && a.to >= b.from;

/** `uidGap`, of which the part within `range` is of another sort now. */
function resort(uidGap: UidGap, range: UidRange, sort: 'missing' | 'present'): UidGap[] {
  const from = Math.max(uidGap.from, range.from);
  const to = Math.min(uidGap.to, range.to);
  if (from > to) return [uidGap];
  const tries = sort === 'present' ? 0 : uidGap.seen ? uidGap.tries + 1 : 1;
  return [...cut(uidGap, { from, to }), { ...uidGap, from, to, seen: true, tries }];
}

function withinLimit(uidGaps: readonly UidGap[]): UidGapChange {
  const all = joined(uidGaps);
  const surplus = all.length - cursorLimits.uidGaps;
  if (surplus <= 0) return { uidGaps: all, closed: [] };
  const closed = all
    .filter((uidGap) => !isPresent(uidGap))
    .sort((a, b) => a.since.getTime() - b.since.getTime() || a.from - b.from)
    .slice(0, surplus);
  const left = all.filter((uidGap) => !closed.includes(uidGap));
  const first = left[0];
  if (left.length <= cursorLimits.uidGaps || first === undefined) return { uidGaps: left, closed };
  // Nothing but messages that are there: ranges are joined over what lies between, which the recent messages or SEARCH sort out.
  return { uidGaps: atMost(left, cursorLimits.uidGaps).map((range) => ({ ...first, ...range })), closed };
}

/** In order, and neighbours that say the same as one. */
function joined(uidGaps: readonly UidGap[]): UidGap[] {
  const result: UidGap[] = [];
  for (const uidGap of [...uidGaps].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    const same =
      last !== undefined &&
      last.to + 1 === uidGap.from &&
      last.seen === uidGap.seen &&
      last.tries === uidGap.tries &&
      last.since.getTime() === uidGap.since.getTime();
    if (same) result[result.length - 1] = { ...last, to: uidGap.to };
    else result.push(uidGap);
  }
  return result;
}

/** The UID gaps without `uid`, which is settled. A UID gap that is parted by that may be one too many. */
export const closeUid = (uidGaps: readonly UidGap[], uid: number): UidGapChange =>
  withinLimit(uidGaps.flatMap((uidGap) => cut(uidGap, { from: uid, to: uid })));

/**
 * Notes one more SEARCH over all UID gaps, in which the server showed `found` (ascending). For the rest one more try is
 * counted, and a gap is closed when its UIDs are considered gone. A UID that is shown becomes present, or stays missing
 * if its content failed to arrive before.
 */
export function searchedAgain(uidGaps: readonly UidGap[], found: readonly number[], now: Date): UidGapChange {
  const missing = uidGaps.flatMap((uidGap) =>
    complement(found, uidGap.from, uidGap.to).map((gap) => ({ ...uidGap, ...gap, tries: uidGap.tries + 1 })),
  );
  const present = uidGaps.flatMap((uidGap) =>
    toRanges(found.filter((uid) => uid >= uidGap.from && uid <= uidGap.to)).map((range) => ({
      ...uidGap,
      ...range,
      seen: true,
      tries: uidGap.seen ? uidGap.tries : 0,
    })),
  );
  const gone = missing.filter((piece) => isGone(piece, now));
  const { uidGaps: left, closed } = withinLimit([...missing.filter((piece) => !gone.includes(piece)), ...present]);
  return { uidGaps: left, closed: [...gone, ...closed].sort((a, b) => a.from - b.from) };
}
