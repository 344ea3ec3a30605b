import { isDeepStrictEqual } from 'node:util';
import { sameBytes } from '../../domain/bytes.ts';
import { dayMs } from '../../domain/duration.ts';
import { messageKeyFromBytes } from '../../domain/ids.ts';
import type { MessageMeta, ReadMessage } from '../../domain/mail/message.ts';
import { hasHash, isSameMail, messageHash } from '../../domain/mail/message-identity.ts';
import { searchDays } from '../../mailbox/fetch/search-days.ts';
import type { ImapSession } from '../../mailbox/session/session.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import type { MessageMark, RecentMessage, RetryRow } from '../../store/rows/rows.ts';
import { postedAs } from '../state/compare.ts';
import type { FolderRun } from '../state/folder-poll.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import { readCaps } from '../state/run-context.ts';
import { type Care, metadataOnly } from '../state/safe-mode.ts';
import { attemptMessage, dryRun } from './attempt.ts';
import type { Turn } from './deliver-backlog.ts';
import type { DeliveryPoll } from './delivery-context.ts';
import { isFromBefore } from './new-mail.ts';
import { giveUp, noteFailure } from './retry-queue.ts';
import { noteSentMail } from './sent-mail.ts';

/**
 * A message that is not found is looked for this often before `message.vanished` is sent; it may be moving to a folder.
 */
const mostMissing = 3;
const missingWaitMs = 60_000;

/** A search by date lists more than the one message; beyond so many of these days it is not worth its cost. */
const mostListed = 2_000;

/**
 * Tries the messages of a folder again that are due. New mail goes first, so that by now a message that moved has taken
 * its row along.
 * @returns `more` if the turn was over before all were tried; `yields` if the destination failed on one of them last, and
 * it lets another go first
 */
export async function retryFolder(at: DeliveryPoll, turn: Turn): Promise<'done' | 'more' | 'held' | 'yields'> {
  const { context, mailbox, record } = at;
  let yields = false;
  const due = mailbox.retriesOf(record.folder.id).filter((row) => row.nextAt <= context.now());
  for (const row of due) {
    if (context.held.has(mailbox.row.destinationId)) return 'held';
    if (turn.isOver() || turn.messages <= 0) return 'more';
    turn.messages -= 1;
    const { found, message, isDeadly } = await read(at, row);
    if (isDeadly) {
      giveUp(at, row, { reason: 'message_deadly', status: undefined, attempts: row.attempts });
      await context.committer.commit(mailbox);
      continue;
    }
    if (found === undefined || message === undefined) {
      missed(at, row);
      await context.committer.commit(mailbox);
      continue;
    }
    if (isSentByAnother(record, row, found)) {
      mailbox.removeRetryItem(row);
      await context.committer.commit(mailbox);
      continue;
    }
    const before = record.entryOf(row.key);
    const entry = before === undefined ? entryOf(row, found) : { ...postedAs(before, found), hash: hashOf(row, found) };
    // One that was never read was never posted either: its entry comes first. So does what it says now, and said not before.
    const isKnown = before !== undefined || !hasHash(row.hash);
    if (isKnown && !isDeepStrictEqual(entry, before)) {
      record.put(entry);
      await context.committer.commit(mailbox);
    }
    const ready = {
      uid: found.uid,
      entry,
      message,
      seemsNew: !isFromBefore(mailbox.row, found.internalDate),
      submissionId: await noteSentMail(at, message),
    };
    const result = await attemptMessage(at, ready, {
      late: true,
      variant: row.variant,
      // A message that was given up before had failed because of its content; a replay must try everything before it
      // gives up.
      failedAt: row.replay === undefined ? row.failedAt : new Date(0),
      insists: turn.insists,
    });
    if (result === undefined) return 'held';
    if (result.kind === 'yields') {
      yields = true;
      continue;
    }
    if (result.kind === 'accepted') {
      mailbox.removeRetryItem(row);
      if (isKnown) record.put({ ...entry, accepted: true });
    } else if (await noteFailure(at, { ...row, hash: entry.hash }, result)) {
      await context.destinations?.died(mailbox.row.destinationId);
    }
    await context.committer.commit(mailbox);
  }
  return yields ? 'yields' : 'done';
}

