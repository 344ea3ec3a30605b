import type { MessageRef } from '../delivery/events/message-ref.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Attachments, OpenAttachment } from '../mailbox/fetch/attachments.ts';
import { wholeMessage } from '../mailbox/fetch/find-part.ts';
import { knownMessages } from '../store/mailboxes/known-places.ts';
import { findReferenced } from './find-referenced.ts';
import type { Reader, ReadingDeps } from './types.ts';

/**
 * A file of a message, or the message itself as it lies in the mailbox.
 * @param part of an attachment; undefined for the message
 * @throws BrokerError `not_found_here` | `message_gone` | `part_not_found` | `attachment_too_large` | `downloads_busy`, and
 *   what a session throws
 */
export async function openFile(
  deps: Pick<ReadingDeps, 'interactive' | 'store'> & { readonly attachments: Pick<Attachments, 'open'> },
  { row, throttledUntil }: Reader,
  ref: MessageRef,
  part: string | undefined,
): Promise<OpenAttachment> {
  const open = (at: MessageRef) => deps.attachments.open({ ...at, mailboxId: row.id, part: part ?? wholeMessage });
  try {
    return await open(ref);
  } catch (error) {
    if (!isBrokerError(error, 'message_gone')) throw error;
    // It is also looked for where links do not lead, and a missing part is distinguished from a missing message.
    const known = () => knownMessages(deps.store, row.id);
    const found = await deps.interactive.with(
      row,
      (session) => findReferenced(session, row, ref, known),
      throttledUntil,
    );
    const { place, uidValidity, listed } = found;
    const isWhereItWas = place.id === ref.folderId && uidValidity === ref.uidValidity && listed.meta.uid === ref.uid;
    if (isWhereItWas) throw new BrokerError('part_not_found');
    return await open({ ...ref, folderId: place.id, uidValidity, uid: listed.meta.uid }).catch((again: unknown) => {
      throw isBrokerError(again, 'message_gone') ? new BrokerError('part_not_found') : again;
    });
  }
}
