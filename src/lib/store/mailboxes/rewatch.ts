import type { Random } from '../../domain/clock.ts';
import { newFolderId } from '../../domain/ids.ts';
import { type FolderChoice, isChosen, unseenFolder } from '../../domain/mail/folder.ts';
import type { WatchedFolder } from '../rows/rows.ts';

/**
 * The folders that a mailbox watches after a change of choice: those that were chosen before keep their ids, and so their
 * positions; the others are `added`, and nothing is known of them yet.
 */
export function rewatch(
  before: readonly WatchedFolder[],
  choices: readonly FolderChoice[],
  random: Random,
): { readonly folders: readonly WatchedFolder[]; readonly added: readonly WatchedFolder[] } {
  const folders: WatchedFolder[] = [];
  const added: WatchedFolder[] = [];
  for (const choice of choices) {
    if (folders.some((folder) => isChosen(choice, folder))) continue;
    const known = before.find((folder) => isChosen(choice, folder));
    const folder = known ?? { id: newFolderId(random), ...unseenFolder(choice) };
    folders.push(folder);
    if (known === undefined) added.push(folder);
  }
  return { folders, added };
}
