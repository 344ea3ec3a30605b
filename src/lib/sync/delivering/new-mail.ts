import { isGone, type UidRange } from '../../mailbox/session/plan.ts';
import type { ImapSession } from '../../mailbox/session/session.ts';
import { baselineMarginMs } from '../../store/mailboxes/new-mailbox.ts';
import { cursorLimits } from '../../store/rows/cursor-row.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import type { FolderBook } from '../state/folder-record.ts';
import type { MailboxBook } from '../state/mailbox-record.ts';
import { isSettled } from '../state/recent-messages.ts';
import { type RunContext, windowSize } from '../state/run-context.ts';
import { tellVanished } from '../state/vanished.ts';
import type { Backlog } from './backlog.ts';
import { mostRetries } from './parking.ts';

/** Mail from before the mailbox was connected, by its date. */
export const isFromBefore = (mailbox: MailboxRow, internalDate: Date): boolean =>
  internalDate.getTime() < mailbox.createdAt.getTime() - baselineMarginMs;

/** What a poll found: first the holes below the cursor that show a message again, then all above it, both ascending. */
export async function newMail(
  context: RunContext,
  session: ImapSession,
  mailbox: MailboxBook,
  book: FolderBook,
  fresh: UidRange | undefined,
): Promise<Backlog> {
  const { path } = book.folder;
  const vanish = (closed: Parameters<typeof tellVanished>[3]) => tellVanished(context, mailbox, book, closed);
  const holes = await lookAtHoles();
  if (fresh !== undefined) {
    book.setRange(await session.searchRange(path, fresh.from, fresh.to), fresh.to);
    vanish(book.advance(context.now()));
  }
  // Above the cursor its head comes first: before that is settled there is no end of what has to wait for room.
  const { lastUid } = book.cursor;
  const ahead = new Set([...holes.filter((uid) => uid > lastUid), ...book.unsettled]);
  const todo = [...holes.filter((uid) => uid <= lastUid), ...[...ahead].sort((a, b) => a - b)];

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

  return {
    take: async (most) => todo.splice(0, most),
    get isEmpty() {
      return todo.length === 0;
    },
    // Settled UIDs above the cursor have room for 64 in its row, and a window of messages is under way and another one read
    // ahead: beyond that its head must move first.
    hasRoom(uid = todo[0]) {
      const { headUid } = book;
      return (
        book.ahead < cursorLimits.acked - 2 * windowSize || uid === undefined || headUid === undefined || uid <= headUid
      );
    },
    isDone: isSettled,
    isOld: ({ internalDate }) => isFromBefore(mailbox.row, internalDate),
    settle(uid, internalDate) {
      if (internalDate !== undefined) book.sawDate(internalDate, context.now());
      vanish(book.settle(uid, context.now()));
    },
    isLastLook(uid) {
      const hole = book.cursor.holes.find(({ from, to }) => from <= uid && uid <= to);
      return hole?.seen === true && isGone({ ...hole, tries: hole.tries + 1 }, context.now());
    },
    miss: async (uid) => vanish(book.miss(uid, context.now())),
    holdsUp: true,
    mostRetries,
    failingSince(now) {
      const { headSince } = book.cursor;
      if (headSince === undefined) book.setHeadSince(now);
      return headSince ?? now;
    },
  };
}
