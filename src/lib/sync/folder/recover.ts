import { hashKey } from '../../domain/mail/message-identity.ts';
import type { UidRange } from '../../mailbox/session/plan.ts';
import { cursorLimits } from '../../store/rows/cursor-row.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import type { RecentMessage } from '../../store/rows/rows.ts';
import { present } from '../state/compare.ts';
import { atMost, toRanges } from '../state/ranges.ts';

/** What is known of a folder whose UIDs have changed their meaning. */
export interface Renumbered {
  readonly entries: readonly RecentMessage[];
  /** Of a day up to here the recent messages may not know all messages. */
  readonly floor: number | undefined;
  readonly lastInternalDate: Date | undefined;
  /** What the folder shows now, as far as it was listed. */
  readonly listed: readonly { readonly uid: number; readonly hash: Uint8Array; readonly internalDate: Date }[];
  /** Every UID of the folder, ascending: those that are not in `listed` are older than the recent messages. */
  readonly all: readonly number[];
  readonly uidNext: number;
  /** Keys of messages that are tried by themselves, or were given up: they are not the folder's to deliver. */
  readonly isInRetryQueue: (key: Uint8Array) => boolean;
}

export interface Recovery {
  /** The recent messages under the new numbers; an entry whose message is not there has uid 0, and stays told if it was. */
  readonly entries: readonly RecentMessage[];
  readonly lastUid: number;
  /** Messages up to lastUid that wait for their delivery. */
  readonly waiting: readonly UidRange[];
  readonly counts: {
    readonly known: number;
    readonly announced: number;
    readonly assumedKnown: number;
    readonly gone: number;
  };
}

/**
 * Finds out what is new in a folder that was renumbered (UIDVALIDITY changed, or UIDNEXT fell). Pure.
 * A message whose hash is among the recent messages is known, and keeps its key; one of them that was posted and never
 * accepted is delivered under that key. An unknown one is new if the recent messages would know it if it were old: if it is later than
 * `floor`, or later than all that was ever worked on. Everything else is taken for known.
 */
export function recover(found: Renumbered): Recovery {
  const byHash = new Map<string, RecentMessage[]>();
  const nameless: RecentMessage[] = [];
  for (const entry of found.entries) {
    const hash = hashKey(entry.hash);
    if (hash === undefined) nameless.push(entry);
    else byHash.set(hash, [...(byHash.get(hash) ?? []), entry]);
  }
  // Of copies with one hash, the one that is still owed is matched first: rather deliver twice than never.
  for (const same of byHash.values()) same.sort((a, b) => Number(isOwed(found, b)) - Number(isOwed(found, a)));
  const deliver: number[] = [];
  const known = new Set<number>();
  const entries: RecentMessage[] = [];
  let announced = 0;
  for (const { uid, hash, internalDate } of [...found.listed].sort((a, b) => a.uid - b.uid)) {
    const entry = byHash.get(hashKey(hash) ?? '')?.shift();
    if (entry !== undefined) {
      // A server that rebuilds a folder may give its mail new dates.
      entries.push({ ...present(entry), uid, day: dayOf(internalDate) });
      if (isOwed(found, entry)) deliver.push(uid);
      else known.add(uid);
    } else if (isNew(found, internalDate)) {
      announced += 1;
      deliver.push(uid);
    }
  }
  const matched = entries.length;
  const lost = [...nameless, ...[...byHash.values()].flat()].map((entry) => ({ ...entry, uid: 0 }));
  const lastUid = cut(found, deliver, known);
  return {
    entries: [...entries, ...lost],
    lastUid,
    waiting: atMost(toRanges(deliver.filter((uid) => uid <= lastUid)), cursorLimits.uidGaps),
    counts: {
      known: matched,
      announced,
      assumedKnown: found.all.length - matched - announced,
      gone: lost.length,
    },
  };
}

function isNew(found: Renumbered, internalDate: Date): boolean {
  if (found.floor === undefined || dayOf(internalDate) > found.floor) return true;
  return found.lastInternalDate !== undefined && internalDate > found.lastInternalDate;
}

/** Posted and never accepted: the receiver may or may not have it, and it goes out again under its key. */
const isOwed = (found: Renumbered, entry: RecentMessage): boolean =>
  entry.posted && !entry.accepted && !found.isInRetryQueue(entry.key);

/**
 * The cursor goes below the messages to deliver if nothing above it is to be left alone but what the recent messages know;
 * those that lie among old mail wait as UID gaps instead.
 */
function cut(found: Renumbered, deliver: readonly number[], known: ReadonlySet<number>): number {
  const due = new Set(deliver);
  let lastUid = found.uidNext - 1;
  for (const uid of [...found.all].reverse()) {
    if (due.has(uid)) lastUid = uid - 1;
    else if (!known.has(uid)) break;
  }
  return lastUid;
}
