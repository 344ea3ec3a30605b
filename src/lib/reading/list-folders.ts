import { base64url, fromBase64url } from '../domain/bytes.ts';
import type { FolderRole } from '../domain/mail/folder.ts';
import { isBrokerError } from '../errors.ts';
import type { FolderInfo, MailSession } from '../mailbox/session/session.ts';
import { placeOf } from './folder-of.ts';
import type { Reader, ReadingDeps } from './types.ts';

export interface FoldersRequest {
  /** Roles of the folders that are counted, or all of them; undefined for none. */
  readonly counts?: readonly (FolderRole | 'all')[] | undefined;
  /** One more that is counted. */
  readonly path?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ListedFolder {
  readonly path: string;
  readonly name: string;
  /** What stands between the names in a path; empty where folders hold no folders. */
  readonly delimiter: string;
  readonly role: FolderRole | null;
  /** False for one that holds folders but no mail. */
  readonly selectable: boolean;
  /** The broker delivers what arrives here. */
  readonly watched: boolean;
  /** Null where it was not counted, or is no longer there. */
  readonly messages: number | null;
  readonly unseen: number | null;
  /** When it was counted. */
  readonly asOf: string | null;
}

export interface FolderPage {
  readonly items: readonly ListedFolder[];
  readonly cursor?: string;
}

// One STATUS a folder: without LIST-STATUS (RFC 5819) 200 folders are 200 round trips.
const countingMs = 15_000;

/**
 * The folders of a mailbox in order of their paths, with counts for those that are named. Counting ends after
 * {@link countingMs}; the cursor continues from there.
 * @throws BrokerError what a session throws
 */
export async function listFolders(
  { interactive, clock }: Pick<ReadingDeps, 'interactive' | 'clock'>,
  { row, throttledUntil }: Reader,
  request: FoldersRequest,
): Promise<FolderPage> {
  const { counts, path, limit, cursor } = request;
  const isCounted = (folder: FolderInfo): boolean =>
    folder.selectable &&
    (counts?.includes('all') === true ||
      (folder.role !== undefined && counts?.includes(folder.role) === true) ||
      folder.path === path);
  const watched = new Set(row.folders.map(({ id }) => id));
  return interactive.with(
    row,
    async (session) => {
      const after = cursor === undefined ? '' : new TextDecoder().decode(fromBase64url(cursor));
      const rest = (await session.folders())
        .filter((folder) => folder.path > after)
        .sort((one, other) => (one.path < other.path ? -1 : 1));
      const started = clock.monotonic();
      const items: ListedFolder[] = [];
      for (const folder of rest) {
        if (items.length >= limit || (items.length > 0 && clock.monotonic() - started > countingMs)) {
          return { items, cursor: base64url(new TextEncoder().encode(items.at(-1)?.path ?? '')) };
        }
        const counted = isCounted(folder) ? await count(session, folder.path) : undefined;
        items.push({
          path: folder.path,
          name: folder.delimiter === '' ? folder.path : (folder.path.split(folder.delimiter).at(-1) ?? folder.path),
          delimiter: folder.delimiter,
          role: folder.role ?? null,
          selectable: folder.selectable,
          watched: watched.has(placeOf(row, folder).id),
          messages: counted?.messages ?? null,
          unseen: counted?.unseen ?? null,
          asOf: counted === undefined ? null : new Date(clock.now()).toISOString(),
        });
      }
      return { items };
    },
    throttledUntil,
  );
}

/** A folder that has gone since it was listed has no counts. */
async function count(session: MailSession, path: string) {
  try {
    return await session.status(path);
  } catch (error) {
    if (isBrokerError(error, 'folder_missing')) return undefined;
    throw error;
  }
}
