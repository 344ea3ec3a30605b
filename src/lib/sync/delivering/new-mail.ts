import { windowSizes } from '../../domain/events/window-size.ts';
import { isGone, type UidRange } from '../../mailbox/session/plan.ts';
import { baselineMarginMs } from '../../store/mailboxes/new-mailbox.ts';
import { cursorLimits } from '../../store/rows/cursor-row.ts';
import type { MailboxRow, UidGap } from '../../store/rows/rows.ts';
import type { FolderPoll } from '../state/folder-poll.ts';
import { isSettled } from '../state/recent-messages.ts';
import { tellVanished } from '../state/vanished.ts';
import type { Backlog } from './backlog.ts';
import { mostRetries } from './retry-queue.ts';

/** True for mail from before the mailbox was connected. */
export const isFromBefore = (mailbox: MailboxRow, internalDate: Date): boolean =>
  internalDate.getTime() < mailbox.createdAt.getTime() - baselineMarginMs;

/**
 * The new messages of a poll: first UIDs in gaps below the cursor that the server shows again, then all above it, both
 * ascending.
 */
export async function newMail(at: FolderPoll, fresh: UidRange | undefined): Promise<Backlog> {
  const { context, session, mailbox, record } = at;
  const { path } = record.folder;
  const vanish = (closed: readonly UidGap[]) => tellVanished(at, closed);
  const uidGaps = await searchUidGaps();
  if (fresh !== undefined) {
    record.setRange(await session.searchRange(path, fresh.from, fresh.to), fresh.to);
    vanish(record.advance(context.now()));
  }
  // Above the cursor the head comes first: until it is settled, all others may have to wait for room.
  const { lastUid } = record.cursor;
  const ahead = new Set([...uidGaps.filter((uid) => uid > lastUid), ...record.unsettled]);
  const todo = [...uidGaps.filter((uid) => uid <= lastUid), ...[...ahead].sort((a, b) => a - b)];

  async function searchUidGaps(): Promise<number[]> {
    const open = record.cursor.uidGaps;
    const first = open[0];
    const last = open.at(-1);
    if (first === undefined || last === undefined) return [];
    // A few ranges are asked for one by one, many by one search over all of them.
    const shown =
      open.length <= 4
        ? await Promise.all(open.map((uidGap) => session.searchRange(path, uidGap.from, uidGap.to)))
        : [await session.searchRange(path, first.from, last.to)];
    const found = shown.flat().filter((uid) => open.some((uidGap) => uid >= uidGap.from && uid <= uidGap.to));
    vanish(record.searchedUidGaps(found, context.now()));
    return found;
  }

  return {
    take: async (most) => todo.splice(0, most),
    get isEmpty() {
      return todo.length === 0;
    },
    // The cursor row has room for 64 settled UIDs above lastUid, while one window of messages is under way and another
    // is read ahead: beyond that the head must settle first.
    hasRoom(uid = todo[0]) {
      const { headUid } = record;
      return (
        record.ahead < cursorLimits.acked - 2 * windowSizes.most ||
        uid === undefined ||
        headUid === undefined ||
        uid <= headUid
      );
    },
    isDone: isSettled,
    isOld: ({ internalDate }) => isFromBefore(mailbox.row, internalDate),
    settle(uid, internalDate) {
      if (internalDate !== undefined) record.sawDate(uid, internalDate, context.now());
      vanish(record.settle(uid, context.now()));
    },
    isLastLook(uid) {
      const uidGap = record.cursor.uidGaps.find(({ from, to }) => from <= uid && uid <= to);
      return uidGap?.seen === true && isGone({ ...uidGap, tries: uidGap.tries + 1 }, context.now());
    },
    miss: async (uid) => vanish(record.miss(uid, context.now())),
    holdsUp: true,
    mostRetries,
    failingSince(now) {
      const { headSince } = record.cursor;
      if (headSince === undefined) record.setHeadSince(now);
      return headSince ?? now;
    },
  };
}
