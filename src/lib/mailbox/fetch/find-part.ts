import type { AttachmentPlace } from '../../access/attachment-token.ts';
import { dayMs } from '../../domain/duration.ts';
import type { Attachment } from '../../domain/mail/message.ts';
import { hasHash, isSameMail, messageHash } from '../../domain/mail/message-identity.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { KnownPlace } from '../../store/mailboxes/known-places.ts';
import type { WatchedFolder } from '../../store/rows/rows.ts';
import type { MailSession } from '../session/session.ts';
import { searchDays } from './search-days.ts';

/** A file, where it is now. */
export interface FoundPart {
  readonly path: string;
  readonly uid: number;
  readonly file: Attachment;
}

// Of a day with more messages than this the newest are looked through.
const mostCandidates = 2_000;

/**
 * The file that a link means: where its message was last seen; or, if the folder was renumbered or the message is not
 * there any more, where the polls have seen it since; or wherever in the watched folders the same mail lies under that day.
 * @param known asked only where the message is not in its place
 * @throws BrokerError `message_gone`
 */
export async function findPart(
  session: MailSession,
  folders: readonly WatchedFolder[],
  place: AttachmentPlace,
  known: () => Promise<readonly KnownPlace[]>,
): Promise<FoundPart> {
  const own = folders.filter((folder) => folder.id === place.folderId);
  const others = folders.filter((folder) => !own.includes(folder));
  const searched = new Set<string>();

  const at = async (path: string, { uidValidity, uid }: KnownPlace): Promise<FoundPart | undefined> => {
    if ((await session.status(path)).uidValidity !== uidValidity) return undefined;
    const file = await session.part(path, uid, place.part);
    return file === undefined ? undefined : { path, uid, file };
  };
  const whereItWas = (path: string): Promise<FoundPart | undefined> => at(path, place);
  /** A server that dates moved mail anew has it under another day by now. */
  const whereItIsKnown = async (): Promise<FoundPart | undefined> => {
    for (const other of await known()) {
      const path = folders.find(({ id }) => id === other.folderId)?.path ?? '';
      const found = path === '' ? undefined : await orMissing(() => at(path, other));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const anywhereIn = async (path: string): Promise<FoundPart | undefined> => {
    if (searched.has(path)) return undefined;
    searched.add(path);
    return search(session, path, place);
  };

  const paths = [...own, ...others].map(({ path }) => path).filter((path) => path !== '');
  const looks: readonly (() => Promise<FoundPart | undefined>)[] = [
    ...own.flatMap(({ path }) => (path === '' ? [] : [() => whereItWas(path)])),
    whereItIsKnown,
    ...paths.map((path) => () => anywhereIn(path)),
  ];
  for (const look of looks) {
    const found = await orMissing(look);
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

async function search(session: MailSession, path: string, place: AttachmentPlace): Promise<FoundPart | undefined> {
  if (!hasHash(place.hash)) return undefined;
  const day = new Date(place.day * dayMs);
  const uids = (await searchDays(session, path, day, day)).slice(-mostCandidates);
  const same = (await session.fetchMeta(path, uids)).filter((meta) => isSameMail(messageHash(meta), place.hash));
  for (const { uid } of same) {
    const file = await session.part(path, uid, place.part);
    if (file !== undefined) return { path, uid, file };
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
