import { messageKeyBytes, messageKeyFromBytes } from '../../domain/ids.ts';
import type { UidGap } from '../../store/rows/rows.ts';
import type { FolderRun } from './folder-poll.ts';
import { sizeOf } from './ranges.ts';
import { isSettled } from './recent-messages.ts';

/** Beyond this number one event with their count is sent: an event for each would not fit in a commit. */
const mostByKey = 20;

/**
 * Sends `message.vanished` for UIDs that are given up: one event for each that was once seen, one for the others
 * together.
 */
export function tellVanished({ context, mailbox, record }: FolderRun, closed: readonly UidGap[]): void {
  const { id: folderId, path, role } = record.folder;
  const { uidValidity } = record.cursor;
  const folder = { path, role: role ?? null };
  let room = mostByKey;
  const byKey = closed.filter((uidGap) => {
    const size = uidGap.to - uidGap.from + 1;
    if (!uidGap.seen || size > room) return false;
    room -= size;
    return true;
  });
  for (const uidGap of byKey) {
    for (let uid = uidGap.from; uid <= uidGap.to; uid++) {
      const entry = record.entryAt(uid);
      if (entry !== undefined && isSettled(entry)) continue;
      const key = entry?.key ?? messageKeyBytes({ mailboxId: mailbox.id, folderId, uidValidity, uid });
      const messageKey = messageKeyFromBytes(key);
      const occasion = [messageKey, folderId, uid];
      context.tell(mailbox, { type: 'message.vanished', occasion, data: { messageKey, folder } });
    }
  }
  const ranges = closed.filter((uidGap) => !byKey.includes(uidGap)).map(({ from, to }) => ({ from, to }));
  if (ranges.length > 0) {
    const occasion = [folderId, uidValidity, ...ranges.flatMap(({ from, to }) => [from, to])];
    const data = { folder, count: sizeOf(ranges), ranges };
    context.tell(mailbox, { type: 'message.vanished', occasion, data });
  }
}
