import type { ReadMessage } from '../../domain/mail/message.ts';
import { hasHash, isSameMail, messageHash } from '../../domain/mail/message-identity.ts';
import type { KnownPlace } from '../../store/mailboxes/known-places.ts';
import type { WatchedFolder } from '../../store/rows/rows.ts';
import type { MailSession, ReadCaps } from '../session/session.ts';
import { findMessage, type MessagePlace } from './find-message.ts';

/** Reads the message of a reference, in whichever folder it is now. @throws BrokerError `message_gone` */
export const readReferenced = (
  session: MailSession,
  folders: readonly WatchedFolder[],
  place: MessagePlace,
  known: () => Promise<readonly KnownPlace[]>,
  caps: ReadCaps,
): Promise<ReadMessage> =>
  findMessage(session, folders, place, known, async (path, uid) => {
    const [meta] = await session.fetchMeta(path, [uid]);
    // Where a UID has come to stand for another message, that one is not read in its place.
    const isIt = meta !== undefined && (!hasHash(place.hash) || isSameMail(messageHash(meta), place.hash));
    return isIt ? session.read(path, meta, caps) : undefined;
  });
