import { decodeMessageRef, encodeMessageRef, type MessageRef } from '../delivery/events/message-ref.ts';
import { awaitedLater } from '../domain/all-settled.ts';
import { isPathFolderId, pathFolderId } from '../domain/ids.ts';
import { hasHash, messageHash } from '../domain/mail/message-identity.ts';
import { BrokerError, type ErrorCode, isBrokerError } from '../errors.ts';
import { fetchListed, type ListedMessage } from '../mailbox/fetch/fetch-listed.ts';
import type { MailSession, NewPlaces, OpenFolder } from '../mailbox/session/session.ts';
import { findReferenced, isReferenced } from '../reading/find-referenced.ts';
import { folderOf, placeOf } from '../reading/folder-of.ts';
import { namesOf } from '../reading/summary.ts';
import type { Place, Reader, ReadingDeps } from '../reading/types.ts';
import { type KnownKeys, knownKeys } from '../store/mailboxes/known-keys.ts';
import { type KnownMessage, knownMessages } from '../store/mailboxes/known-places.ts';
import type { OwnChanges } from '../store/mailboxes/own-changes.ts';
import { dayOf } from '../store/rows/recent-messages-row.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { flagChanges, flagsOf, type MessageChange } from './change.ts';

/** What became of one message. */
export type ChangeResult =
  | {
      /** As it was asked for. */
      readonly messageRef: string;
      readonly ok: true;
      /** Where and how it is now; null for one that was deleted. */
      readonly message: ChangedMessage | null;
    }
  | { readonly messageRef: string; readonly ok: false; readonly error: BrokerError };

export interface ChangedMessage {
  /** Null if the server does not tell where it went, and it was not found there. */
  readonly messageRef: string | null;
  readonly messageKey: string | null;
  readonly fingerprint: string;
  readonly folder: { readonly path: string; readonly role: string | null };
  readonly seen: boolean;
  readonly flagged: boolean;
  readonly answered: boolean;
  readonly categories: readonly string[];
}

/** A message that was found, and by which of the references. */
interface Target {
  readonly asked: string;
  readonly listed: ListedMessage;
}

/** After so long no more messages are looked for that are not in their place. */
const searchingMs = 30_000;

/** Where a change is noted, and under which request its events name it. */
export interface ChangingDeps extends ReadingDeps {
  readonly ownChanges: Pick<OwnChanges, 'note'>;
}

export interface ChangeRequest {
  readonly requestId: string;
  readonly messageRefs: readonly string[];
  readonly change: MessageChange;
}

/**
 * Changes messages, up to a hundred: a result for each, in their order. Every change may be repeated. Messages of one
 * folder are changed together.
 * @throws BrokerError `no_such_folder` (to move to), and what a session throws before anything was changed
 */
export async function changeMessages(
  deps: ChangingDeps,
  { row, throttledUntil }: Reader,
  { requestId, messageRefs: asked, change }: ChangeRequest,
): Promise<ChangeResult[]> {
  const known = awaitedLater(knownMessages(deps.store, row.id));
  const results = new Map<string, ChangeResult>();
  const failed = (messageRef: string, error: BrokerError) => results.set(messageRef, { messageRef, ok: false, error });
  await deps.interactive.with(
    row,
    async (session) => {
      const to = change.moveTo === undefined ? undefined : await folderOf(session, row, change.moveTo);
      const work: Work = {
        ...{ session, row, change, to },
        known: () => known,
        keys: async () => knownKeys(await known),
        note: noteIn(deps, row.id, requestId),
      };
      const byFolder = new Map<string, { asked: string; ref: MessageRef }[]>();
      for (const text of new Set(asked)) {
        const ref = decodeMessageRef(text);
        if (ref === undefined) failed(text, new BrokerError('not_found_here'));
        else byFolder.set(ref.folderId, [...(byFolder.get(ref.folderId) ?? []), { asked: text, ref }]);
      }
      const strayed: { asked: string; ref: MessageRef }[] = [];
      let broken: BrokerError | undefined;
      /** Once something was changed, a failure that stops the rest is the result of the rest. */
      const safely = async (messages: readonly { asked: string }[], step: () => Promise<void>): Promise<void> => {
        try {
          if (broken !== undefined) throw broken;
          await step();
        } catch (error) {
          if (!isBrokerError(error)) throw error;
          if (results.size === 0 && isOfSession(error)) throw error;
          if (isOfSession(error)) broken = error;
          for (const { asked: text } of messages) if (!results.has(text)) failed(text, error);
        }
      };
      for (const [folderId, messages] of byFolder) {
        await safely(messages, async () => {
          const place = await placeById(session, row, folderId);
          if (place === undefined) strayed.push(...messages);
          else strayed.push(...(await changeIn(work, place, messages, results)));
        });
      }
      const end = deps.clock.monotonic() + searchingMs;
      for (const one of strayed) {
        await safely([one], async () => {
          if (deps.clock.monotonic() > end) throw new BrokerError('not_found_here');
          const found = await findReferenced(session, row, one.ref, work.known);
          const now = { ...one.ref, uidValidity: found.uidValidity, uid: found.listed.meta.uid };
          const left = await changeIn(work, found.place, [{ asked: one.asked, ref: now }], results);
          if (left.length > 0) throw new BrokerError('not_found_here');
        });
      }
    },
    throttledUntil,
  );
  return asked.map(
    (text) => results.get(text) ?? { messageRef: text, ok: false, error: new BrokerError('not_found_here') },
  );
}

