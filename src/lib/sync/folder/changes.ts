import { encodeMessageRef } from '../../delivery/events/message-ref.ts';
import { messageKeyFromBytes } from '../../domain/ids.ts';
import type { ImapSession } from '../../mailbox/session/session.ts';
import { causeOfFlags, causeOfRemoval, takeCauses } from '../../store/mailboxes/caused-by.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import type { RecentMessage } from '../../store/rows/rows.ts';
import { compare, followed, isComparisonDue, present } from '../state/compare.ts';
import type { FolderPoll, FolderRun, MailboxPoll } from '../state/folder-poll.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import { readMessageRows } from '../state/message-rows.ts';
import type { FolderContext } from './folder-context.ts';

/** Events of one commit: each is a row, and a batch takes 100. */
const chunk = 40;

/** What a poll knows of the folders it has just been through. */
export interface Searched {
  /** Those that answered, with all new mail settled. */
  readonly records: readonly FolderRecord[];
  /** True if a watched folder is not there: what is missing may be in it. */
  readonly isPartial: boolean;
  /** True if every folder was polled from a known position, so that every message that moved there was found. */
  readonly isThorough: boolean;
}

/**
 * Looks for what owners did to mail that was delivered: read, flagged, answered, removed. It becomes events, each in the
 * commit that changes the recent messages. Asks for flags only, and only where it is due.
 *
 * What is missing is marked first, and told only when another poll has searched every folder since without finding it:
 * a message that moved must not seem removed.
 */
export async function lookForChanges(at: MailboxPoll<FolderContext>, searched: Searched): Promise<void> {
  const { context, session, mailbox } = at;
  const due = searched.records.filter((record) => record.exists && isComparisonDue(record.cursor, context.now()));
  if (due.length === 0) return;
  // While the destination is held, changes would only pile up; compared later, they are one event a message.
  if (await context.destinations?.isHeld?.(mailbox.row.destinationId)) return;
  await readMessageRows(context, mailbox);
  const isSearched =
    searched.isThorough &&
    !searched.isPartial &&
    searched.records.every((record) => record.cursor.uidGaps.length === 0);
  for (const record of due) {
    if (context.isOver()) break;
    await compareFolder({ ...at, record }, { isSearched, isPartial: searched.isPartial });
  }
  await session.release();
  await context.committer.commit(mailbox);
}

async function compareFolder(
  at: FolderPoll,
  { isSearched, isPartial }: { readonly isSearched: boolean; readonly isPartial: boolean },
): Promise<void> {
  const { context, session, mailbox, record } = at;
  const now = context.now();
  const { path } = record.folder;
  const entries = followed(record.entries(), dayOf(now));
  const uids = placed(entries);
  const fetched = uids.length === 0 ? [] : await session.fetchFlags(path, uids);
  const { changed, marked, lost, isPending } = compare(entries, fetched, isSearched);
  // Exchange sometimes answers no FETCH for a message that it lists all the same.
  const listed = await listedOf(session, path, lost);
  record.putAll([...marked, ...lost.filter(({ uid }) => listed.has(uid)).map(present)]);
  const removed = lost
    .filter(({ uid }) => !listed.has(uid))
    .map((entry): RecentMessage => ({ ...entry, gone: 'told' }));
  const told = new Map(entries.map((entry) => [entry.uid, entry]));
  for (const some of chunks(changed)) {
    const causes = await takeCauses(context, mailbox.id, some);
    record.putAll(some);
    for (const [n, entry] of some.entries()) {
      tellFlags(at, entry, { now, causedBy: causeOfFlags(causes[n] ?? [], told.get(entry.uid) ?? entry, entry) });
    }
    await context.committer.commit(mailbox);
  }
  for (const some of chunks(removed)) {
    const causes = await takeCauses(context, mailbox.id, some);
    record.putAll(some);
    for (const [n, entry] of some.entries()) tellRemoved(at, entry, causeOfRemoval(causes[n] ?? []));
    await context.committer.commit(mailbox);
  }
  // In a folder that is not there nothing can be looked for: what is marked waits for the hour.
  record.compared(isPending && !isPartial ? undefined : now);
}

/** UIDs of those that have one: what a renumbered folder did not show has none. */
const placed = (entries: readonly RecentMessage[]): number[] => entries.flatMap(({ uid }) => (uid === 0 ? [] : [uid]));

async function listedOf(
  session: ImapSession,
  path: string,
  entries: readonly RecentMessage[],
): Promise<ReadonlySet<number>> {
  const uids = placed(entries);
  if (uids.length === 0) return new Set();
  return new Set(await session.searchRange(path, Math.min(...uids), Math.max(...uids)));
}

function tellFlags(
  { context, mailbox, record }: FolderRun,
  entry: RecentMessage,
  { now, causedBy }: { readonly now: Date; readonly causedBy: string | undefined },
): void {
  const { id: folderId, path, role } = record.folder;
  const { key, uid, hash, day, seen, flagged, answered } = entry;
  const messageKey = messageKeyFromBytes(key);
  context.tell(mailbox, {
    type: 'message.updated',
    occasion: [messageKey, 'flags', now.getTime()],
    data: {
      messageKey,
      change: 'flags',
      folder: { path, role: role ?? null },
      messageRef: encodeMessageRef({ folderId, uidValidity: record.cursor.uidValidity, uid, hash, day }),
      seen,
      flagged,
      answered,
      ...(causedBy === undefined ? {} : { causedBy }),
    },
  });
}

function tellRemoved(
  { context, mailbox, record }: FolderRun,
  entry: RecentMessage,
  causedBy: string | undefined,
): void {
  const { id: folderId, path, role } = record.folder;
  const messageKey = messageKeyFromBytes(entry.key);
  context.tell(mailbox, {
    type: 'message.removed',
    occasion: [messageKey, folderId, record.cursor.uidValidity, entry.uid],
    data: {
      messageKey,
      folder: { path, role: role ?? null },
      ...(causedBy === undefined ? {} : { causedBy }),
    },
  });
}

function chunks<T>(items: readonly T[]): T[][] {
  const all: T[][] = [];
  for (let at = 0; at < items.length; at += chunk) all.push(items.slice(at, at + chunk));
  return all;
}
