import { encodeMessageRef } from '../delivery/message-ref.ts';
import { messageIdHash, messageKeyBytes, messageKeyFromBytes } from '../domain/ids.ts';
import type { MessageMeta, ReadMessage } from '../domain/message.ts';
import type { UidRange } from '../mailbox/plan.ts';
import type { ImapSession } from '../mailbox/session.ts';
import { cursorLimits } from '../store/cursor-row.ts';
import { baselineMarginMs } from '../store/new-mailbox.ts';
import { dayOf } from '../store/ring-row.ts';
import type { Hole, RingEntry } from '../store/rows.ts';
import { type Claim, claim, isKnownElsewhere } from './claim.ts';
import { present } from './compare.ts';
import { type FolderBook, isSettled } from './folder-book.ts';
import type { MailboxBook } from './mailbox-book.ts';
import { bury } from './parking.ts';
import { type RunContext, readCaps } from './run-context.ts';
import { type Care, metadataOnly, type SafeMode } from './safe-mode.ts';
import { tellVanished } from './vanished.ts';

/** A message that was read and is to be delivered. */
export interface Ready {
  readonly uid: number;
  readonly entry: RingEntry;
  readonly message: ReadMessage;
  readonly seemsNew: boolean;
}

/** The messages of a folder that are to be delivered, one after the other. */
export interface Source {
  /** The next message, read; undefined if there is none, or none for now. */
  next(): Promise<Ready | undefined>;
  readonly exhausted: boolean;
}

/** UIDs of one FETCH of metadata. */
const chunk = 50;

/** Rows that pile up without a POST between them (moves) are committed before they fill a batch. */
const heaviest = 60;

/**
 * Goes through what a poll found: first the holes that show a message again, then the new UIDs, both ascending. What
 * needs no POST is settled on the way: known, moved, vanished.
 */