async function read(
  at: DeliveryPoll,
  row: RetryRow,
): Promise<{ found: MessageMeta | undefined; message: ReadMessage | undefined; isDeadly: boolean }> {
  const { context, session, mailbox, record } = at;
  const { safe } = context;
  const { path, id: folderId } = record.folder;
  const work = async (care: Care) => {
    if (care === 'nothing') return { found: undefined, message: undefined, isDeadly: true };
    const found = await locate(session, record, row);
    if (found === undefined) return { found, message: undefined, isDeadly: false };
    const message =
      care === 'metadata'
        ? metadataOnly(found)
        : await session.read(path, found, { ...readCaps(context), alone: safe !== undefined });
    if (safe !== undefined && message !== undefined) {
      await dryRun(at, { uid: found.uid, entry: entryOf(row, found), message, seemsNew: true });
    }
    return { found, message, isDeadly: false };
  };
  return safe === undefined ? work('whole') : safe.read({ mailboxId: mailbox.id, folderId, uid: row.uid }, work);
}

/** What the message is known by from now on: the server does not give its headers every time. */
function hashOf({ hash: known }: MessageMark, meta: MessageMeta): Uint8Array {
  const hash = messageHash(meta);
  return hasHash(hash) ? hash : known;
}

/**
 * True if the message was sent under another key: its folder was renumbered, and the message was not recognised there.
 */
function isSentByAnother(record: FolderRecord, row: MessageMark, { uid }: MessageMeta): boolean {
  const entry = record.entryAt(uid);
  return entry?.posted === true && !sameBytes(entry.key, row.key);
}

/** Where the message lies now: by its UID, by its entry in the recent messages (which follows it through a reset), or by its day. */
async function locate(session: ImapSession, record: FolderRecord, row: RetryRow): Promise<MessageMeta | undefined> {
  const { path } = record.folder;
  const isIt = (meta: MessageMeta) => isSameMail(messageHash(meta), row.hash);
  const entry = record.entryOf(row.key);
  const uid = entry !== undefined ? entry.uid : row.uidValidity === record.cursor.uidValidity ? row.uid : 0;
  // Where either of the two is without its headers, the UID has to do.
  const isThere = (meta: MessageMeta) => isIt(meta) || !hasHash(row.hash) || !hasHash(messageHash(meta));
  if (uid !== 0) return (await session.fetchMeta(path, [uid])).find(isThere);
  if (!hasHash(row.hash)) return undefined;
  const day = new Date(row.day * dayMs);
  const candidates = (await searchDays(session, path, day, day)).slice(-mostListed);
  if (candidates.length === 0) return undefined;
  const same = (await session.fetchMeta(path, candidates)).filter(isIt);
  return same.find((meta) => !isSentByAnother(record, row, meta)) ?? same[0];
}

const entryOf = (row: RetryRow, meta: MessageMeta): RecentMessage => ({
  key: row.key,
  hash: hashOf(row, meta),
  uid: meta.uid,
  posted: true,
  accepted: false,
  seen: meta.seen,
  flagged: meta.flagged,
  answered: meta.answered,
  day: dayOf(meta.internalDate),
});

function missed({ context, mailbox, record }: FolderRun, row: RetryRow): void {
  const missing = row.missing + 1;
  if (missing < mostMissing) {
    const nextAt = new Date(context.now().getTime() + missingWaitMs);
    mailbox.putRetryItem({ kind: 'retry', row: { ...row, missing, nextAt } });
    return;
  }
  mailbox.removeRetryItem(row);
  const { path, role, id } = record.folder;
  const messageKey = messageKeyFromBytes(row.key);
  const folder = { path, role: role ?? null };
  context.tell(mailbox, {
    type: 'message.vanished',
    occasion: [messageKey, id, row.uid],
    data: { messageKey, folder },
  });
}
