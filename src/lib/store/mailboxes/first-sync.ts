import type { Backfill, CursorRow, MailboxRow, MailboxState } from '../rows/rows.ts';

/** How the first sync of a mailbox goes, over all its folders. */
export interface FirstSync {
  /** `waiting`: it has not begun, or something is in its way. */
  readonly state: 'waiting' | 'running' | 'done';
  readonly since: Date;
  /** Messages that are done: delivered, known before, kept back by the filter, or gone by then. */
  readonly done: number;
  /** Undefined until they are counted. */
  readonly total: number | undefined;
  /** Measured since it last went on; undefined while it does not, and until there is something to measure. */
  readonly ratePerMinute: number | undefined;
  readonly secondsLeft: number | undefined;
}

/** Work that stops for longer than this was interrupted: a new pace is measured from then on. */
export const spellPauseMs = 5 * 60_000;

/** A shorter time gives no pace: five messages in two milliseconds are not 150,000 a minute. */
const paceFromMs = 1000;

/** A folder that is missing does not keep the others. */
const goes: ReadonlySet<MailboxState> = new Set(['active', 'degraded']);

/** Whether everything from `since` on is done. Pure. */
export const isFinished = ({ at, fromUid }: Backfill, since: Date): boolean =>
  at !== undefined && (at < since || (at.getTime() === since.getTime() && fromUid === 0));

/** Undefined where no mail from before is wanted. Pure. @param cursors those of the mailbox's folders */
export function firstSyncOf(
  { syncFrom: since, folders }: Pick<MailboxRow, 'syncFrom' | 'folders'>,
  shown: MailboxState,
  cursors: readonly CursorRow[],
  now: Date,
): FirstSync | undefined {
  if (since === undefined) return undefined;
  const all = folders.map(({ id }) => cursors.find((cursor) => cursor.folderId === id)?.backfill);
  const begun = all.filter((each) => each !== undefined);
  const done = sum(begun.map((each) => each.done));
  const totals = all.map((each) => each && totalOf(each, since));
  const total = totals.every((each) => each !== undefined) ? sum(totals) : undefined;
  if (all.every((each) => each !== undefined && isFinished(each, since))) {
    return { state: 'done', since, done, total: done, ratePerMinute: undefined, secondsLeft: undefined };
  }
  const going = begun
    .filter(({ spell }) => spell !== undefined && now.getTime() - spell.last.getTime() <= spellPauseMs)
    .sort((a, b) => (b.spell?.last.getTime() ?? 0) - (a.spell?.last.getTime() ?? 0));
  const current = goes.has(shown) ? going[0] : undefined;
  const ratePerMinute = current && rateOf(current);
  return {
    state: current === undefined ? 'waiting' : 'running',
    since,
    done,
    total,
    ratePerMinute: ratePerMinute === undefined ? undefined : Math.round(ratePerMinute),
    secondsLeft:
      ratePerMinute === undefined || total === undefined
        ? undefined
        : Math.ceil((Math.max(0, total - done) / ratePerMinute) * 60),
  };
}

/** What was counted is only as exact as a day is; at the end it is what was done. */
function totalOf(backfill: Backfill, since: Date): number | undefined {
  if (isFinished(backfill, since)) return backfill.done;
  return backfill.countedFrom?.getTime() === since.getTime() ? Math.max(backfill.total, backfill.done) : undefined;
}

function rateOf({ spell, done }: Backfill): number | undefined {
  if (spell === undefined) return undefined;
  const ms = spell.last.getTime() - spell.since.getTime();
  return ms >= paceFromMs && done > spell.doneBefore ? ((done - spell.doneBefore) / ms) * 60_000 : undefined;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