export async function createSource(
  context: RunContext,
  session: ImapSession,
  mailbox: MailboxBook,
  book: FolderBook,
  fresh: UidRange | undefined,
): Promise<Source> {
  const { path, role, id: folderId } = book.folder;
  const { uidValidity } = book.cursor;
  const caps = readCaps(context);
  const vanishIn = (from: FolderBook, closed: readonly Hole[]) => tellVanished(context, mailbox, from, closed);
  const vanish = (closed: readonly Hole[]) => vanishIn(book, closed);
  const todo: number[] = [];
  let metas: MessageMeta[] = [];

  const holes = await lookAtHoles();
  todo.push(...holes);
  if (fresh !== undefined) {
    book.setRange(await session.searchRange(path, fresh.from, fresh.to), fresh.to);
    vanish(book.advance(context.now()));
    const again = new Set(holes);
    todo.push(...book.unsettled.filter((uid) => !again.has(uid)));
  }

  async function lookAtHoles(): Promise<number[]> {
    const open = book.cursor.holes;
    const first = open[0];
    const last = open.at(-1);
    if (first === undefined || last === undefined) return [];
    // A few ranges are asked for one by one, many by one search over all of them.
    const shown =
      open.length <= 4
        ? await Promise.all(open.map((hole) => session.searchRange(path, hole.from, hole.to)))
        : [await session.searchRange(path, first.from, last.to)];
    const found = shown.flat().filter((uid) => open.some((hole) => uid >= hole.from && uid <= hole.to));
    vanish(book.lookedAtHoles(found, context.now()));
    return found;
  }

  async function nextMeta(): Promise<MessageMeta | undefined> {
    while (metas.length === 0 && todo.length > 0) {
      const uids = todo.splice(0, chunk);
      const answered = await session.fetchMeta(path, uids);
      metas = [...answered].sort((a, b) => uids.indexOf(a.uid) - uids.indexOf(b.uid));
      const shown = new Set(answered.map((meta) => meta.uid));
      for (const uid of uids) if (!shown.has(uid)) vanish(book.miss(uid, context.now()));
    }
    return metas.shift();
  }

  function settle(meta: MessageMeta): void {
    book.sawDate(meta.internalDate, context.now());
    vanish(book.settle(meta.uid, context.now()));
  }

  /** The entry under which a message goes out, or undefined if it needs no delivery. */
  async function entryFor(meta: MessageMeta): Promise<{ entry: RingEntry; seemsNew: boolean } | undefined> {
    const known = book.entryAt(meta.uid);
    const hash = messageIdHash(meta);
    const old = meta.internalDate.getTime() < mailbox.row.createdAt.getTime() - baselineMarginMs;
    if (known !== undefined) {
      // Posted and not accepted: the last run ended between the two, and it goes out again as it was; unless it failed,
      // and goes by itself now.
      return isSettled(known) || mailbox.parked(known.key) !== undefined
        ? undefined
        : { entry: known, seemsNew: !old && !isKnownElsewhere(mailbox, book, known) };
    }
    const found = await claim(session, mailbox, book, hash);
    if (found.kind === 'move') return takeOver(found, meta);
    const entry: RingEntry = {
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
    return { entry, seemsNew: !old && found.kind === 'new' };
  }

  /** A move: the entry and its key come here. What was accepted is told as moved, what was not is delivered. */
  function takeOver(
    { from, entry }: Claim & { kind: 'move' },
    meta: MessageMeta,
  ): { entry: RingEntry; seemsNew: boolean } | undefined {
    const { uid, seen, flagged, answered } = meta;
    const here: RingEntry = { ...present(entry), uid, day: dayOf(meta.internalDate), seen, flagged, answered };
    const parked = mailbox.parked(entry.key);
    if (!entry.accepted && parked !== undefined) {
      // What is tried by itself, or was given up, stays so in the new place.
      const place = { folderId, uidValidity, uid: meta.uid };
      mailbox.park(
        parked.kind === 'retry'
          ? { kind: 'retry', row: { ...parked.row, ...place, missing: 0 } }
          : { kind: 'dead', row: { ...parked.row, ...place } },
      );
      vanishIn(from, from.takeAway(entry, context.now()));
      book.put(here);
      return undefined;
    }
    if (!entry.accepted) {
      // The entry itself is moved by whoever posts it, so that the two rows change in one commit.
      const old = !entry.posted || meta.internalDate.getTime() < mailbox.row.createdAt.getTime() - baselineMarginMs;
      vanishIn(from, from.takeAway(entry, context.now()));
      book.put({ ...here, posted: true });
      return { entry: { ...here, posted: true }, seemsNew: !old };
    }
    vanishIn(from, from.takeAway(entry, context.now()));
    book.put(here);
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

  /** Settled UIDs above the cursor have room for 64 in its row; beyond that its head must move first. */
  function hasRoom(): boolean {
    const uid = metas[0]?.uid ?? todo[0];
    const { headUid } = book;
    return book.ahead < cursorLimits.acked - 8 || uid === undefined || headUid === undefined || uid <= headUid;
  }

  /** Works on the next UID: ready to be posted, or settled by that. */
  async function work(meta: MessageMeta, care: Care): Promise<Ready | undefined> {
    const found = await entryFor(meta);
    if (found === undefined) {
      settle(meta);
      return undefined;
    }
    const message =
      care === 'metadata'
        ? metadataOnly(meta)
        : await session.read(path, meta, { ...caps, alone: context.safe !== undefined });
    if (message !== undefined) return { uid: meta.uid, message, ...found };
    vanish(book.miss(meta.uid, context.now()));
    return undefined;
  }

  /** The same in a kill loop: one UID at a time, none of them touched any more that took three processes down. */
  async function workSafely(safe: SafeMode): Promise<Ready | undefined> {
    const uid = todo.shift();
    if (uid === undefined) return undefined;
    return safe.read({ mailboxId: mailbox.id, folderId, uid }, async (care) => {
      if (care === 'nothing') {
        giveUp(uid);
        return undefined;
      }
      const [meta] = await session.fetchMeta(path, [uid]);
      if (meta !== undefined) return work(meta, care);
      vanish(book.miss(uid, context.now()));
      return undefined;
    });
  }

  function giveUp(uid: number): void {
    const entry = book.entryAt(uid);
    const key = entry?.key ?? messageKeyBytes({ mailboxId: mailbox.id, folderId, uidValidity, uid });
    // Its headers were never read; it can be replayed by its UID.
    const { hash, day } = entry ?? { hash: new Uint8Array(8), day: dayOf(context.now()) };
    bury(
      context,
      mailbox,
      { mailboxId: mailbox.id, folderId, uidValidity, uid, key, hash, day },
      'message_deadly',
      undefined,
      0,
    );
    vanish(book.settle(uid, context.now()));
  }

  async function next(): Promise<Ready | undefined> {
    while (hasRoom() && !isExhausted()) {
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

  const isExhausted = () => todo.length === 0 && metas.length === 0;

  return {
    next,
    get exhausted() {
      return isExhausted();
    },
  };
}
