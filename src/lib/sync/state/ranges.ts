import { isGone, type UidRange } from '../../mailbox/session/plan.ts';
import { cursorLimits } from '../../store/rows/cursor-row.ts';
import type { Hole } from '../../store/rows/rows.ts';

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

export interface HoleChange {
  readonly holes: readonly Hole[];
  /** Given up: gone, or pushed out as the oldest because there were too many. */
  readonly closed: readonly Hole[];
}

/**
 * Holes are of three sorts: `unseen` (SEARCH omits the UID), `missing` (SEARCH or FETCH once showed it, but its content
 * does not come), and `present` (it is there, and only waits to be delivered). A row tells them apart by `seen` and by
 * tries, which begin at 1 for what is missing.
 */
export type HoleSort = 'unseen' | 'missing' | 'present';

const isPresent = (hole: Hole): boolean => hole.seen && hole.tries === 0;

/**
 * Opens holes for `ranges`. UIDs that lie in a hole already stay in theirs, with its age; what is missing has one try
 * more then, and is closed when it is gone for good. Beyond 64 the oldest are closed, but none whose messages are there.
 */
export function openHoles(holes: readonly Hole[], ranges: readonly UidRange[], now: Date, sort: HoleSort): HoleChange {
  const fresh = { since: now, seen: sort !== 'unseen', tries: sort === 'missing' ? 1 : 0 };
  let all = [...holes];
  for (const range of ranges) {
    const uncovered = subtract(range, all);
    if (sort !== 'unseen') all = all.flatMap((hole) => resort(hole, range, sort));
    all.push(...uncovered.map((gap) => ({ ...fresh, ...gap })));
  }
  const gone =
    sort === 'missing' ? all.filter((hole) => isGone(hole, now) && ranges.some((range) => meets(hole, range))) : [];
  const { holes: left, closed } = withinLimit(all.filter((hole) => !gone.includes(hole)));
  return { holes: left, closed: [...gone, ...closed].sort((a, b) => a.from - b.from) };
}

const meets = (a: UidRange, b: UidRange): boolean => a.from <= b.to && a.to >= b.from;

/** `hole`, of which the part within `range` is of another sort now. */
function resort(hole: Hole, range: UidRange, sort: 'missing' | 'present'): Hole[] {
  const from = Math.max(hole.from, range.from);
  const to = Math.min(hole.to, range.to);
  if (from > to) return [hole];
  const tries = sort === 'present' ? 0 : hole.seen ? hole.tries + 1 : 1;
  return [...cut(hole, { from, to }), { ...hole, from, to, seen: true, tries }];
}

function withinLimit(holes: readonly Hole[]): HoleChange {
  const all = joined(holes);
  const surplus = all.length - cursorLimits.holes;
  if (surplus <= 0) return { holes: all, closed: [] };
  const closed = all
    .filter((hole) => !isPresent(hole))
    .sort((a, b) => a.since.getTime() - b.since.getTime() || a.from - b.from)
    .slice(0, surplus);
  const left = all.filter((hole) => !closed.includes(hole));
  const first = left[0];
  if (left.length <= cursorLimits.holes || first === undefined) return { holes: left, closed };
  // Nothing but messages that are there: ranges are joined over what lies between, which the ring or SEARCH sorts out.
  return { holes: atMost(left, cursorLimits.holes).map((range) => ({ ...first, ...range })), closed };
}

/** In order, and neighbours that say the same as one. */
function joined(holes: readonly Hole[]): Hole[] {
  const result: Hole[] = [];
  for (const hole of [...holes].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    const same =
      last !== undefined &&
      last.to + 1 === hole.from &&
      last.seen === hole.seen &&
      last.tries === hole.tries &&
      last.since.getTime() === hole.since.getTime();
    if (same) result[result.length - 1] = { ...last, to: hole.to };
    else result.push(hole);
  }
  return result;
}

/** The holes without `uid`, which is settled. A hole that is parted by that may be one too many. */
export const closeUid = (holes: readonly Hole[], uid: number): HoleChange =>
  withinLimit(holes.flatMap((hole) => cut(hole, { from: uid, to: uid })));

/**
 * Notes one more SEARCH over all holes, in which the server showed `found` (ascending). The rest has one try more, and is
 * closed when it is gone for good. What is shown is present, or, if its content has not come before, as missing as it was.
 */
export function lookedAt(holes: readonly Hole[], found: readonly number[], now: Date): HoleChange {
  const missing = holes.flatMap((hole) =>
    complement(found, hole.from, hole.to).map((gap) => ({ ...hole, ...gap, tries: hole.tries + 1 })),
  );
  const present = holes.flatMap((hole) =>
    toRanges(found.filter((uid) => uid >= hole.from && uid <= hole.to)).map((range) => ({
      ...hole,
      ...range,
      seen: true,
      tries: hole.seen ? hole.tries : 0,
    })),
  );
  const gone = missing.filter((piece) => isGone(piece, now));
  const { holes: left, closed } = withinLimit([...missing.filter((piece) => !gone.includes(piece)), ...present]);
  return { holes: left, closed: [...gone, ...closed].sort((a, b) => a.from - b.from) };
}
