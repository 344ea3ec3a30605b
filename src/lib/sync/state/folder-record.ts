import type { FolderStatus } from '../../mailbox/session/session.ts';
import { encodeCursor } from '../../store/rows/cursor-row.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import type { Backfill, CursorRow, RecentMessage, UidGap, WatchedFolder } from '../../store/rows/rows.ts';
import type { BatchOperation } from '../../store/table/table.ts';
import { type Arrived, createArrivals } from './arrivals.ts';
import { type BackfillProgress, createBackfillProgress } from './backfill-progress.ts';
import { doCountsTell } from './compare.ts';
import { knownCursor } from './known-cursor.ts';
import { createRecentMessages, isSettled, type RecentMessages } from './recent-messages.ts';
import { createUidProgress, type UidProgress } from './uid-progress.ts';

/**
 * A folder's cursor and recent messages in memory, and what of them is not stored yet. All changes go through here, so that the
 * two rows always tell the same story in the same batch.
 */
export interface FolderRecord
  extends Pick<
      RecentMessages,
      | 'entries'
      | 'entryAt'
      | 'entriesOf'
      | 'entryOf'
      | 'recentMessagesRead'
      | 'setRecentMessages'
      | 'recentMessagesRow'
      | 'floor'
      | 'put'
      | 'putAll'
    >,
    Omit<UidProgress, 'takeAway' | 'restart'> {
  /** With the path under which the worker knows it. */
  readonly folder: WatchedFolder;
  readonly cursor: CursorRow;
  /** False in a folder that never had a cursor. */
  readonly exists: boolean;
  /** A message was kept back by the filter of this revision, and gets no entry. */
  keptBack(revision: number | undefined): void;
  /**
   * Sets the filter's revision. Messages that an earlier revision filtered out are not among the recent messages: if
   * the folder is renumbered, they would look new.
   */
  filterIs(revision: number | undefined): void;

  /** The folder was found under another path. */
  moveTo(path: string): void;
  /** Sets what STATUS said. Where it shows that more happened than new mail, flags are to be compared. */
  note(status: FolderStatus): void;
  /** What the last {@link note} showed for the first time; once. */
  takeArrivals(): Arrived;
  /** Flags were compared at `at`; undefined if they are to be compared again by the next poll. */
  compared(at: Date | undefined): void;
  /** Starts over at a position, with these entries as all recent messages. */
  restart(at: {
    readonly uidValidity: bigint;
    readonly lastUid: number;
    readonly uidNext: number;
    readonly entries: readonly RecentMessage[];
    readonly floor: number | undefined;
    readonly lastInternalDate: Date;
    readonly backfill: Backfill | undefined;
  }): void;
  /** How far the first sync has come. */
  readonly backfill: BackfillProgress;
  /**
   * Takes an entry out: another place has taken its message over. Its UID here is settled by that.
   * @returns UID gaps that were closed for want of room
   */
  takeAway(entry: RecentMessage, now: Date): readonly UidGap[];

  /** How many messages of the folder are being retried, and when the first of them is due. */
  setRetries(count: number, at: Date | undefined): void;
  /** Since when the message at the head fails; forgotten when the cursor moves. */
  setHeadSince(since: Date): void;
  /** The INTERNALDATE of a message that was settled; the latest is kept. */
  sawDate(uid: number, internalDate: Date, now: Date): void;
  /**
   * The destination accepted a mail: stored by the commit that settles it.
   * @param arrivedAt undefined where it was not new, or was sent again on request
   */
  delivered(at: Date, arrivedAt: Date | undefined): void;

  pending(): BatchOperation[];
  sent(): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function createFolderRecord(
  mailboxId: string,
  folder: WatchedFolder,
  stored: CursorRow | undefined,
): FolderRecord {
  const cursor: Mutable<CursorRow> = { ...knownCursor(mailboxId, folder, stored) };
  let exists = stored !== undefined;
  // A folder without a cursor is written when it has a position.
  const renamed = stored !== undefined && (stored.path !== cursor.path || stored.role !== folder.role);
  let isDirty = renamed;
  const arrivals = createArrivals();

  function change(values: Partial<CursorRow>): void {
    Object.assign(cursor, values);
    isDirty = true;
  }

  const backfill = createBackfillProgress(
    () => cursor.backfill,
    (values) => change({ backfill: values }),
  );

  /** What stays longest: the recent messages keep none that are older than its own, so that what is not done would be forgotten. */
  const foldable: readonly ((entry: RecentMessage) => boolean)[] = [
    (entry) => isSettled(entry) && !backfill.needs(entry),
    (entry) => isSettled(entry) && !backfill.isUnderWay(entry.uid),
    (entry) => !backfill.isUnderWay(entry.uid),
    () => true,
  ];

  const recent = createRecentMessages({
    mailboxId,
    folderId: folder.id,
    stored: cursor.fresh,
    foldable,
    uidValidity: () => cursor.uidValidity,
    changed: () => {
      isDirty = true;
    },
  });

  const progress = createUidProgress({ cursor, change, entries: recent.entries });

  return {
    entries: recent.entries,
    entryAt: recent.entryAt,
    entriesOf: recent.entriesOf,
    entryOf: recent.entryOf,
    get recentMessagesRead() {
      return recent.recentMessagesRead;
    },
    setRecentMessages: recent.setRecentMessages,
    recentMessagesRow: recent.recentMessagesRow,
    floor: recent.floor,
    put(entry) {
      recent.put(entry);
      if (entry.accepted && entry.untold === true) change({ flagsAt: undefined });
    },
    putAll: recent.putAll,
    get folder() {
      return { ...folder, path: cursor.path };
    },
    moveTo(path) {
      // One without a position has no row yet.
      if (exists) change({ path });
      else cursor.path = path;
    },
    get cursor() {
      return cursor;
    },
    get exists() {
      return exists;
    },
    backfill,
    keptBack(revision) {
      if (cursor.filtered !== revision) change({ filtered: revision });
    },
    filterIs(revision) {
      if (cursor.filtered === undefined || cursor.filtered === revision) return;
      const { lastInternalDate } = cursor;
      if (lastInternalDate !== undefined) recent.raiseFloor(dayOf(lastInternalDate));
      change({ filtered: undefined });
    },

    note(status) {
      if (status.uidValidity !== cursor.uidValidity) return;
      arrivals.looked(cursor.uidNextSeen, status.uidNext);
      const uidNextSeen = Math.max(cursor.uidNextSeen, status.uidNext);
      const { messages, unseen } = status;
      if (uidNextSeen !== cursor.uidNextSeen || messages !== cursor.messages || unseen !== cursor.unseen) {
        const flagsAt = doCountsTell(cursor, status) ? undefined : cursor.flagsAt;
        change({ uidNextSeen, messages, unseen, flagsAt });
      }
    },
    takeArrivals: arrivals.take,
    compared(flagsAt) {
      if (flagsAt?.getTime() !== cursor.flagsAt?.getTime()) change({ flagsAt });
    },
    restart(at) {
      exists = true;
      recent.restart(at.uidValidity, at.entries, at.floor);
      change({
        uidValidity: at.uidValidity,
        lastUid: at.lastUid,
        acked: [],
        uidGaps: [],
        uidNextSeen: at.uidNext,
        lastInternalDate: at.lastInternalDate,
        headSince: undefined,
        baselineFrom: undefined,
        backfill: at.backfill,
      });
      backfill.leave();
      progress.restart();
    },
    takeAway(entry, now) {
      recent.remove(entry);
      return progress.takeAway(entry.uid, now);
    },

    setRange: progress.setRange,
    get unsettled() {
      return progress.unsettled;
    },
    get headUid() {
      return progress.headUid;
    },
    get ahead() {
      return progress.ahead;
    },
    settle: progress.settle,
    advance: progress.advance,
    miss: progress.miss,
    openUidGaps: progress.openUidGaps,
    searchedUidGaps: progress.searchedUidGaps,
    setRetries(retries, retryAt) {
      if (retries !== cursor.retries || retryAt?.getTime() !== cursor.retryAt?.getTime()) change({ retries, retryAt });
    },
    setHeadSince(headSince) {
      change({ headSince });
    },
    sawDate(uid, internalDate, now) {
      arrivals.settled(uid, internalDate);
      // A mail server may claim a date in the future; it must not make all later mail look old.
      const date = new Date(Math.min(internalDate.getTime(), now.getTime()));
      if (cursor.lastInternalDate === undefined || date > cursor.lastInternalDate) change({ lastInternalDate: date });
    },
    delivered(deliveredAt, arrivedAt) {
      const seconds = arrivedAt && Math.round((deliveredAt.getTime() - arrivedAt.getTime()) / 1000);
      const deliveredAfterSeconds = seconds && Math.max(0, seconds);
      change({ deliveredAt, deliveredAfterSeconds });
    },

    pending() {
      const operations: BatchOperation[] = [];
      const recentMessagesRow = recent.pending();
      if (isDirty) operations.push({ kind: 'upsert', row: encodeCursor({ ...cursor, fresh: recent.fresh }) });
      if (recentMessagesRow !== undefined) operations.push({ kind: 'upsert', row: recentMessagesRow });
      return operations;
    },
    sent() {
      isDirty = false;
      recent.sent();
    },
  };
}
