import { randomBase62 } from '../domain/bytes.ts';
import type { OpenFolder } from '../mailbox/session/session.ts';
import { folderOf, namedFolder } from '../reading/folder-of.ts';
import type { Place, Reader } from '../reading/types.ts';
import { type Draft, isDirty } from '../store/submissions/draft.ts';
import type { DraftRow } from '../store/submissions/draft-row.ts';
import { sendingMailboxOf } from '../submissions/requests/sender.ts';
import { afterLook, overtaken, type Seen } from './decide.ts';
import { lookFor, store } from './drafts-folder.ts';
import type { DraftDeps } from './types.ts';
import { writeDraft } from './write-draft.ts';

/** Works in the folder Drafts of a mailbox. @throws BrokerError `no_such_folder`, and what a session throws */
export const inDrafts = <T>(
  deps: Pick<DraftDeps, 'interactive'>,
  { row, throttledUntil }: Reader,
  mode: 'read' | 'write',
  work: (folder: OpenFolder, place: Place) => Promise<T>,
): Promise<T> =>
  deps.interactive.with(
    row,
    async (session) => {
      const place = await folderOf(session, row, { role: 'drafts' });
      return namedFolder(session.inFolder(place.path, mode, (folder) => work(folder, place)));
    },
    throttledUntil,
  );

/**
 * Looks what became of a draft in Drafts, and notes it. Nothing in the mailbox is changed.
 * @returns the draft as it is then; undefined if there is none
 */
export const lookAtDraft = (deps: DraftDeps, reader: Reader, draft: Draft): Promise<DraftRow | undefined> =>
  inDrafts(deps, reader, 'read', async (folder) => (await look(deps, folder, draft))?.row);

/**
 * Brings Drafts up to date: looks, stores the working copy if it is newer, then deletes what it replaces. Each step may be the
 * last one before a crash; the next look finds what it left.
 * @returns the draft as it is then; undefined if there is none
 * @throws BrokerError what composing throws; `no_such_folder`, and what a session throws
 */
export const flushDraft = (deps: DraftDeps, reader: Reader, draft: Draft): Promise<DraftRow | undefined> =>
  inDrafts(deps, reader, 'write', async (folder) => {
    const looked = await look(deps, folder, draft);
    if (looked === undefined) return undefined;
    let { row } = looked;
    if (isDirty(row.draft) && row.draft.submission?.leaves !== true) row = await put(deps, reader, folder, row);
    row = await tidy(deps, folder, row, looked);
    return closed(deps, row);
  });

interface Looked {
  readonly row: DraftRow;
  readonly seen: Seen;
}

async function look(deps: DraftDeps, folder: OpenFolder, { mailboxId, id }: Draft): Promise<Looked | undefined> {
  const found = await deps.rows.read(mailboxId, id);
  if (found === undefined) return undefined;
  const seen = afterLook(found.draft, folder.uidValidity, await lookFor(folder, found.draft));
  const now = new Date(deps.clock.now());
  let dropped: string | undefined;
  const row = await deps.rows.change(found.draft, (current) => {
    // Another process has stored a version since then; what was seen does not apply to it.
    if (current.draft.stored?.nonce !== found.draft.stored?.nonce) return undefined;
    if (seen.kind === 'same') {
      const { stored } = current.draft;
      const isReplaced = stored !== undefined && stored.uidValidity === seen.stored?.uidValidity;
      const old = isReplaced && stored.nonce !== seen.stored?.nonce ? stored : current.draft.old;
      return { ...current, draft: { ...current.draft, stored: seen.stored, old, syncedAt: now } };
    }
    // What is sent is decided; the message that another program has put in its place stays there.
    if (current.draft.submission !== undefined) return undefined;
    const draft = overtaken(current.draft, seen.kind === 'changed' ? seen.stored : undefined, now);
    dropped = draft.copy === undefined ? current.draft.copy?.blob : undefined;
    // Copies of ours that are not needed any more are looked for from the first of them on, until they are deleted.
    const [first] = seen.leftovers.toSorted((a, b) => a - b);
    return { ...current, draft: { ...draft, old: first === undefined ? undefined : { uid: first, nonce: '' } } };
  });
  await deps.copies.drop(dropped);
  return row && { row, seen };
}

/** Stores the working copy as a message. */
async function put(deps: DraftDeps, reader: Reader, folder: OpenFolder, row: DraftRow): Promise<DraftRow> {
  const { draft } = row;
  const fields = await deps.copies.read(row);
  if (fields === undefined) return row;
  const nonce = randomBase62(12, deps.random);
  const mailbox = await sendingMailboxOf(deps.settings, reader.row);
  const at = new Date(deps.clock.now());
  const source = await writeDraft({ draft, fields, nonce, at }, mailbox, deps.ports(reader.row));
  const stored = await store(folder, draft, source, nonce);
  if (stored === undefined) return row;
  const now = new Date(deps.clock.now());
  const after = await deps.rows.change(draft, (current) => {
    const before = current.draft.stored;
    if ((before?.version ?? 0) >= stored.version) return undefined;
    const old = before?.uidValidity === stored.uidValidity ? { uid: before.uid, nonce: before.nonce } : undefined;
    return { ...current, draft: { ...current.draft, stored, old, syncedAt: now } };
  });
  return after ?? row;
}

/** Deletes leftover copies, by UID. */
async function tidy(deps: DraftDeps, folder: OpenFolder, row: DraftRow, looked: Looked): Promise<DraftRow> {
  const { stored, old } = row.draft;
  const wanted = [...looked.seen.leftovers, ...(old === undefined ? [] : [old.uid])].filter(
    (uid) => uid !== stored?.uid,
  );
  const there = wanted.length === 0 ? [] : await folder.search({ uid: wanted.join(',') });
  if (there.length > 0) await folder.expunge(there);
  const after = await deps.rows.change(row.draft, (current) => {
    const { draft } = current;
    // Where one that was replaced just now is not there, another program was faster: the next look judges that.
    const isGone =
      draft.old !== undefined && (there.includes(draft.old.uid) || draft.old.uid === looked.row.draft.old?.uid);
    const isDone = !isDirty(draft) && draft.flushAt !== undefined;
    if (!isGone && !isDone) return undefined;
    return {
      ...current,
      draft: { ...draft, old: isGone ? undefined : draft.old, flushAt: isDone ? undefined : draft.flushAt },
    };
  });
  return after ?? row;
}

/** Editing is over and the message in Drafts is complete: deletes the working copy. */
async function closed(deps: DraftDeps, row: DraftRow): Promise<DraftRow> {
  let dropped: string | undefined;
  const after = await deps.rows.change(row.draft, (current) => {
    const { draft } = current;
    const isClosing = draft.closing && draft.copy !== undefined && draft.submission === undefined;
    if (!isClosing || isDirty(draft) || draft.copy?.version !== draft.version) return undefined;
    dropped = draft.copy.blob;
    return { ...current, draft: { ...draft, copy: undefined, uploads: [], closing: false } };
  });
  await deps.copies.drop(dropped);
  return after ?? row;
}
