import { messageKeyBytes } from '../../domain/ids.ts';
import { noHash } from '../../domain/mail/message-identity.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import type { FolderRun } from '../state/folder-poll.ts';
import { giveUp } from './retry-queue.ts';

/**
 * Gives up a message that ended three processes which read it. Unless an entry says more, nothing but its UID is known,
 * by which it can be replayed. What was accepted before is left as it is.
 */
export function giveUpUnread({ context, mailbox, record }: FolderRun, uid: number): void {
  const entry = record.entryAt(uid);
  if (entry?.accepted === true) return;
  const folderId = record.folder.id;
  const { uidValidity } = record.cursor;
  const key = entry?.key ?? messageKeyBytes({ mailboxId: mailbox.id, folderId, uidValidity, uid });
  const { hash, day } = entry ?? { hash: noHash, day: dayOf(context.now()) };
  const mark = { mailboxId: mailbox.id, folderId, uidValidity, uid, key, hash, day };
  giveUp({ context, mailbox }, mark, { reason: 'message_deadly', status: undefined, attempts: 0 });
}
