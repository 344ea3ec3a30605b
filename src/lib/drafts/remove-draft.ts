import { isBrokerError } from '../errors.ts';
import { folderOf, namedFolder } from '../reading/folder-of.ts';
import type { Reader } from '../reading/types.ts';
import type { DraftRow } from '../store/submissions/draft-row.ts';
import { afterLook, refusal } from './decide.ts';
import { type DraftResult, lookIfDue, refusedNow, rowOf } from './drafts.ts';
import { lookFor } from './drafts-folder.ts';
import type { DraftDeps } from './types.ts';

/**
 * Discards a draft: its message moves to the folder for deleted messages, its working copy is deleted.
 * @param base the version that the caller knows; undefined: whatever it is now
 * @returns undefined once it is discarded
 * @throws BrokerError `not_found`, and what a session throws: then it is still there, and can be discarded again
 */
export async function discardDraft(
  deps: DraftDeps,
  reader: Reader,
  id: string,
  base: number | undefined,
): Promise<Extract<DraftResult, { readonly kind: 'refused' }> | undefined> {
  const found = await lookIfDue(deps, reader, await rowOf(deps, reader, id), true);
  const refused = refusal(found.draft, base ?? found.draft.version);
  if (refused !== undefined) {
    const result = await refusedNow(deps, reader, found, refused);
    return result.kind === 'refused' ? result : undefined;
  }
  await outOfDrafts(deps, reader, found, 'trash');
  await forget(deps, found);
  return undefined;
}

/**
 * Takes the message of a draft, and every leftover of it, out of Drafts. A message that another program has made of it
 * stays.
 * @param to where the current one goes; undefined: it is deleted permanently
 */
export async function outOfDrafts(
  deps: DraftDeps,
  { row: mailbox, throttledUntil }: Reader,
  { draft }: DraftRow,
  to: 'trash' | undefined,
): Promise<void> {
  await deps.interactive.with(
    mailbox,
    async (session) => {
      const drafts = await folderOf(session, mailbox, { role: 'drafts' });
      const trash = to === undefined ? undefined : await folderOf(session, mailbox, { role: to }).catch(noSuchFolder);
      const work = session.inFolder(drafts.path, 'write', async (folder) => {
        const marks = await lookFor(folder, draft);
        const seen = afterLook(draft, folder.uidValidity, marks);
        const current = seen.kind === 'same' ? seen.stored?.uid : undefined;
        const leftovers = [...seen.leftovers];
        if (current !== undefined && trash !== undefined) await folder.move([current], trash.path);
        else if (current !== undefined) leftovers.push(current);
        if (leftovers.length > 0) await folder.expunge(leftovers);
      });
      await namedFolder(work);
    },
    throttledUntil,
  );
}

const noSuchFolder = (error: unknown): undefined => {
  if (!isBrokerError(error, 'no_such_folder')) throw error;
};

/** The row first: a working copy without one is swept. */
export async function forget(deps: DraftDeps, { draft }: DraftRow): Promise<void> {
  await deps.rows.change(draft, () => 'gone');
  await deps.copies.drop(draft.copy?.blob);
}
