import type { AttachmentPlace } from '../../access/attachment-token.ts';
import type { Attachment } from '../../domain/mail/message.ts';
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

/** The file that a link means, wherever its message is now. @throws BrokerError `message_gone` */
export const findPart = (
  session: MailSession,
  folders: readonly WatchedFolder[],
  place: AttachmentPlace,
  known: () => Promise<readonly KnownPlace[]>,
): Promise<FoundPart> =>
  findMessage(session, folders, place, known, async (path, uid) => {
    const file = await session.part(path, uid, place.part);
    return file === undefined ? undefined : { path, uid, file };
  });
