import { decodeMessageRef, type MessageRef } from '../delivery/events/message-ref.ts';
import { hasHash, isSameMail, messageHash } from '../domain/mail/message-identity.ts';
import { BrokerError } from '../errors.ts';
import { fetchListed, type ListedMessage } from '../mailbox/fetch/fetch-listed.ts';
import { findMessage } from '../mailbox/fetch/find-message.ts';
import type { MailSession } from '../mailbox/session/session.ts';
import type { KnownMessage } from '../store/mailboxes/known-places.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { placeOf } from './folder-of.ts';
import type { Place } from './types.ts';

/** A message, where it is now. */
export interface FoundMessage {
  readonly place: Place;
  readonly uidValidity: bigint;
  readonly listed: ListedMessage;
}

/** @throws BrokerError `not_found_here` for a text that is no reference of ours */
export function referenceIn(text: string | undefined): MessageRef {
  const ref = decodeMessageRef(text ?? '');
  if (ref === undefined) throw new BrokerError('not_found_here', { detail: 'This is not a messageRef of the broker.' });
  return ref;
}

/** @throws BrokerError `part_not_found` for a text that is no part number (RFC 3501 section 6.4.5) */
export function partIn(text: string | undefined): string {
  if (text === undefined || !/^[1-9]\d{0,5}(\.[1-9]\d{0,5}){0,20}$/.test(text)) throw new BrokerError('part_not_found');
  return text;
}

/** Where the polls have seen the mail of a reference. */
export const placesOf = (known: readonly KnownMessage[], { hash: wanted }: Pick<MessageRef, 'hash'>) =>
  hasHash(wanted) ? known.filter(({ gone, hash }) => gone === undefined && isSameMail(hash, wanted)) : [];

/** False where a UID has come to stand for another message than the reference means. */
export const isReferenced = (ref: MessageRef, { meta }: Pick<ListedMessage, 'meta'>): boolean =>
  !hasHash(ref.hash) || isSameMail(messageHash(meta), ref.hash);

/**
 * The message that a reference means: where it was; where the polls have seen it since; or in any watched folder, or
 * folder with a role, that has the same mail. Never in all folders of a mailbox that has many.
 * @param known asked only where the message is not in its place
 * @throws BrokerError `not_found_here`; `message_gone` (410) if the mailbox has few folders and the message is in none
 */
export async function findReferenced(
  session: MailSession,
  row: MailboxRow,
  ref: MessageRef,
  known: () => Promise<readonly KnownMessage[]>,
): Promise<FoundMessage> {
  const look = async (path: string, uid: number) =>
    session.inFolder(path, 'read', async (folder) => {
      const [listed] = await fetchListed(folder.fetch, [uid]);
      if (listed === undefined || !isReferenced(ref, listed)) return undefined;
      return { path, uidValidity: folder.uidValidity, listed };
    });
  const places = async () => placesOf(await known(), ref);
  const { path, ...found } = await findMessage(session, row.folders, ref, places, look, 'named');
  return { place: await placeAt(session, row, path), ...found };
}

/** For a folder that is not watched, the list of folders gives the role. */
async function placeAt(session: Pick<MailSession, 'folders'>, row: MailboxRow, path: string): Promise<Place> {
  const watched = row.folders.find((folder) => folder.path === path);
  if (watched !== undefined) return watched;
  const listed = (await session.folders()).find((folder) => folder.path === path);
  return placeOf(row, { path, role: listed?.role });
}
