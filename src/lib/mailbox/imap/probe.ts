import { type FolderChoice, type FolderRole, isChosen } from '../../domain/mail/folder.ts';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { FolderInfo, ImapAccount, ImapConnector, ImapSession } from '../session/session.ts';
import { defaultFolders } from './folders.ts';

/** Where a folder stood when its mailbox was connected: the row from which its cursor starts. */
export interface FolderBaseline {
  readonly path: string;
  readonly role: FolderRole | undefined;
  readonly uidValidity: bigint;
  readonly uidNext: number;
  readonly messages: number;
  readonly unseen: number;
  /** Identities of the newest messages, ascending by UID, for the recent messages; empty unless asked for. */
  readonly recent: readonly MessageMeta[];
}

export interface Probed {
  /** In the order of choosing; unless chosen, inbox first. */
  readonly watched: readonly FolderBaseline[];
  /** Chosen folders that are not there. */
  readonly missing: readonly FolderChoice[];
  readonly folders: readonly FolderInfo[];
}

export interface ProbeOptions {
  /** How many newest identities to read of each folder. */
  readonly recent?: number;
  /** Folders to watch in place of inbox and sent. */
  readonly choices?: readonly FolderChoice[] | undefined;
}

/**
 * Logs in and asks where the inbox and the sent folder stand, or the folders that are chosen in their place.
 * @throws BrokerError `imap_refused` if the server says no to this person, `folder_missing` if there is no inbox though
 *   nothing else was chosen; `imap_unreachable`, `imap_throttled`, `imap_not_connected`, `imap_token_expired` or
 *   `imap_unexpected` (all with a time) if nothing is known about the mailbox yet: see {@link isUnreachable}
 */
export type Probe = (account: ImapAccount, options?: ProbeOptions, signal?: AbortSignal) => Promise<Probed>;

/** Looks into a mailbox once, over a connection of its own. */
export function createProbe({ connector }: { readonly connector: ImapConnector }): Probe {
  return async (account, options = {}, signal) => {
    const session = await connector.open(account, signal);
    const abort = () => void session.close();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const folders = await session.folders();
      const watched: FolderBaseline[] = [];
      const { found, missing } = chosen(folders, options.choices);
      for (const folder of found) {
        const status = await session.status(folder.path);
        const recent =
          options.recent === undefined ? [] : await recentMeta(session, folder.path, options.recent, status);
        watched.push({ path: folder.path, role: folder.role, ...status, recent });
      }
      return { watched, missing, folders };
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      await session.close();
    }
  };
}

function chosen(
  folders: readonly FolderInfo[],
  choices: readonly FolderChoice[] | undefined,
): { readonly found: readonly FolderInfo[]; readonly missing: readonly FolderChoice[] } {
  if (choices === undefined) {
    const watched = defaultFolders(folders);
    if (watched[0]?.role !== 'inbox') throw new BrokerError('folder_missing');
    return { found: watched, missing: [] };
  }
  const found = new Set<FolderInfo>();
  const missing: FolderChoice[] = [];
  for (const choice of choices) {
    const folder = folders.find((each) => each.selectable && isChosen(choice, each));
    if (folder === undefined) missing.push(choice);
    else found.add(folder);
  }
  return { found: [...found], missing };
}

/** True for failures that say nothing about the mailbox: it may be connected later, without the person. */
export function isUnreachable(error: unknown): boolean {
  return (
    isBrokerError(error) &&
    ['imap_unreachable', 'imap_throttled', 'imap_not_connected', 'imap_token_expired', 'imap_unexpected'].includes(
      error.code,
    )
  );
}

/**
 * The newest `limit` messages of a folder, by UID and ascending. They come from explicit ranges below UIDNEXT, walking
 * down and widening, because UIDs have gaps and a SEARCH of a whole mailbox may be a million numbers.
 */
export async function recentMeta(
  session: ImapSession,
  path: string,
  limit: number,
  status?: { readonly uidNext: number; readonly messages: number },
): Promise<MessageMeta[]> {
  const { uidNext, messages } = status ?? (await session.status(path));
  const enough = Math.min(limit, messages);
  let uids: number[] = [];
  let width = Math.max(limit * 2, 100);
  for (let to = uidNext - 1; to >= 1 && uids.length < enough; ) {
    const from = Math.max(1, to - width + 1);
    uids = [...(await session.searchRange(path, from, to)), ...uids];
    to = from - 1;
    width *= 4;
  }
  const recent = await session.fetchMeta(path, uids.slice(-limit));
  await session.release();
  return recent;
}
