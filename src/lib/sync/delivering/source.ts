import { encodeMessageRef } from '../../delivery/events/message-ref.ts';
import { messageKeyBytes, messageKeyFromBytes } from '../../domain/ids.ts';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { messageHash, noHash } from '../../domain/mail/message-identity.ts';
import type { ImapSession } from '../../mailbox/session/session.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import type { RecentMessage, UidGap } from '../../store/rows/rows.ts';
import { type Claim, claim, isKnownElsewhere } from '../state/claim.ts';
import { postedAs, present, told } from '../state/compare.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import type { MailboxRecord } from '../state/mailbox-record.ts';
import { heaviest, type RunContext, readCaps } from '../state/run-context.ts';
import { type Care, metadataOnly, type SafeMode } from '../state/safe-mode.ts';
import { tellVanished } from '../state/vanished.ts';
import { dryRun } from './attempt.ts';
import type { Backlog, Ready, Source } from './backlog.ts';
import { createMessageFilter } from './filter-messages.ts';
import { giveUp } from './retry-queue.ts';

/** UIDs of one FETCH of metadata. */
const chunk = 50;

/** So many may need no POST before the turn of others comes: a filter may keep all of a long backlog back. */
const mostPassedOver = 200;

/** Goes through a backlog. What needs no POST is settled on the way: known, moved, kept back by the filter. */
export function createSource(
  context: RunContext,
  session: ImapSession,
  mailbox: MailboxRecord,
  record: FolderRecord,
  backlog: Backlog,
): Source {
  const { path, role, id: folderId } = record.folder;
  const { uidValidity } = record.cursor;
  const caps = readCaps(context);
  const vanishIn = (from: FolderRecord, closed: readonly UidGap[]) => tellVanished(context, mailbox, from, closed);
  const isKeptBack = createMessageFilter(session, mailbox, record);
  let metas: MessageMeta[] = [];

  async function nextMeta(): Promise<MessageMeta | undefined> {
    while (metas.length === 0) {
      const uids = await backlog.take(chunk);
      if (uids.length === 0) return undefined;
      const fetched = [...(await session.fetchMeta(path, uids))];
      const shown = new Set(fetched.map((meta) => meta.uid));
      for (const uid of uids.filter((each) => !shown.has(each))) {
        const meta = await lastLook(uid);
        if (meta === undefined) await backlog.miss(uid);
        else fetched.push(meta);
      }
      metas = fetched.sort((a, b) => uids.indexOf(a.uid) - uids.indexOf(b.uid));
    }
    return metas.shift();
  }

  /**
   * Before a message is called gone that the server lists, it is asked for no more than its date and flags: of some, which
   * Exchange cannot convert, that is all it ever answers (node-imap#867). Then this much is delivered.
   */
  async function lastLook(uid: number): Promise<MessageMeta | undefined> {
    if (backlog.isLastLook?.(uid) !== true) return undefined;
    return (await session.fetchMeta(path, [uid], 'bare')).find((meta) => meta.uid === uid);
  }

  /** The entry under which a message goes out, or undefined if it needs no delivery. */
  async function entryFor(
    meta: MessageMeta,
    care: Care,
  ): Promise<{ entry: RecentMessage; seemsNew: boolean } | undefined> {
    const known = record.entryAt(meta.uid);
    const hash = messageHash(meta);
    const old = backlog.isOld(meta);
    if (known !== undefined) {
      // Posted and not accepted: the last run ended between the two, and it goes out again as it was; unless it failed,
      // and goes by itself now.
      if (backlog.isDone(known) || mailbox.retryItem(known.key) !== undefined) return undefined;
      // What was posted once goes on, whatever the filter says by now: the receiver may have it.
      if (!known.posted && (await keepBack(meta, care))) return undefined;
      // It goes out with the flags that it has now.
      const entry = postedAs(known, meta);
      return { entry, seemsNew: !old && !isKnownElsewhere(mailbox, record, known) };
    }
    const found = await claim(session, mailbox, record, hash);
    if (found.kind === 'move') {
      const { posted, accepted } = found.entry;
      const isKept = !posted && !accepted && (await keepBack(meta, care));
      return takeOver(found, meta, isKept);
    }
    if (await keepBack(meta, care)) return undefined;
    const entry: RecentMessage = {
      key: messageKeyBytes({ mailboxId: mailbox.id, folderId, uidValidity, uid: meta.uid }),
      hash,
      uid: meta.uid,
      posted: true,
      accepted: false,
      seen: meta.seen,
      flagged: meta.flagged,
      answered: meta.answered,
      day: dayOf(meta.internalDate),
    };
    // The entry of one that is tried by itself, or was given up, may have left the recent messages.
    if (backlog.isDone(entry) || mailbox.retryItem(entry.key) !== undefined) return undefined;
    return { entry, seemsNew: !old && found.kind === 'new' };
  }

  async function keepBack(meta: MessageMeta, care: Care): Promise<boolean> {
    if (!(await isKeptBack(meta, metas, care))) return false;
    record.keptBack(mailbox.row.filterRevision);
    return true;
  }

  /** A move: the entry and its key come here. What was accepted is told as moved, what was not is delivered or kept back. */
  function takeOver(
    { from, entry }: Claim & { kind: 'move' },
    meta: MessageMeta,
    isKept: boolean,
  ): { entry: RecentMessage; seemsNew: boolean } | undefined {
    const { uid, seen, flagged, answered } = meta;
    const place = { ...present(entry), uid, day: dayOf(meta.internalDate) };
    const here: RecentMessage = entry.posted ? postedAs(place, meta, true) : { ...place, seen, flagged, answered };
    const retryItem = mailbox.retryItem(entry.key);
    if (!entry.accepted && retryItem !== undefined) {
      // What is tried by itself, or was given up, stays so in the new place.
      const at = { folderId, uidValidity, uid: meta.uid, day: here.day };
      mailbox.putRetryItem(
        retryItem.kind === 'retry'
          ? { kind: 'retry', row: { ...retryItem.row, ...at, missing: 0 } }
          : { kind: 'dead', row: { ...retryItem.row, ...at } },
      );
      vanishIn(from, from.takeAway(entry, context.now()));
      record.put(here);
      return undefined;
    }
    if (isKept) {
      vanishIn(from, from.takeAway(entry, context.now()));
      record.put(here);
      return undefined;
    }
    if (!entry.accepted) {
      // The entry itself is moved by whoever posts it, so that the two rows change in one commit.
      const old = !entry.posted || backlog.isOld(meta);
      vanishIn(from, from.takeAway(entry, context.now()));
      record.put({ ...here, posted: true });
      return { entry: { ...here, posted: true }, seemsNew: !old };
    }
    vanishIn(from, from.takeAway(entry, context.now()));
    record.put(told(here));
    const messageKey = messageKeyFromBytes(entry.key);
    context.tell(mailbox, 'message.updated', [messageKey, folderId, uidValidity, meta.uid], {
      messageKey,
      change: 'moved',
      from: { path: from.folder.path, role: from.folder.role ?? null },
      folder: { path, role: role ?? null },
      messageRef: encodeMessageRef({ folderId, uidValidity, uid: meta.uid, hash: entry.hash, day: here.day }),
      seen,
      flagged,
      answered,
    });
    return undefined;
  }

  /** Works on the next UID: ready to be posted, or settled by that. */
  async function work(meta: MessageMeta, care: Care): Promise<Ready | undefined> {
    const found = await entryFor(meta, care);
    if (found === undefined) {
      backlog.settle(meta.uid, meta.internalDate);
      return undefined;
    }
    const message =
      care === 'metadata'
        ? metadataOnly(meta)
        : await session.read(path, meta, { ...caps, alone: context.safe !== undefined });
    if (message !== undefined) return { uid: meta.uid, message, ...found };
    await backlog.miss(meta.uid, meta);
    return undefined;
  }

  /** The same in a kill loop: one UID at a time, none of them touched any more that took three processes down. */
  async function workSafely(safe: SafeMode): Promise<Ready | undefined> {
    const [uid] = await backlog.take(1);
    if (uid === undefined) return undefined;
    return safe.read({ mailboxId: mailbox.id, folderId, uid }, async (care) => {
      if (care === 'nothing') {
        giveUpUid(uid);
        return undefined;
      }
      const [meta = await lastLook(uid)] = await session.fetchMeta(path, [uid]);
      if (meta !== undefined) {
        const ready = await work(meta, care);
        if (ready !== undefined) await dryRun(context, mailbox, record, ready);
        return ready;
      }
      await backlog.miss(uid);
      return undefined;
    });
  }

  function giveUpUid(uid: number): void {
    const entry = record.entryAt(uid);
    const key = entry?.key ?? messageKeyBytes({ mailboxId: mailbox.id, folderId, uidValidity, uid });
    // Its headers were never read; it can be replayed by its UID.
    const { hash, day } = entry ?? { hash: noHash, day: dayOf(context.now()) };
    if (entry?.accepted !== true)
      giveUp(
        context,
        mailbox,
        { mailboxId: mailbox.id, folderId, uidValidity, uid, key, hash, day },
        'message_deadly',
        undefined,
        0,
      );
    backlog.settle(uid);
  }

  async function next(): Promise<Ready | undefined> {
    for (let passed = 0; passed < mostPassedOver && !isExhausted() && backlog.hasRoom(metas[0]?.uid); passed++) {
      let ready: Ready | undefined;
      if (context.safe !== undefined && metas.length === 0) {
        ready = await workSafely(context.safe);
      } else {
        const meta = await nextMeta();
        ready = meta === undefined ? undefined : await work(meta, 'whole');
      }
      if (ready !== undefined) return ready;
      if (mailbox.weight >= heaviest) await context.committer.commit(mailbox);
    }
    return undefined;
  }

  const isExhausted = () => backlog.isEmpty && metas.length === 0;

  return {
    next,
    get exhausted() {
      return isExhausted();
    },
    settle: backlog.settle,
    holdsUp: backlog.holdsUp,
    mostRetries: backlog.mostRetries,
    failingSince: backlog.failingSince,
    late: backlog.late ?? false,
    replay: backlog.replay,
  };
}
