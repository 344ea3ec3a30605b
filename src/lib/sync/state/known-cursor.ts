import type { CursorRow, WatchedFolder } from '../../store/rows/rows.ts';

/** The cursor of a folder as a run begins with it: as it is stored, or that of a folder that never had one. Pure. */
export const knownCursor = (mailboxId: string, folder: WatchedFolder, stored: CursorRow | undefined): CursorRow => ({
  ...(stored ?? {
    mailboxId,
    folderId: folder.id,
    uidValidity: 0n,
    lastUid: 0,
    acked: [],
    uidGaps: [],
    fresh: [],
    uidNextSeen: 0,
    messages: 0,
    unseen: 0,
    lastInternalDate: undefined,
    headSince: undefined,
    retries: 0,
    retryAt: undefined,
    baselineFrom: undefined,
  }),
  // A folder with a role is followed by it: the path under which it was found last stands here, not in the API's row.
  path: folder.role !== undefined && stored !== undefined && stored.path !== '' ? stored.path : folder.path,
  role: folder.role,
});
