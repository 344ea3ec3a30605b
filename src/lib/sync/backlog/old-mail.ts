import { dayMs } from '../../domain/duration.ts';
import { messageKeyBytes, messageKeyFromBytes } from '../../domain/ids.ts';
import { searchDays } from '../../mailbox/fetch/search-days.ts';
import { isGone, uidGapAgeMs } from '../../mailbox/session/plan.ts';
import type { UidGap } from '../../store/rows/rows.ts';
import type { Backlog } from '../delivering/backlog.ts';
import { mostRetriesForOldMail } from '../delivering/retry-queue.ts';
import { fetchMeta } from '../folder/baseline.ts';
import { type Bound, byAge, isAhead, newBackfill, type OldMessage } from '../state/backfill-progress.ts';
import type { FolderPoll } from '../state/folder-poll.ts';
import { tellVanished } from '../state/vanished.ts';

/**
 * Days that are listed at once: one to begin with, more while little is in them, fewer where there is much. So a folder
 * of any size is read in small pieces, and one that is nearly empty in few.
 */
const fewListed = 25;
const manyListed = 250;

/** Messages that may be settled behind one that is not: their entries have to stay in the cursor's row. */
const mostAhead = 24;

/** What became of messages that the server lists and does not answer. */
type Missing =
  | { readonly kind: 'absent' | 'wait' | 'given up' }
  | { readonly kind: 'given up just now'; readonly uids: readonly number[] };

/** Old mail of a folder, the latest first. */
export interface OldMail extends Backlog {
  /** True if it cannot continue in this poll, because the server does not show what it lists. */
  readonly isWaiting: boolean;
}

/**
 * What the first sync has yet to deliver of a folder. It uses INTERNALDATE, which a message keeps when its folder is
 * renumbered, and ignores everything that belongs to new mail: UIDs above the baseline, and UID gaps. No event is sent
 * for a message that is gone by now and was never posted, since it was never announced.
 */
