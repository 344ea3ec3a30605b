import { awaitedLater } from '../domain/all-settled.ts';
import type { FolderChoice } from '../domain/mail/folder.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import { fetchListed, type ListedMessage } from '../mailbox/fetch/fetch-listed.ts';
import { bringsFile } from '../mailbox/fetch/fetch-traits.ts';
import { pieces } from '../mailbox/fetch/uid-set.ts';
import type { OpenFolder } from '../mailbox/session/session.ts';
import { knownKeys } from '../store/mailboxes/known-keys.ts';
import { knownMessages } from '../store/mailboxes/known-places.ts';
import { folderOf, namedFolder } from './folder-of.ts';
import { decodeListCursor, encodeListCursor } from './list-cursor.ts';
import { askingLevels, fits, isEmptyQuery, type MessageQuery, searchOf } from './message-query.ts';
import { type Summary, summaryOf } from './summary.ts';
import type { Place, Reader, ReadingDeps } from './types.ts';
import { uidsBelow } from './uids-below.ts';

export interface ListRequest {
  readonly folder: FolderChoice;
  readonly query: MessageQuery;
  readonly limit: number;
  readonly cursor: string | undefined;
}

export interface MessagePage {
  readonly folder: { readonly path: string; readonly role: string | null; readonly messages: number };
  /** The newest UID first. */
  readonly items: readonly Summary[];
  /** Absent at the end of the folder. */
  readonly cursor?: string;
  /** Of a search: when the last message arrived that was looked at; null once the whole folder has been. */
  readonly scannedUntil?: string | null;
}

/** Of what the broker compares itself it looks at so many messages a call, some 40 round trips. */
export const mostScanned = 1_000;

const chunk = 50;

/**
 * A page of one folder, searched or not.
 * @throws BrokerError `no_such_folder` | `invalid_request` (a cursor of another folder) | `cursor_stale` | `search_refused`,
 *   and what a session throws
 */
export async function listMessages(deps: ReadingDeps, reader: Reader, request: ListRequest): Promise<MessagePage> {
  const { row } = reader;
  const { query, limit } = request;
  // If the mail server takes longer than the store, an unhandled rejection must not end the process.
  const known = awaitedLater(knownMessages(deps.store, row.id));
  return deps.interactive.with(
    row,
    async (session) => {
      const place = await folderOf(session, row, request.folder);
      const work = session.inFolder(place.path, 'read', async (folder) => {
        const bound = boundOf(request.cursor, place, folder);
        const found = await gather(folder, bound, query, limit);
        const keys = knownKeys(await known);
        const shown = { row, place, uidValidity: folder.uidValidity, keys };
        const at = { folderId: place.id, uidValidity: folder.uidValidity };
        return {
          folder: { path: place.path, role: place.role ?? null, messages: folder.messages },
          items: found.items.map((listed) => summaryOf(shown, listed)),
          ...(found.next === undefined ? {} : { cursor: encodeListCursor({ ...at, uid: found.next }) }),
          ...(isEmptyQuery(query)
            ? {}
            : { scannedUntil: found.next === undefined ? null : (found.oldest?.toISOString() ?? null) }),
        };
      });
      return namedFolder(work);
    },
    reader.throttledUntil,
  );
}

/** UIDs below this one are asked for. */
function boundOf(text: string | undefined, place: Place, folder: OpenFolder): number {
  if (text === undefined) return folder.uidNext;
  const cursor = decodeListCursor(text);
  if (cursor === undefined || cursor.folderId !== place.id) {
    const message = 'Is not the cursor of a page of this folder.';
    throw new BrokerError('invalid_request', { fields: [{ field: 'cursor', message }] });
  }
  if (cursor.uidValidity !== folder.uidValidity) throw new BrokerError('cursor_stale');
  return cursor.uid;
}

interface Gathered {
  readonly items: readonly ListedMessage[];
  /** The last UID that was looked at; undefined if there is nothing below it. */
  readonly next: number | undefined;
  readonly oldest: Date | undefined;
}

async function gather(folder: OpenFolder, bound: number, query: MessageQuery, limit: number): Promise<Gathered> {
  const items: ListedMessage[] = [];
  let oldest: Date | undefined;
  let scanned = 0;
  let next: number | undefined;
  // Without a search every message is wanted, and none is fetched in excess.
  for await (const some of inPieces(await answeredUids(folder, bound, query), isEmptyQuery(query) ? limit : chunk)) {
    if (items.length >= limit || scanned >= mostScanned) return { items, next, oldest };
    const listed = new Map((await fetchListed(folder.fetch, some)).map((one) => [one.meta.uid, one]));
    for (const uid of some) {
      if (items.length >= limit) return { items, next, oldest };
      scanned += 1;
      next = uid;
      const one = listed.get(uid);
      if (one === undefined) continue;
      oldest = one.meta.internalDate;
      if (fits(query, one) && (await hasFilesAsWanted(folder, query, one))) items.push(one);
    }
  }
  return { items, next: undefined, oldest };
}

async function* inPieces(batches: AsyncGenerator<readonly number[]>, size: number): AsyncGenerator<readonly number[]> {
  for await (const batch of batches) yield* pieces(batch, size);
}

async function hasFilesAsWanted(folder: OpenFolder, query: MessageQuery, one: ListedMessage): Promise<boolean> {
  if (query.hasAttachment === undefined) return true;
  const has = one.hasAttachments ?? (await bringsFile(folder.fetch, one.meta.uid, one.structure));
  return (has ?? false) === query.hasAttachment;
}

/** What the server finds, or all there is where it refuses to search. */
async function answeredUids(
  folder: OpenFolder,
  bound: number,
  query: MessageQuery,
): Promise<AsyncGenerator<readonly number[]>> {
  for (const asking of askingLevels) {
    const search = searchOf(query, asking);
    if (search === undefined || (query.text !== undefined && search.text === undefined)) break;
    const uids = uidsBelow(folder, bound, search);
    try {
      return startedWith(await uids.next(), uids);
    } catch (error) {
      // BADCHARSET (RFC 3501 section 7.1), or a sentence that means as much.
      if (!isBrokerError(error, 'imap_unexpected')) throw error;
    }
  }
  // The text of messages is not compared here: that would be to read them all.
  if (query.text !== undefined) throw new BrokerError('search_refused');
  return uidsBelow(folder, bound, undefined);
}

async function* startedWith<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}