interface Work {
  readonly session: MailSession;
  readonly row: MailboxRow;
  readonly change: MessageChange;
  readonly to: Place | undefined;
  readonly known: () => Promise<readonly KnownMessage[]>;
  readonly keys: () => Promise<KnownKeys>;
  /** Says what is about to happen to messages of one folder, before it does: a poll may see it at once. */
  readonly note: (listed: readonly ListedMessage[], change: MessageChange, to: string | undefined) => Promise<void>;
}

/** A note that cannot be written costs the `causedBy` of the event, and not the change. */
const noteIn =
  ({ ownChanges, log }: ChangingDeps, mailboxId: string, requestId: string): Work['note'] =>
  async (listed, change, to) => {
    const flags = flagsOf(change);
    const hashes = listed
      .filter(
        ({ meta }) =>
          to !== undefined ||
          (['seen', 'flagged', 'answered'] as const).some((name) => (flags[name] ?? meta[name]) !== meta[name]),
      )
      .map(({ meta }) => messageHash(meta))
      .filter(hasHash);
    if (hashes.length === 0) return;
    try {
      await ownChanges.note(mailboxId, { requestId, hashes, flags, to });
    } catch (error) {
      if (!isBrokerError(error)) throw error;
      log.warn('changes.not_noted', { mailboxId, code: error.code });
    }
  };

const ofMessages: readonly ErrorCode[] = [
  'not_found_here',
  'message_gone',
  'folder_missing',
  'categories_unsupported',
  'change_refused',
];

const isOfSession = (error: BrokerError): boolean => !ofMessages.includes(error.code);

/** The folder that a reference names; undefined if it is not known here any more. */
async function placeById(session: MailSession, row: MailboxRow, id: string): Promise<Place | undefined> {
  const watched = row.folders.find((folder) => folder.id === id);
  if (watched !== undefined && watched.path !== '') return watched;
  if (watched === undefined && !isPathFolderId(id)) return undefined;
  const found = (await session.folders()).find(
    ({ path, role }) => pathFolderId(path) === id || (watched?.role !== undefined && role === watched.role),
  );
  return found === undefined ? undefined : placeOf(row, found);
}

