import type { AttachmentPlace } from '../../access/attachment-token.ts';
import { dayMs } from '../../domain/duration.ts';
import { hasHash, isSameMail, messageHash } from '../../domain/mail/message-identity.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { KnownPlace } from '../../store/mailboxes/known-places.ts';
import type { WatchedFolder } from '../../store/rows/rows.ts';
import type { MailSession } from '../session/session.ts';
import { searchDays } from './search-days.ts';

/** Where a message was last seen, and by what it is known again. */
export type MessagePlace = Omit<AttachmentPlace, 'mailboxId' | 'part'>;

/** What is wanted of a message at a place; undefined if it is not there. */
export type Look<T> = (path: string, uid: number) => Promise<T | undefined>;

// Of a day with more messages than this the newest are looked through.
const mostCandidates = 2_000;

/**
 * Looks at a message where it was last seen; or, if the folder was renumbered or the message is not there any more, where
 * the polls have seen it since; or wherever in the watched folders the same mail lies under that day.
 * @param known asked only where the message is not in its place
 * @throws BrokerError `message_gone`
 */
export async function findMessage<T>(
  session: MailSession,
  folders: readonly WatchedFolder[],
  place: MessagePlace,
  known: () => Promise<readonly KnownPlace[]>,
  look: Look<T>,
): Promise<T> {
  const own = folders.filter((folder) => folder.id === place.folderId);
  const others = folders.filter((folder) => !own.includes(folder));
  const searched = new Set<string>();

  const at = async (path: string, { uidValidity, uid }: Pick<KnownPlace, 'uidValidity' | 'uid'>) =>
    (await session.status(path)).uidValidity === uidValidity ? look(path, uid) : undefined;
  /** A server that dates moved mail anew has it under another day by now. */
  const whereItIsKnown = async (): Promise<T | undefined> => {
    for (const other of await known()) {
      const path = folders.find(({ id }) => id === other.folderId)?.path ?? '';
      const found = path === '' ? undefined : await orMissing(() => at(path, other));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const anywhereIn = async (path: string): Promise<T | undefined> => {
    if (searched.has(path)) return undefined;
    searched.add(path);
    return search(session, path, place, look);
  };

  const paths = [...own, ...others].map(({ path }) => path).filter((path) => path !== '');
  const looks: readonly (() => Promise<T | undefined>)[] = [
    ...own.flatMap(({ path }) => (path === '' ? [] : [() => at(path, place)])),
    whereItIsKnown,
    ...paths.map((path) => () => anywhereIn(path)),
  ];
  for (const one of looks) {
    const found = await orMissing(one);
    if (found !== undefined) return found;
  }
  // Folders that go by another name now, or whose name the mailbox's row does not hold.
  const listed = await session.folders();
  for (const { path } of listed.filter(
    ({ role, selectable }) => selectable && role !== undefined && folders.some((each) => each.role === role),
  )) {
    const found = await orMissing(() => anywhereIn(path));
    if (found !== undefined) return found;
  }
  throw new BrokerError('message_gone');
}

async function search<T>(
  session: MailSession,
  path: string,
  place: MessagePlace,
  look: Look<T>,
): Promise<T | undefined> {
  if (!hasHash(place.hash)) return undefined;
  const day = new Date(place.day * dayMs);
  const uids = (await searchDays(session, path, day, day)).slice(-mostCandidates);
  const same = (await session.fetchMeta(path, uids)).filter((meta) => isSameMail(messageHash(meta), place.hash));
  for (const { uid } of same) {
    const found = await look(path, uid);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A folder that is not there holds nothing. */
async function orMissing<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isBrokerError(error, 'folder_missing')) return undefined;
    throw error;
  }
}
