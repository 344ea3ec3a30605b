import { dayMs } from '../../domain/duration.ts';
import { messageKeyBytes } from '../../domain/ids.ts';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { messageHash } from '../../domain/mail/message-identity.ts';
import { searchDays } from '../../mailbox/fetch/search-days.ts';
import type { UidRange } from '../../mailbox/session/plan.ts';
import type { FolderStatus } from '../../mailbox/session/session.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import type { RecentMessage } from '../../store/rows/rows.ts';
import { newBackfill, noBackfill } from '../state/backfill-progress.ts';
import { claim } from '../state/claim.ts';
import type { FolderPoll } from '../state/folder-poll.ts';
import { complement, toRanges } from '../state/ranges.ts';

/** The recent messages begin with the newest messages of the folder, so that a reset before any new mail can be recovered from. */
const baselineEntries = 200;

/** UIDs of one FETCH. */
const chunk = 200;

/** A folder and the session in which it is asked. */
type OpenFolder = Pick<FolderPoll, 'session' | 'record'>;

export async function fetchMeta(
  { session, record }: OpenFolder,
  uids: readonly number[],
  how: 'whole' | 'bare' = 'whole',
): Promise<MessageMeta[]> {
  const { path } = record.folder;
  const metas: MessageMeta[] = [];
  for (let at = 0; at < uids.length; at += chunk) {
    metas.push(...(await session.fetchMeta(path, uids.slice(at, at + chunk), how)));
  }
  return metas;
}

/** Where a folder begins, and which UIDs below may be new all the same. */
export interface Beginning {
  readonly lastUid: number;
  /** Listed, but their date was not told. */
  readonly missing: readonly UidRange[];
  /** Not listed, although the server counts more messages than it lists. */
  readonly unseen: readonly UidRange[];
}

/**
 * Where a folder begins whose position at the connect is not known: below the first message that arrived at `since` or
 * later. UIDs follow the order of arrival, so everything above that message arrived after it, regardless of its date. A
 * slow server may not show what has just arrived: that is looked for again.
 */
export async function positionAt(folder: OpenFolder, status: FolderStatus, since: Date): Promise<Beginning> {
  const { session } = folder;
  const { path } = folder.record.folder;
  const top = status.uidNext - 1;
  const candidates = await searchDays(session, path, since);
  const metas = await fetchMeta(folder, candidates, 'bare');
  const wanted = metas.filter((meta) => meta.internalDate >= since && meta.uid <= top).map((meta) => meta.uid);
  const lastUid = wanted.reduce((least, uid) => Math.min(least, uid), status.uidNext) - 1;
  const shown = new Set(metas.map((meta) => meta.uid));
  const all = top < 1 ? [] : await session.searchRange(path, 1, top);
  return {
    lastUid,
    missing: toRanges(candidates.filter((uid) => uid <= lastUid && !shown.has(uid))),
    unseen: all.length < status.messages ? complement(all, 1, lastUid) : [],
  };
}

/** Of which messages the recent messages are filled. */
interface Filling {
  /** The newest. */
  readonly lastUid: number;
  /** What may be new although it lies below; it is left out. */
  readonly doubtful: readonly UidRange[];
  /** The server's time, from which the search for the newest goes back, in steps that double. */
  readonly now: Date;
}

/**
 * Fills the recent messages with the newest messages up to `lastUid`. They bear neither flag: they are known, not delivered.
 * @returns UIDs of messages that were delivered from another folder and lie here by now; they are left out, too
 */
export async function fillRecentMessages(
  at: Pick<FolderPoll, 'session' | 'mailbox' | 'record'>,
  status: FolderStatus,
  { lastUid, doubtful, now }: Filling,
): Promise<readonly UidRange[]> {
  const { mailbox, record } = at;
  const folderId = record.folder.id;
  const { uids: newestUids, from } = await newest(at, status.messages, { lastUid, now });
  const uids = newestUids.filter((uid) => !doubtful.some((range) => uid >= range.from && uid <= range.to));
  const dates = await fetchMeta(at, uids, 'bare');
  dates.sort((a, b) => b.internalDate.getTime() - a.internalDate.getTime() || b.uid - a.uid);
  const left = dates.slice(baselineEntries);
  // Of the messages that were not even looked at is known that they are older than the search.
  const floor = left[0] !== undefined ? dayOf(left[0].internalDate) : from === undefined ? undefined : dayOf(from);
  const metas = await fetchMeta(
    at,
    dates
      .slice(0, baselineEntries)
      .map((meta) => meta.uid)
      .sort((a, b) => a - b),
  );
  const moved = new Set<number>();
  for (const meta of metas) {
    // Asks the server only where the mail is known in another folder.
    const found = await claim(at, messageHash(meta));
    if (found.kind === 'move' && found.entry.posted) moved.add(meta.uid);
  }
  const known = metas.filter(({ uid }) => !moved.has(uid));
  const entries = known.map(
    (meta): RecentMessage => ({
      key: messageKeyBytes({ mailboxId: mailbox.id, folderId, uidValidity: status.uidValidity, uid: meta.uid }),
      hash: messageHash(meta),
      uid: meta.uid,
      posted: false,
      accepted: false,
      seen: meta.seen,
      flagged: meta.flagged,
      answered: meta.answered,
      day: dayOf(meta.internalDate),
    }),
  );
  // For a folder that was watched before, what was delivered is no longer known: it starts again with new mail.
  const isAdded = (record.cursor.baselineFrom ?? mailbox.row.createdAt) > mailbox.row.createdAt;
  const latest = metas.reduce((date, meta) => Math.max(date, meta.internalDate.getTime()), 0);
  record.restart({
    uidValidity: status.uidValidity,
    lastUid,
    uidNext: status.uidNext,
    entries,
    floor,
    lastInternalDate: new Date(Math.min(latest, now.getTime())),
    backfill: isAdded ? noBackfill(lastUid) : newBackfill(lastUid),
  });
  record.note(status);
  // None of this was delivered, so no receiver waits for its changes.
  record.compared(now);
  return toRanges([...moved].sort((a, b) => a - b));
}

/** UIDs up to `lastUid` among which are the newest 200, and the day from which on they are all; undefined for the whole folder. */
async function newest(
  { session, record }: OpenFolder,
  messages: number,
  { lastUid, now }: Pick<Filling, 'lastUid' | 'now'>,
): Promise<{ uids: number[]; from: Date | undefined }> {
  const { path } = record.folder;
  if (lastUid === 0) return { uids: [], from: undefined };
  if (messages > baselineEntries) {
    for (let days = 2; days <= 512; days *= 4) {
      const from = new Date(now.getTime() - days * dayMs);
      const uids = (await session.searchSince(path, from)).filter((uid) => uid <= lastUid);
      if (uids.length >= baselineEntries) return { uids, from };
    }
  }
  return { uids: await session.searchRange(path, 1, lastUid), from: undefined };
}
