import type { MessageRef } from '../delivery/events/message-ref.ts';
import { awaitedLater } from '../domain/all-settled.ts';
import type { FolderRole } from '../domain/mail/folder.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import { fetchListed, type ListedMessage } from '../mailbox/fetch/fetch-listed.ts';
import { pieces } from '../mailbox/fetch/uid-set.ts';
import type { MailSession, OpenFolder } from '../mailbox/session/session.ts';
import { knownKeys } from '../store/mailboxes/known-keys.ts';
import { knownMessages } from '../store/mailboxes/known-places.ts';
import { findReferenced } from './find-referenced.ts';
import { placeOf } from './folder-of.ts';
import { mostScanned } from './list-messages.ts';
import { type Summary, summaryOf } from './summary.ts';
import { idsOf, idsOfSearch, isMember, threadSearch } from './thread-members.ts';
import type { Place, Reader, ReadingDeps } from './types.ts';
import { uidsBelow } from './uids-below.ts';

export interface ThreadRequest {
  readonly ref: MessageRef;
  /** Roles of folders that are looked into besides. */
  readonly folders: readonly FolderRole[];
  /** One more folder. */
  readonly path: string | undefined;
}

export interface Thread {
  /** By arrival, the oldest first. */
  readonly items: readonly Summary[];
  /** False where `left` is not empty: other messages may be there. */
  readonly complete: boolean;
  readonly left: readonly LeftFolder[];
  /** Message-IDs that the messages name, and that were not found. */
  readonly missing: readonly string[];
}

export interface LeftFolder {
  readonly path: string;
  readonly role: FolderRole | null;
  /** Where the folder was compared message by message: when the oldest of them arrived. Null if it was not looked into. */
  readonly scannedUntil: string | null;
}

// Folders are asked one after the other, 40 ms or more a question.
const searchingMs = 20_000;
const mostMessages = 200;
// An answer names the mail before it; of these names the first search knows what the first message tells.
const mostRounds = 4;
const mostIds = 60;
const mostMissing = 50;

/** What is known of a folder while a conversation is gathered. */
interface Gathered {
  readonly place: Place;
  readonly found: Map<number, ListedMessage>;
  uidValidity: bigint;
  /** Messages that were compared one by one, because the server is not trusted with the search. */
  scanned: readonly ListedMessage[] | undefined;
  /** Of these, when the oldest arrived; undefined if all of the folder was compared. */
  scannedUntil: Date | undefined;
}

/**
 * The conversation of a message: what has its Message-ID, one that it names, or names one of them, in the watched folders,
 * Sent, Archive and those that the caller names; never in all folders of a mailbox. The server's SEARCH is believed only
 * if it finds the message itself; else the newest messages of each folder are compared.
 * @throws BrokerError `not_found_here` | `message_gone` | `no_such_folder`, and what a session throws
 */
export async function findThread(deps: ReadingDeps, reader: Reader, request: ThreadRequest): Promise<Thread> {
  const { row } = reader;
  const known = awaitedLater(knownMessages(deps.store, row.id));
  return deps.interactive.with(
    row,
    async (session) => {
      const start = await findReferenced(session, row, request.ref, () => known);
      const { places, others } = await placesFor(session, reader, request, start.place);
      const end = deps.clock.monotonic() + searchingMs;
      const search = createSearch(session, start, () => deps.clock.monotonic() > end);
      const { folders, ids } = await search.gather(places);
      const keys = knownKeys(await known);
      const listed = folders.flatMap(({ place, uidValidity, found }) =>
        [...found.values()].map((one) => ({ one, shown: { row, place, uidValidity, keys } })),
      );
      const items = listed
        .toSorted((a, b) => a.one.meta.internalDate.getTime() - b.one.meta.internalDate.getTime())
        .slice(0, mostMessages)
        .map(({ one, shown }) => summaryOf(shown, one));
      const own = new Set(
        listed.flatMap(({ one }) => idsOf({ ...one.headline, inReplyTo: undefined, references: [] })),
      );
      // What names nothing has no conversation.
      const left =
        ids.length === 0 ? [] : [...search.unfinished(places), ...others.map((place) => leftOf(place, undefined))];
      return {
        items,
        complete: left.length === 0 && listed.length <= mostMessages,
        left,
        missing: ids.filter((id) => !own.has(id)).slice(0, mostMissing),
      };
    },
    reader.throttledUntil,
  );
}

const leftOf = ({ path, role }: Place, scannedUntil: Date | undefined): LeftFolder => ({
  ...{ path, role: role ?? null },
  scannedUntil: scannedUntil?.toISOString() ?? null,
});