export function oldMail(folder: FolderPoll, since: Date): OldMail {
  const { context, session, mailbox, record } = folder;
  const { path, id: folderId } = record.folder;
  const { backfill } = record;
  // Messages that another poll took and did not settle are listed again.
  backfill.leave();
  let todo: readonly OldMessage[] = [];
  let days = 1;
  /** What is not listed yet. */
  let bound: Bound = backfill.state ?? newBackfill(0);
  let isWaiting = false;
  let hasLooked = false;
  let hasSought = false;

  const isListed = () => bound.at !== undefined && bound.at <= since && bound.fromUid === 0;

  /** Lists the next days. False if the server does not show all that it lists, and is to be asked again later. */
  async function listMore(): Promise<boolean> {
    const { at, uid: top } = bound;
    await seekPosted(top);
    if (at === undefined && (await isBehind())) return false;
    const day = Math.floor((at ?? context.now()).getTime() / dayMs);
    const from = new Date(Math.max(since.getTime(), (day - days) * dayMs));
    const uids = await searchDays(session, path, from, at);
    const { uidGaps } = record.cursor;
    const own = uids.filter((uid) => uid <= top && !uidGaps.some((uidGap) => uid >= uidGap.from && uid <= uidGap.to));
    if (own.length > manyListed) days = Math.max(1, Math.floor(days / 4));
    else if (own.length < fewListed) days *= 4;
    const metas = await fetchMeta(folder, own, 'bare');
    const shown = new Set(metas.map(({ uid }) => uid));
    const unanswered = own.filter((uid) => !shown.has(uid));
    if (unanswered.length > 0) {
      const found = await lookAgain(unanswered);
      if (found.kind === 'wait') return false;
      if (found.kind === 'given up just now') found.uids.forEach(tellLost);
    }
    todo = metas.filter((message) => message.internalDate >= from && isAhead(bound, message)).sort(byAge);
    bound = { uid: top, at: from, fromUid: 0 };
    backfill.take(todo, from, context.now());
    return true;
  }

  /**
   * A slow server lists a message that arrived just before the connect some seconds later than it counts it. It would
   * be missed: polls begin above it, and a first sync never returns to a day.
   */
  async function isBehind(): Promise<boolean> {
    const { uidNextSeen, messages } = record.cursor;
    if (context.now().getTime() - mailbox.row.createdAt.getTime() >= uidGapAgeMs) return false;
    return uidNextSeen > 1 && (await session.searchRange(path, 1, uidNextSeen - 1)).length < messages;
  }

  /**
   * A message that was posted before the last worker died may have arrived. If it is gone by now, the polls look for it
   * and report it by its key like all mail that was seen; a message that was never posted is skipped.
   */
  async function seekPosted(top: number): Promise<void> {
    if (hasSought) return;
    hasSought = true;
    const { lastUid, uidGaps } = record.cursor;
    const posted = record
      .entries()
      .filter(
        ({ key, uid, posted: isPosted, accepted, gone }) =>
          isPosted &&
          !accepted &&
          gone === undefined &&
          uid > 0 &&
          uid <= Math.min(top, lastUid) &&
          !uidGaps.some((uidGap) => uid >= uidGap.from && uid <= uidGap.to) &&
          mailbox.retryItem(key) === undefined,
      );
    if (posted.length === 0) return;
    const uids = posted.map(({ uid }) => uid);
    const there = new Set(await session.searchRange(path, Math.min(...uids), Math.max(...uids)));
    for (const entry of posted.filter(({ uid }) => !there.has(uid))) {
      record.put({ ...entry, gone: 'told' });
      const { uid } = entry;
      tellVanished(folder, record.openUidGaps([{ from: uid, to: uid }], context.now(), 'missing'));
    }
  }

  /**
   * Exchange does not always answer what it lists. It is asked again for as long as for new mail; what it still lists
   * then is given up, and told as lost.
   */
  async function lookAgain(uids: readonly number[]): Promise<Missing> {
    const listed = new Set(await session.searchRange(path, Math.min(...uids), Math.max(...uids)));
    const there = uids.filter((uid) => listed.has(uid));
    if (there.length === 0) return { kind: 'absent' };
    const now = context.now();
    const known = backfill.state?.missing;
    const isCovered = known !== undefined && there.every((uid) => uid >= known.from && uid <= known.to);
    if (isCovered && isGone(known, now)) return { kind: 'given up' };
    if (hasLooked) return { kind: 'wait' };
    hasLooked = true;
    const missing: UidGap = isCovered
      ? { ...known, tries: known.tries + 1 }
      : { from: Math.min(...there), to: Math.max(...there), tries: 1, since: now, seen: true };
    backfill.set({ missing });
    return isGone(missing, now) ? { kind: 'given up just now', uids: there } : { kind: 'wait' };
  }

  function tellLost(uid: number): void {
    const { uidValidity } = record.cursor;
    const entry = record.entryAt(uid);
    if (entry?.accepted === true || (entry !== undefined && mailbox.retryItem(entry.key) !== undefined)) return;
    const key = entry?.key ?? messageKeyBytes({ mailboxId: mailbox.id, folderId, uidValidity, uid });
    const messageKey = messageKeyFromBytes(key);
    const data = { messageKey, folder: { path, role: record.folder.role ?? null } };
    context.tell(mailbox, { type: 'message.vanished', occasion: [messageKey, folderId, uid], data });
  }

  return {
    async take(most) {
      while (todo.length === 0 && !isWaiting && !isListed()) isWaiting = !(await listMore());
      const taken = todo.slice(0, most);
      todo = todo.slice(taken.length);
      return taken.map(({ uid }) => uid);
    },
    get isEmpty() {
      return todo.length === 0 && (isWaiting || isListed());
    },
    get isWaiting() {
      return isWaiting;
    },
    // What is settled behind others stays in the row of the cursor until they are settled too.
    hasRoom: (uid = todo[0]?.uid) => backfill.ahead < mostAhead || uid === undefined || uid === backfill.headUid,
    isDone: (entry) => entry.accepted,
    isOld: () => true,
    settle: (uid) => backfill.settle(uid, context.now()),
    async miss(uid) {
      const { kind } = await lookAgain([uid]);
      if (kind === 'wait') {
        isWaiting = true;
        todo = [];
        return;
      }
      if (kind !== 'absent') tellLost(uid);
      backfill.settle(uid, context.now());
    },
    holdsUp: false,
    mostRetries: mostRetriesForOldMail,
    failingSince(now) {
      const known = backfill.state?.failingSince;
      if (known === undefined) backfill.set({ failingSince: now });
      return known ?? now;
    },
  };
}
