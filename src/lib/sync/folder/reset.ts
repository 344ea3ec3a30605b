import { dayMs } from '../../domain/duration.ts';
import { messageHash } from '../../domain/mail/message-identity.ts';
import { searchDays } from '../../mailbox/fetch/search-days.ts';
import type { FolderStatus } from '../../mailbox/session/session.ts';
import { renumbered } from '../state/backfill-progress.ts';
import type { FolderPoll } from '../state/folder-poll.ts';
import { complement, toRanges } from '../state/ranges.ts';
import { tellVanished } from '../state/vanished.ts';
import { fetchMeta } from './baseline.ts';
import { recover } from './recover.ts';

/**
 * Recovers a folder whose UIDs were renumbered: lists it, decides what is new, stores the new UIDs and the event
 * `folder.reset`, all in one commit. New messages are delivered afterwards like any other mail.
 */
export async function resetFolder(at: FolderPoll, status: FolderStatus, cause: 'validity' | 'uidnext'): Promise<void> {
  const { context, session, mailbox, record } = at;
  const { path, role } = record.folder;
  const now = context.now();
  const entries = record.entries();
  const floor = record.floor();
  const top = status.uidNext - 1;
  const all = top < 1 ? [] : await session.searchRange(path, 1, top);
  const oldest = entries.reduce((day, entry) => Math.min(day, entry.day), Number.POSITIVE_INFINITY);
  // A row of recent messages without a floor knows of every message there was: then the whole folder is compared.
  const uids =
    floor === undefined || oldest === Number.POSITIVE_INFINITY
      ? all
      : (await searchDays(session, path, new Date(oldest * dayMs))).filter((uid) => uid <= top);
  const metas = await fetchMeta(at, uids);
  const { cursor } = record;
  const recovery = recover({
    entries,
    floor,
    lastInternalDate: cursor.lastInternalDate,
    listed: metas.map((meta) => ({ uid: meta.uid, hash: messageHash(meta), internalDate: meta.internalDate })),
    all,
    uidNext: status.uidNext,
    isInRetryQueue: (key) => mailbox.retryItem(key) !== undefined,
  });
  record.restart({
    uidValidity: status.uidValidity,
    lastUid: recovery.lastUid,
    uidNext: status.uidNext,
    entries: recovery.entries,
    floor,
    lastInternalDate: cursor.lastInternalDate ?? now,
    backfill: cursor.backfill && renumbered(cursor.backfill, top),
  });
  record.note(status);
  record.openUidGaps(recovery.waiting, now, 'present');
  // What the server lists and does not show, or counts and does not list, is looked for again.
  const shown = new Set(metas.map((meta) => meta.uid));
  const unanswered = uids.filter((uid) => !shown.has(uid) && uid <= recovery.lastUid);
  tellVanished(at, record.openUidGaps(toRanges(unanswered), now, 'missing'));
  if (all.length < status.messages) {
    tellVanished(at, record.openUidGaps(complement(all, 1, recovery.lastUid), now, 'unseen'));
  }
  const occasion = [record.folder.id, status.uidValidity, now.getTime()];
  const data = { folder: { path, role: role ?? null }, cause, ...recovery.counts };
  context.tell(mailbox, { type: 'folder.reset', occasion, data });
  context.log.info('folder.reset', { mailboxId: mailbox.id, folderId: record.folder.id, cause, ...recovery.counts });
  await context.committer.commit(mailbox);
}
