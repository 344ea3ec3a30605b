import { awaitedLater } from '../domain/all-settled.ts';
import type { FolderChoice } from '../domain/mail/folder.ts';
import { BrokerError } from '../errors.ts';
import { fetchListed } from '../mailbox/fetch/fetch-listed.ts';
import type { OpenFolder } from '../mailbox/session/session.ts';
import { knownKeys } from '../store/mailboxes/known-keys.ts';
import { knownMessages } from '../store/mailboxes/known-places.ts';
import { type ChangesCursor, decodeChangesCursor, encodeChangesCursor } from './changes-cursor.ts';
import { folderOf, namedFolder } from './folder-of.ts';
import { namesOf } from './summary.ts';
import type { Place, Reader, ReadingDeps } from './types.ts';
import { uidsBelow } from './uids-below.ts';

export interface ChangesRequest {
  readonly folder: FolderChoice;
  readonly limit: number;
  /** Of the answer before; undefined to begin. */
  readonly since: string | undefined;
}

/** Messages of one folder with their flags as they are now. */
export interface Changes {
  readonly folder: { readonly path: string; readonly role: string | null; readonly messages: number };
  readonly items: readonly ChangedFlags[];
  /** True: only what changed since. False: the server does not tell what changed, and these are all messages, page by page. */
  readonly changedOnly: boolean;
  /** More is to come now. */
  readonly more: boolean;
  /** Goes into the next request. */
  readonly since: string;
}

type ChangedFlags = ReturnType<typeof namesOf> & {
  readonly seen: boolean;
  readonly flagged: boolean;
  readonly answered: boolean;
  readonly categories: readonly string[];
};

/**
 * Flags of one folder that changed since the last call, where the server has CONDSTORE (RFC 7162). Exchange has not: then
 * every call answers a page of the folder, the newest UID first, and begins anew after the last. What was removed is not
 * told; a message that is new counts as changed.
 * @throws BrokerError `no_such_folder` | `invalid_request` (a cursor of another folder) | `cursor_stale`, and what a
 *   session throws
 */
export async function listChanges(deps: ReadingDeps, reader: Reader, request: ChangesRequest): Promise<Changes> {
  const { row } = reader;
  const known = awaitedLater(knownMessages(deps.store, row.id));
  return deps.interactive.with(
    row,
    async (session) => {
      const place = await folderOf(session, row, request.folder);
      const work = session.inFolder(place.path, 'read', async (folder) => {
        const from = cursorOf(request.since, place, folder);
        const { uids, next, changedOnly } = await pageOf(folder, place, from, request.limit);
        const listed = await fetchListed(folder.fetch, uids);
        const shown = { row, place, uidValidity: folder.uidValidity, keys: knownKeys(await known) };
        return {
          folder: { path: place.path, role: place.role ?? null, messages: folder.messages },
          items: listed.map((one) => {
            const { seen, flagged, answered } = one.meta;
            return { ...namesOf(shown, one), seen, flagged, answered, categories: one.categories };
          }),
          changedOnly,
          more: next.uid > 0,
          since: encodeChangesCursor(next),
        };
      });
      return namedFolder(work);
    },
    reader.throttledUntil,
  );
}

function cursorOf(text: string | undefined, place: Place, folder: OpenFolder): ChangesCursor | undefined {
  if (text === undefined) return undefined;
  const cursor = decodeChangesCursor(text);
  if (cursor === undefined || cursor.folderId !== place.id) {
    const message = 'Is not the since of an answer about this folder.';
    throw new BrokerError('invalid_request', { fields: [{ field: 'since', message }] });
  }
  if (cursor.uidValidity !== folder.uidValidity) throw new BrokerError('cursor_stale');
  return cursor;
}

interface Page {
  /** The newest first. */
  readonly uids: readonly number[];
  readonly next: ChangesCursor;
  readonly changedOnly: boolean;
}

async function pageOf(
  folder: OpenFolder,
  { id: folderId }: Place,
  from: ChangesCursor | undefined,
  limit: number,
): Promise<Page> {
  const { uidValidity, highestModseq } = folder;
  const place = { folderId, uidValidity };
  if (highestModseq === undefined) {
    const uids = await newestBelow(folder, from === undefined || from.uid === 0 ? folder.uidNext : from.uid, limit);
    const last = uids.length < limit ? 0 : (uids.at(-1) ?? 0);
    return { uids, next: { ...place, modseq: 0n, target: 0n, uid: last }, changedOnly: false };
  }
  const settled = { ...place, modseq: highestModseq, target: 0n, uid: 0 };
  if (from === undefined || from.modseq === 0n) return { uids: [], next: settled, changedOnly: true };
  const target = from.target === 0n ? highestModseq : from.target;
  const changed = (await folder.search({ modseq: from.modseq + 1n })).reverse();
  const rest = from.uid === 0 ? changed : changed.filter((uid) => uid < from.uid);
  const uids = rest.slice(0, limit);
  const isOver = rest.length <= limit;
  const next = isOver ? { ...settled, modseq: target } : { ...from, target, uid: uids.at(-1) ?? 0 };
  return { uids, next, changedOnly: true };
}

async function newestBelow(folder: OpenFolder, bound: number, most: number): Promise<readonly number[]> {
  const uids: number[] = [];
  for await (const batch of uidsBelow(folder, bound, undefined)) {
    uids.push(...batch);
    if (uids.length >= most) break;
  }
  return uids.slice(0, most);
}
