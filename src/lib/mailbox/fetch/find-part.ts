import type { AttachmentPlace } from '../../access/attachment-token.ts';
import type { Attachment } from '../../domain/mail/message.ts';
import { hasHash, isSameMail, messageHash } from '../../domain/mail/message-identity.ts';
import type { KnownPlace } from '../../store/mailboxes/known-places.ts';
import type { WatchedFolder } from '../../store/rows/rows.ts';
import type { MailSession } from '../session/session.ts';
import { findMessage } from './find-message.ts';

/** A file, where it is now. */
export interface FoundPart {
  readonly path: string;
  readonly uid: number;
  readonly file: Attachment;
}

/** In the place of a part: the message itself, as it lies in the mailbox. */
export const wholeMessage = '';

/** The file of a link, in whichever folder its message is now. @throws BrokerError `message_gone` */
export const findPart = (
  session: MailSession,
  folders: readonly WatchedFolder[],
  place: AttachmentPlace,
  known: () => Promise<readonly KnownPlace[]>,
): Promise<FoundPart> =>
  findMessage(session, folders, place, known, async (path, uid) => {
    if (place.part === wholeMessage) {
      const [meta] = await session.fetchMeta(path, [uid]);
      const isIt = meta !== undefined && (!hasHash(place.hash) || isSameMail(messageHash(meta), place.hash));
      const file = { part: '', filename: 'message.eml', contentType: 'message/rfc822', inline: false };
      return isIt ? { path, uid, file: { ...file, size: meta.size } } : undefined;
    }
    const file = await session.part(path, uid, place.part);
    return file === undefined ? undefined : { path, uid, file };
  });