/** Where is looked, the folder of the message first, and where is not. */
async function placesFor(
  session: MailSession,
  { row }: Reader,
  { folders, path }: ThreadRequest,
  first: Place,
): Promise<{ readonly places: readonly Place[]; readonly others: readonly Place[] }> {
  const listed = (await session.folders()).filter(({ selectable }) => selectable);
  if (path !== undefined && !listed.some((folder) => folder.path === path)) throw new BrokerError('no_such_folder');
  const roles: readonly (FolderRole | undefined)[] = ['sent', 'archive', ...folders];
  const watched = new Set(row.folders.map(({ id }) => id));
  const all = listed.map((folder) => ({ ...placeOf(row, folder), role: folder.role }));
  const isWanted = (place: Place): boolean =>
    watched.has(place.id) || place.path === path || (place.role !== undefined && roles.includes(place.role));
  const rest = all.filter((place) => place.path !== first.path);
  return { places: [first, ...rest.filter(isWanted)], others: rest.filter((place) => !isWanted(place)) };
}

function createSearch(
  session: MailSession,
  start: { readonly place: Place; readonly uidValidity: bigint; readonly listed: ListedMessage },
  isOver: () => boolean,
) {
  const folders = new Map<string, Gathered>();
  const unfinished = new Set<Place>();
  const ids = new Set(idsOf(start.listed.headline));
  let isTrusted = true;

  const lookInto = async (place: Place, wanted: readonly string[]): Promise<void> =>
    session.inFolder(place.path, 'read', async (folder) => {
      const before = folders.get(place.path);
      const at = before?.uidValidity === folder.uidValidity ? before : begin(place, folder.uidValidity);
      for (const one of await candidates(folder, at, wanted)) {
        if (isMember(one.headline, ids)) at.found.set(one.meta.uid, one);
      }
    });

  const begin = (place: Place, uidValidity: bigint): Gathered => {
    const at: Gathered = { place, uidValidity, found: new Map(), scanned: undefined, scannedUntil: undefined };
    folders.set(place.path, at);
    if (place.path === start.place.path) at.found.set(start.listed.meta.uid, start.listed);
    return at;
  };

  async function candidates(folder: OpenFolder, at: Gathered, wanted: readonly string[]): Promise<ListedMessage[]> {
    if (isTrusted) {
      const found = await searched(folder, wanted);
      const { uid } = start.listed.meta;
      const isItsOwn = at.place.path === start.place.path && wanted.includes(idsOf(start.listed.headline)[0] ?? '');
      isTrusted = found !== undefined && (!isItsOwn || found.includes(uid));
      if (isTrusted && found !== undefined) {
        return fetchListed(folder.fetch, found.filter((each) => !at.found.has(each)).slice(-mostMessages));
      }
    }
    at.scanned ??= await scan(folder, at);
    return [...at.scanned];
  }

  /** Undefined if the server refuses to search, or cannot be asked. */
  async function searched(folder: OpenFolder, wanted: readonly string[]): Promise<number[] | undefined> {
    const uids = new Set<number>();
    for (const some of pieces(wanted, idsOfSearch)) {
      const search = threadSearch(some);
      if (search === undefined) return undefined;
      try {
        for (const uid of await folder.search(search)) uids.add(uid);
      } catch (error) {
        if (!isBrokerError(error, 'imap_unexpected')) throw error;
        return undefined;
      }
    }
    return [...uids].sort((a, b) => a - b);
  }

  async function scan(folder: OpenFolder, at: Gathered): Promise<ListedMessage[]> {
    const all: ListedMessage[] = [];
    let count = 0;
    for await (const batch of uidsBelow(folder, folder.uidNext, undefined)) {
      for (const some of pieces(batch, 50)) {
        if (count >= mostScanned || isOver()) {
          at.scannedUntil = all.at(-1)?.meta.internalDate ?? new Date(0);
          return all;
        }
        all.push(...(await fetchListed(folder.fetch, some)));
        count += some.length;
      }
    }
    return all;
  }

  return {
    /** Goes round the folders with the ids that are known, then with those that were found, until there are no more. */
    async gather(places: readonly Place[]) {
      let wanted: readonly string[] = [...ids];
      for (let round = 0; round < mostRounds && wanted.length > 0; round += 1) {
        for (const place of places) {
          if (isOver()) unfinished.add(place);
          else await lookInto(place, wanted).catch(passIfMissing);
        }
        const seen = [...folders.values()].flatMap(({ found }) => [...found.values()]);
        const fresh = seen.flatMap(({ headline }) => idsOf(headline)).filter((id) => !ids.has(id));
        wanted = [...new Set(fresh)].slice(0, Math.max(0, mostIds - ids.size));
        for (const id of wanted) ids.add(id);
      }
      if (!folders.has(start.place.path)) begin(start.place, start.uidValidity);
      return { folders: [...folders.values()], ids: [...ids] };
    },
    unfinished: (places: readonly Place[]): LeftFolder[] =>
      places.flatMap((place) => {
        const until = folders.get(place.path)?.scannedUntil;
        return unfinished.has(place) || until !== undefined ? [leftOf(place, until)] : [];
      }),
  };
}

/** A folder that goes meanwhile holds nothing. */
function passIfMissing(error: unknown): void {
  if (!isBrokerError(error, 'folder_missing')) throw error;
}
