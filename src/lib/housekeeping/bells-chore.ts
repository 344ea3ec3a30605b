import { hourMs } from '../domain/duration.ts';
import type { Directory } from '../store/shard/directory.ts';
import type { Chore } from './housekeeping.ts';

export interface BellsChoreDeps {
  readonly directory: Pick<Directory, 'shards'>;
  readonly keep: (mailboxId: string, occasion: 'housekeeping') => Promise<void>;
}

/** Subscriptions live for seven days at most: this makes those that are missing and renews the others well before their end. */
export const bellsChore = ({ directory, keep }: BellsChoreDeps): Chore => ({
  name: 'bells',
  everyMs: hourMs,
  async run() {
    // One after the other: Graph limits how often an app asks.
    for (const { slots } of await directory.shards()) {
      for (const { mailboxId } of slots) await keep(mailboxId, 'housekeeping');
    }
    return undefined;
  },
});
