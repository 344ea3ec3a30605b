import { encodeMessageRef } from '../../delivery/events/message-ref.ts';
import { messageKeyFromBytes } from '../../domain/ids.ts';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { causeOfMove } from '../../store/mailboxes/caused-by.ts';
import type { OwnCause } from '../../store/mailboxes/own-changes.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import type { RecentMessage } from '../../store/rows/rows.ts';
import type { Claim } from '../state/claim.ts';
import { postedAs, present, told } from '../state/compare.ts';
import type { FolderRun } from '../state/folder-poll.ts';
import { tellVanished } from '../state/vanished.ts';
import type { Identity } from './identify.ts';

/**
 * Takes over a message that moved: its entry and its key come to this folder. For an accepted message a `moved` event
 * is sent, one in the retry queue stays there, and one that was not accepted is delivered or filtered out.
 * @returns the entry under which it goes out, or undefined if it needs no delivery
 */
export function takeOver(
  at: FolderRun,
  { from, entry }: Claim & { kind: 'move' },
  found: {
    readonly meta: MessageMeta;
    readonly was: (Identity & { kind: 'moved' })['was'];
    readonly isOld: boolean;
    /** What callers did to the message over HTTP, the newest first. */
    readonly causes: readonly OwnCause[];
  },
): { entry: RecentMessage; seemsNew: boolean } | undefined {
  const { context, mailbox, record } = at;
  const { path, role, id: folderId } = record.folder;
  const { uidValidity } = record.cursor;
  const { uid, seen, flagged, answered, internalDate } = found.meta;
  const place = { ...present(entry), uid, day: dayOf(internalDate) };
  const here: RecentMessage = entry.posted ? postedAs(place, found.meta, true) : { ...place, seen, flagged, answered };
  const put = (moved: RecentMessage) => {
    tellVanished({ context, mailbox, record: from }, from.takeAway(entry, context.now()));
    record.put(moved);
  };
  switch (found.was) {
    case 'in retry queue': {
      const retryItem = mailbox.retryItem(entry.key);
      const position = { folderId, uidValidity, uid, day: here.day };
      if (retryItem?.kind === 'retry') {
        mailbox.putRetryItem({ kind: 'retry', row: { ...retryItem.row, ...position, missing: 0 } });
      } else if (retryItem !== undefined) {
        mailbox.putRetryItem({ kind: 'dead', row: { ...retryItem.row, ...position } });
      }
      put(here);
      return undefined;
    }
    case 'filtered':
      put(here);
      return undefined;
    case 'owed': {
      // It is delivered under the entry it had, so that the two folders change in one commit.
      const posted = { ...here, posted: true };
      put(posted);
      return { entry: posted, seemsNew: entry.posted && !found.isOld };
    }
    case 'accepted': {
      put(told(here));
      const messageKey = messageKeyFromBytes(entry.key);
      const causedBy = causeOfMove(found.causes, { from: entry, to: here, folderId });
      context.tell(mailbox, {
        type: 'message.updated',
        occasion: [messageKey, folderId, uidValidity, uid],
        data: {
          messageKey,
          change: 'moved',
          from: { path: from.folder.path, role: from.folder.role ?? null },
          folder: { path, role: role ?? null },
          messageRef: encodeMessageRef({ folderId, uidValidity, uid, hash: entry.hash, day: here.day }),
          seen,
          flagged,
          answered,
          ...(causedBy === undefined ? {} : { causedBy }),
        },
      });
      return undefined;
    }
  }
}
