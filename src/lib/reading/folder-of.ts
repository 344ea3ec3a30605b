import { pathFolderId } from '../domain/ids.ts';
import { type FolderChoice, isChosen } from '../domain/mail/folder.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { FolderInfo, MailSession } from '../mailbox/session/session.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { Place } from './types.ts';

/** A folder of the mailbox as references name it: by its id where it is watched, else by its path. */
export function placeOf(row: MailboxRow, { path, role }: Pick<FolderInfo, 'path' | 'role'>): Place {
  const watched = row.folders.find((folder) => folder.path === path || (folder.path === '' && folder.role === role));
  return { id: watched?.id ?? pathFolderId(path), path, role };
}

/**
 * The folder that a caller means.
 * @throws BrokerError `no_such_folder`
 */
export async function folderOf(
  session: Pick<MailSession, 'folders'>,
  row: MailboxRow,
  choice: FolderChoice,
): Promise<Place> {
  const watched = row.folders.find((folder) => folder.path !== '' && isChosen(choice, folder));
  if (watched !== undefined) return watched;
  const found = (await session.folders()).find((folder) => folder.selectable && isChosen(choice, folder));
  if (found === undefined) throw new BrokerError('no_such_folder');
  return placeOf(row, found);
}

/** For a folder that a caller named: one that went since it was looked up is like one that never was. */
export async function namedFolder<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isBrokerError(error, 'folder_missing') ? new BrokerError('no_such_folder', { cause: error.cause }) : error;
  }
}
