import { hourMs } from '../domain/duration.ts';
import { isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Directory } from '../store/shard/directory.ts';
import type { Chore } from './housekeeping.ts';

export interface BellsChoreDeps {
  readonly directory: Pick<Directory, 'shards'>;
  readonly log: Log;
  readonly keep: (mailboxId: string, occasion: 'housekeeping') => Promise<void>;
}

/** Subscriptions live for seven days at most: this makes those that are missing and renews the others well before their end. */
export const bellsChore = ({ directory, log, keep }: BellsChoreDeps): Chore => ({
  name: 'bells',
  everyMs: hourMs,
  async run() {
    // One after the other: Graph limits how often an app asks.
    for (const { slots } of await directory.shards()) {
      for (const { mailboxId } of slots) {
        try {
          await keep(mailboxId, 'housekeeping');
        } catch (error) {
          // A broken row of one mailbox must not cost the others their subscriptions.
          if (!isBrokerError(error, 'row_broken', 'conflict')) throw error;
          log.warn('bell.not_kept', { mailboxId, code: error.code });
        }
      }
    }
    return undefined;
  },
});
