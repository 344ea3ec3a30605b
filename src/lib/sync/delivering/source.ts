import { messageKeyBytes } from '../../domain/ids.ts';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { messageHash } from '../../domain/mail/message-identity.ts';
import { takeCauses } from '../../store/mailboxes/caused-by.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import type { RecentMessage } from '../../store/rows/rows.ts';
import { type Claim, claim, isKnownElsewhere } from '../state/claim.ts';
import { postedAs } from '../state/compare.ts';
import { heaviest, readCaps } from '../state/run-context.ts';
import { type Care, metadataOnly, type SafeMode } from '../state/safe-mode.ts';
import { dryRun } from './attempt.ts';
import type { Backlog, Ready, Source } from './backlog.ts';
import type { DeliveryPoll } from './delivery-context.ts';
import { createMessageFilter } from './filter-messages.ts';
import { giveUpUnread } from './give-up-unread.ts';
import { identify } from './identify.ts';
import { noteKeptBack, noteSentMail } from './sent-mail.ts';
import { takeOver } from './take-over.ts';

/** UIDs of one FETCH of metadata. */
const chunk = 50;

/** This many may need no POST before another mailbox has its turn: a filter may exclude all of a long backlog. */
const mostPassedOver = 200;

/**
 * Goes through a backlog: identifies and reads its messages. Those that need no POST are settled here: known, moved,
 * filtered out.
 */
export function createSource(at: DeliveryPoll, backlog: Backlog): Source {
  const { context, session, mailbox, record } = at;
  const { path, id: folderId } = record.folder;
  const { uidValidity } = record.cursor;
  const caps = readCaps(context);
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
   * Before a listed message is considered gone, only its date and flags are fetched: for a message that it cannot
   * convert, Exchange answers no more than that (node-imap#867). Then this much is delivered.
   */
  async function lastLook(uid: number): Promise<MessageMeta | undefined> {
    if (backlog.isLastLook?.(uid) !== true) return undefined;
    return (await session.fetchMeta(path, [uid], 'bare')).find((meta) => meta.uid === uid);
  }

  /** The entry under which a message is delivered, or undefined if it needs no delivery. */
  async function entryFor(
    meta: MessageMeta,
    care: Care,
  ): Promise<{ entry: RecentMessage; seemsNew: boolean } | undefined> {
    const known = record.entryAt(meta.uid);
    let made: RecentMessage | undefined;
    // Its hashes are made once.
    const fresh = () => {
      made ??= newEntry(meta);
      return made;
    };
    const isOld = backlog.isOld(meta);
    let found: Claim | undefined;
    let isKept: boolean | undefined;
    let isSettled: boolean | undefined;
    for (;;) {
      const identity = identify({ known, claim: found, isKeptBack: isKept, isSettled });
      switch (identity.kind) {
        case 'needs':
          if (identity.fact === 'claim') found = await claim(at, fresh().hash);
          else if (identity.fact === 'isKeptBack') isKept = await keepBack(meta, care);
          else if (found?.kind === 'move') isSettled = mailbox.retryItem(found.entry.key) !== undefined;
          else isSettled = needsNoDelivery(known ?? fresh());
          continue;
        case 'settled':
        case 'filtered':
          return undefined;
        case 'moved':
          return found?.kind === 'move' ? moved(found, { meta, was: identity.was, isOld }) : undefined;
        case 'known':
          // It is delivered with its current flags.
          return known === undefined
            ? undefined
            : { entry: postedAs(known, meta), seemsNew: !isOld && !isKnownElsewhere(mailbox, record, known) };
        case 'new':
        case 'copy':
          return { entry: fresh(), seemsNew: !isOld && identity.kind === 'new' };
      }
    }
  }

  async function moved(from: Claim & { kind: 'move' }, to: Omit<Parameters<typeof takeOver>[2], 'causes'>) {
    const isTold = to.was === 'accepted' && context.ownChanges !== undefined;
    const [causes = []] = isTold ? await takeCauses(context, mailbox.id, [from.entry]) : [];
    return takeOver(at, from, { ...to, causes });
  }

  const newEntry = (meta: MessageMeta): RecentMessage => ({
    key: messageKeyBytes({ mailboxId: mailbox.id, folderId, uidValidity, uid: meta.uid }),
    hash: messageHash(meta),
    uid: meta.uid,
    posted: true,
    accepted: false,
    seen: meta.seen,
    flagged: meta.flagged,
    answered: meta.answered,
    day: dayOf(meta.internalDate),
  });

  /**
   * Posted and not accepted: the last run ended in between, and it is delivered again, unless it is in the retry queue.
   */
  const needsNoDelivery = (entry: RecentMessage): boolean =>
    backlog.isDone(entry) || mailbox.retryItem(entry.key) !== undefined;

  async function keepBack(meta: MessageMeta, care: Care): Promise<boolean> {
    if (!(await isKeptBack(meta, metas, care))) return false;
    record.keptBack(mailbox.row.filterRevision);
    if (care === 'whole') await noteKeptBack(at, meta);
    return true;
  }

  /** Identifies and reads a message. Undefined if it needs no POST; then it is settled, or counted as missing. */
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
    if (message !== undefined) {
      return { uid: meta.uid, message, ...found, submissionId: await noteSentMail(at, message) };
    }
    await backlog.miss(meta.uid, meta);
    return undefined;
  }

  /** The same in a kill loop: one UID at a time, and a message that crashed three processes is not read any more. */
  async function workSafely(safe: SafeMode): Promise<Ready | undefined> {
    const [uid] = await backlog.take(1);
    if (uid === undefined) return undefined;
    return safe.read({ mailboxId: mailbox.id, folderId, uid }, async (care) => {
      if (care === 'nothing') {
        giveUpUnread(at, uid);
        backlog.settle(uid);
        return undefined;
      }
      const [meta = await lastLook(uid)] = await session.fetchMeta(path, [uid]);
      if (meta !== undefined) {
        const ready = await work(meta, care);
        if (ready !== undefined) await dryRun(at, ready);
        return ready;
      }
      await backlog.miss(uid);
      return undefined;
    });
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
