import { dayMs } from '../domain/duration.ts';
import type { OwnChanges } from '../store/mailboxes/own-changes.ts';
import type { Chore } from './housekeeping.ts';

// Notes count for a day however long they lie.
const purgeEveryMs = dayMs / 4;

/** Removes the notes of changes over HTTP that are past their time. */
export const purgeChangesChore = ({ ownChanges }: { readonly ownChanges: Pick<OwnChanges, 'purge'> }): Chore => ({
  name: 'purge-changes',
  everyMs: purgeEveryMs,
  async run() {
    const notes = await ownChanges.purge();
    return notes > 0 ? { notes } : undefined;
  },
});
