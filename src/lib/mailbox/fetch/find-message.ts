import type { AttachmentPlace } from '../../access/attachment-token.ts';
import { dayMs } from '../../domain/duration.ts';
import { isPathFolderId, pathFolderId } from '../../domain/ids.ts';
import { hasHash, isSameMail, messageHash } from '../../domain/mail/message-identity.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { KnownPlace } from '../../store/mailboxes/known-places.ts';
import type { WatchedFolder } from '../../store/rows/rows.ts';
import type { FolderInfo, MailSession } from '../session/session.ts';
import { searchDays } from './search-days.ts';

/** Where a message was last seen, and by what it is known again. */
export type MessagePlace = Omit<AttachmentPlace, 'mailboxId' | 'part'>;

/** What is wanted of a message at a place; undefined if it is not there. */
export type Look<T> = (path: string, uid: number) => Promise<T | undefined>;

// Each costs a search, which is too slow for all folders of a mailbox with 200.
const fewFolders = 12;

// Of a day with more messages than this the newest are looked through.
const mostCandidates = 2_000;

/**
 * Looks at a message where it was last seen; or, if the folder was renumbered or the message is no longer there, where
 * the polls have seen it since; or in any watched folder that has the same mail on that day.
 * @param known asked only where the message is not in its place
 * @param reach `named`: looks into every folder that has a role, too, and into all of a mailbox that has few
 * @throws BrokerError `message_gone`; of the reach `named` only where every folder was looked into, and the server
 * answered for every message in question, else `not_found_here`
 */
export async function findMessage<T>(
  session: MailSession,
  folders: readonly WatchedFolder[],
  place: MessagePlace,
  known: () => Promise<readonly KnownPlace[]>,
  look: Look<T>,
  reach: 'watched' | 'named' = 'watched',
): Promise<T> {
  let listed: readonly FolderInfo[] | undefined;
  const list = async () => {
    listed ??= await session.folders();
    return listed;
  };
  const own = folders.filter((folder) => folder.id === place.folderId);
  const others = folders.filter((folder) => !own.includes(folder));
  const searched = new Set<string>();

  const at = async (path: string, { uidValidity, uid }: Pick<KnownPlace, 'uidValidity' | 'uid'>) =>
    (await session.status(path)).uidValidity === uidValidity ? look(path, uid) : undefined;
  /** A server that gives moved mail a new date has it on another day by now. */
  const whereItIsKnown = async (): Promise<T | undefined> => {
    for (const other of await known()) {
      const path = folders.find(({ id }) => id === other.folderId)?.path ?? '';
      const found = path === '' ? undefined : await orMissing(() => at(path, other));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  /** False once a message that the server lists was not looked at, or a folder that it lists was not there. */
  let sawAll = true;
  const anywhereIn = async (path: string): Promise<T | undefined> => {
    if (searched.has(path)) return undefined;
    const { found, isWhole } = await search(session, path, place, look);
    searched.add(path);
    sawAll &&= isWhole;
    return found;
  };

  /** A reference to a folder that is not watched names it by its path. */
  const byItsPath = async (): Promise<T | undefined> => {
    const found = (await list()).find(({ path, selectable }) => selectable && pathFolderId(path) === place.folderId);
    return found === undefined ? undefined : at(found.path, place);
  };

  const paths = [...own, ...others].map(({ path }) => path).filter((path) => path !== '');
  const looks: readonly (() => Promise<T | undefined>)[] = [
    ...own.flatMap(({ path }) => (path === '' ? [] : [() => at(path, place)])),
    ...(isPathFolderId(place.folderId) ? [byItsPath] : []),
    whereItIsKnown,
    ...paths.map((path) => () => anywhereIn(path)),
  ];
  for (const one of looks) {
    const found = await orMissing(one);
    if (found !== undefined) return found;
  }
  // Folders that go by another name now, or whose name the mailbox's row does not hold.
  const selectable = (await list()).filter((each) => each.selectable);
  const isSmall = reach === 'named' && selectable.length <= fewFolders;
  const isInReach = ({ role }: FolderInfo): boolean =>
    isSmall || (role !== undefined && (reach === 'named' || folders.some((each) => each.role === role)));
  for (const { path } of selectable.filter(isInReach)) {
    const found = await orMissing(() => anywhereIn(path));
    if (found !== undefined) return found;
    // It may have been renamed just now, with the message in it.
    if (!searched.has(path)) sawAll = false;
  }
  const isProved = reach === 'watched' || (isSmall && sawAll && hasHash(place.hash));
  throw new BrokerError(isProved ? 'message_gone' : 'not_found_here');
}

async function search<T>(
  session: MailSession,
  path: string,
  place: MessagePlace,
  look: Look<T>,
): Promise<{ readonly found: T | undefined; readonly isWhole: boolean }> {
  if (!hasHash(place.hash)) return { found: undefined, isWhole: false };
  const day = new Date(place.day * dayMs);
  const uids = await searchDays(session, path, day, day);
  const metas = await session.fetchMeta(path, uids.slice(-mostCandidates));
  const same = metas.filter((meta) => isSameMail(messageHash(meta), place.hash));
  for (const { uid } of same) {
    const found = await look(path, uid);
    if (found !== undefined) return { found, isWhole: true };
  }
  // Exchange lists messages for which it answers a FETCH with nothing (node-imap#867).
  return { found: undefined, isWhole: metas.length === uids.length && same.length === 0 };
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
