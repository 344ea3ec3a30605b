import { hourMs } from '../../domain/duration.ts';
import type { MessageFlags } from '../../mailbox/session/session.ts';
import type { CursorRow, RecentMessage } from '../../store/rows/rows.ts';

/** Flags and removals are followed for this long, and of no more messages than this. */
const followedDays = 14;
const mostFollowed = 1_000;

/** What the counts of a folder do not show (one mail read, another marked unread) is found within this time. */
const everyMs = hourMs;

/** Whether the flags of a folder are to be compared now. Pure. */
export const isComparisonDue = ({ flagsAt }: Pick<CursorRow, 'flagsAt'>, now: Date): boolean =>
  flagsAt === undefined || now.getTime() - flagsAt.getTime() >= everyMs;

/**
 * Whether the counts of a folder changed by more than its new mail explains. Pure. New mail is taken for unread, but in
 * the sent folder. Where that is wrong, the flags are compared without need.
 */
export function doCountsTell(
  known: Pick<CursorRow, 'role' | 'uidNextSeen' | 'messages' | 'unseen'>,
  status: { readonly uidNext: number; readonly messages: number; readonly unseen: number },
): boolean {
  const arrived = Math.max(0, status.uidNext - known.uidNextSeen);
  const unread = known.role === 'sent' ? 0 : arrived;
  return status.messages !== known.messages + arrived || status.unseen !== known.unseen + unread;
}

/**
 * The messages whose flags are compared: accepted, of the last 14 days, the newest 1,000. One that a renumbered folder did
 * not show has no UID to ask for, and is as missing as any that does not answer. Pure.
 */
export function followed(entries: readonly RecentMessage[], today: number): readonly RecentMessage[] {
  return entries
    .filter((entry) => entry.accepted && entry.gone !== 'told' && entry.day >= today - followedDays)
    .sort((a, b) => b.day - a.day || b.uid - a.uid)
    .slice(0, mostFollowed);
}

/** What a comparison finds; each entry as it is from now on. */
export interface Differences {
  /** Other flags than those that were told. */
  readonly changed: readonly RecentMessage[];
  /** Missing for the first time, or back again. No event is sent for these yet. */
  readonly marked: readonly RecentMessage[];
  /** Not there before either, and nowhere else since: perhaps removed. */
  readonly lost: readonly RecentMessage[];
  /** True if messages are marked as missing that were not looked for everywhere yet. */
  readonly isPending: boolean;
}

/**
 * Compares recent-message entries with the flags that the server answers. Pure.
 * @param isSearched whether all watched folders were searched for new mail since the marks that the entries bear: what
 * moved would have been found, and its entry taken over
 */
export function compare(
  entries: readonly RecentMessage[],
  fetched: readonly MessageFlags[],
  isSearched: boolean,
): Differences {
  const flags = new Map(fetched.map((each) => [each.uid, each]));
  const changed: RecentMessage[] = [];
  const marked: RecentMessage[] = [];
  const lost: RecentMessage[] = [];
  let isPending = false;
  for (const entry of entries) {
    const now = flags.get(entry.uid);
    if (now === undefined) {
      if (entry.gone === undefined) marked.push({ ...entry, gone: 'missing' });
      else if (isSearched) lost.push(entry);
      isPending ||= entry.gone === undefined || !isSearched;
      continue;
    }
    const { seen, flagged, answered: replied } = now;
    const next = { ...told(present(entry)), seen, flagged, answered: replied };
    if (entry.untold === true || !hasFlags(entry, next)) changed.push(next);
    else if (entry.gone !== undefined) marked.push(next);
  }
  return { changed, marked, lost, isPending };
}

/** The entry of a message that is there. */
export function present({ gone: _, ...entry }: RecentMessage): RecentMessage {
  return entry;
}

/** The entry of a message of which the receiver knows everything. */
export function told({ untold: _, ...entry }: RecentMessage): RecentMessage {
  return entry;
}

type Flags = Pick<RecentMessage, 'seen' | 'flagged' | 'answered'>;

const hasFlags = (entry: Flags, flags: Flags): boolean =>
  entry.seen === flags.seen && entry.flagged === flags.flagged && entry.answered === flags.answered;

/**
 * The entry of a message that goes out with the flags that it has now. If it was posted before with others, or from
 * another place, its receiver may have it like that, and leaves aside what comes again under the same id. Pure.
 */
export function postedAs(entry: RecentMessage, { seen, flagged, answered }: Flags, isElsewhere = false): RecentMessage {
  const flags = { seen, flagged, answered };
  const isOther = entry.posted && (isElsewhere || !hasFlags(entry, flags));
  return { ...entry, ...flags, posted: true, ...(isOther ? { untold: true } : {}) };
}