/** @returns those that are not in this folder */
async function changeIn(
  work: Work,
  place: Place,
  messages: readonly { readonly asked: string; readonly ref: MessageRef }[],
  results: Map<string, ChangeResult>,
): Promise<readonly { readonly asked: string; readonly ref: MessageRef }[]> {
  const strayed: { asked: string; ref: MessageRef }[] = [];
  const opened = work.session.inFolder(place.path, 'write', async (folder) => {
    const inPlace = messages.filter(({ ref }) => ref.uidValidity === folder.uidValidity);
    const there = await listedByUid(
      folder,
      inPlace.map(({ ref }) => ref.uid),
    );
    const targets: Target[] = [];
    for (const one of messages) {
      const listed = inPlace.includes(one) ? there.get(one.ref.uid) : undefined;
      if (listed === undefined || !isReferenced(one.ref, listed)) strayed.push(one);
      else targets.push({ asked: one.asked, listed });
    }
    if (targets.length === 0) return undefined;
    return { targets, uidValidity: folder.uidValidity, ...(await apply(folder, work, place, targets)) };
  });
  const done = await opened.catch((error: unknown) => {
    if (!isBrokerError(error, 'folder_missing')) throw error;
    strayed.push(...messages.filter((one) => !strayed.includes(one)));
    return undefined;
  });
  if (done === undefined) return strayed;
  const keys = await work.keys();
  for (const { asked, listed: before } of done.targets) {
    // The server took the flags; that it answers a FETCH with nothing does not undo them.
    const listed = done.now.get(before.meta.uid) ?? withChange(before, work.change);
    const names = namesOf({ row: work.row, place, uidValidity: done.uidValidity, keys }, listed);
    const { seen, flagged, answered } = listed.meta;
    const message = { ...names, ...{ seen, flagged, answered, categories: listed.categories } };
    if (work.change.deletePermanently === true) results.set(asked, { messageRef: asked, ok: true, message: null });
    else if (done.moved === undefined || work.to === undefined) {
      results.set(asked, { messageRef: asked, ok: true, message });
    } else {
      const messageRef = await newReference(work, work.to, listed, done.moved);
      const folder = { path: work.to.path, role: work.to.role ?? null };
      results.set(asked, { messageRef: asked, ok: true, message: { ...message, folder, messageRef } });
    }
  }
  return strayed;
}

function withChange(listed: ListedMessage, change: MessageChange): ListedMessage {
  const removed = new Set(change.removeCategories);
  const categories = [...new Set([...listed.categories, ...(change.addCategories ?? [])])].filter(
    (one) => !removed.has(one),
  );
  return { ...listed, meta: { ...listed.meta, ...flagsOf(change) }, categories: categories.sort() };
}

const listedByUid = async (folder: OpenFolder, uids: readonly number[]) =>
  new Map((await fetchListed(folder.fetch, uids)).map((listed) => [listed.meta.uid, listed]));

/** Flags first, because a message that was moved has another number; then what the server says of them. */
async function apply(
  folder: OpenFolder,
  { change, to, note }: Work,
  place: Place,
  targets: readonly Target[],
): Promise<{ readonly now: ReadonlyMap<number, ListedMessage>; readonly moved: NewPlaces | undefined }> {
  const uids = targets.map(({ listed }) => listed.meta.uid);
  if ((change.addCategories?.length ?? 0) > 0 && !folder.keepsKeywords) throw new BrokerError('categories_unsupported');
  const flags = flagChanges(change);
  const listed = targets.map((target) => target.listed);
  const leavesFor = change.deletePermanently === true ? '' : to?.path === place.path ? undefined : to?.id;
  await note(listed, change, leavesFor);
  for (const { change: how, flags: names } of flags) await refusable(folder.setFlags(uids, how, names));
  const now = flags.length === 0 ? new Map<number, ListedMessage>() : await listedByUid(folder, uids);
  if (change.deletePermanently === true) {
    await refusable(folder.expunge(uids));
    return { now, moved: undefined };
  }
  // A message that is there already has not to be moved.
  if (to === undefined || to.path === place.path) return { now, moved: undefined };
  return { now, moved: await refusable(folder.move(uids, to.path)) };
}

/** A refusal of just this, which says nothing of the session. */
async function refusable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isBrokerError(error, 'imap_unexpected', 'folder_missing')) throw error;
    throw new BrokerError('change_refused', { cause: error.cause });
  }
}

/** The reference after a move: by COPYUID, or by a look into the folder where the server does not tell. */
async function newReference(
  { session, row, known }: Work,
  to: Place,
  { meta }: ListedMessage,
  { uidValidity, uids }: NewPlaces,
): Promise<string | null> {
  const hash = messageHash(meta);
  const uid = uids.get(meta.uid);
  const day = dayOf(meta.internalDate);
  if (uid !== undefined && uidValidity !== undefined) {
    return encodeMessageRef({ folderId: to.id, uidValidity, uid, hash, day });
  }
  try {
    const found = await findReferenced(session, row, { folderId: to.id, uidValidity: 0n, uid: 0, hash, day }, known);
    return encodeMessageRef({
      ...{ folderId: found.place.id, uidValidity: found.uidValidity, uid: found.listed.meta.uid },
      ...{ hash, day },
    });
  } catch (error) {
    if (!isBrokerError(error, 'not_found_here', 'message_gone')) throw error;
    return null;
  }
}
