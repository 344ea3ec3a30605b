import type { Kept } from '../bells/bells.ts';
import type { DueInShard } from '../bells/due.ts';
import { mapBounded } from '../domain/all-settled.ts';
import type { Clock } from '../domain/clock.ts';
import { hourMs } from '../domain/duration.ts';
import { isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Directory } from '../store/shard/directory.ts';
import type { Chore } from './housekeeping.ts';

export interface BellsChoreDeps {
  readonly directory: Pick<Directory, 'shards'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly log: Log;
  readonly due: (shard: number) => Promise<DueInShard>;
  readonly keep: (mailboxId: string, occasion: 'housekeeping') => Promise<Kept>;
}

/** Shards that are read at a time, two requests each. */
export const looksAtOnce = 16;
/** Mailboxes that are worked on at a time. One mailbox has one request at Graph at a time, of the four that Graph allows. */
export const keepsAtOnce = 16;
/** After so long nothing new is begun: the other chores need their part of the function's five minutes. */
export const keepForMs = 60_000;

/**
 * Subscriptions live for seven days at most: this makes those that are missing and renews the others well before their
 * end, the soonest to expire first. What does not fit into its time is due again in the next run of the timer. Where
 * Graph asks the app to wait, the rest of that tenant waits for the next run too.
 * https://learn.microsoft.com/graph/throttling
 */
export const bellsChore = ({ directory, clock, log, due, keep }: BellsChoreDeps): Chore => ({
  name: 'bells',
  everyMs: hourMs,
  async run() {
    const startedAt = clock.monotonic();
    const shards = (await directory.shards()).filter(({ slots }) => slots.length > 0);
    const found = await mapBounded(shards, looksAtOnce, ({ shard }) => due(shard));
    const queue = found.flatMap((one) => one.due).toSorted((one, other) => one.rank - other.rank);
    const lapsed = found.flatMap((one) => one.lapsed);
    const [firstLapsed] = lapsed;
    if (firstLapsed !== undefined) log.warn('bell.lapsed', { mailboxes: lapsed.length, mailboxId: firstLapsed });
    const throttled = new Set<string>();
    const did = { due: queue.length, kept: 0, failed: 0, left: 0 };
    let leftRank = Number.POSITIVE_INFINITY;
    await mapBounded(queue, keepsAtOnce, async ({ mailboxId, tid, rank }) => {
      const leave = () => {
        did.left++;
        leftRank = Math.min(leftRank, rank);
      };
      if (throttled.has(tid) || clock.monotonic() - startedAt >= keepForMs) return leave();
      try {
        const kept = await keep(mailboxId, 'housekeeping');
        if (kept === 'throttled') {
          throttled.add(tid);
          leave();
        } else if (kept === 'failed') did.failed++;
        else did.kept++;
      } catch (error) {
        // A broken row of one mailbox must not cost the others their subscriptions.
        if (!isBrokerError(error, 'row_broken', 'conflict')) throw error;
        did.failed++;
        log.warn('bell.not_kept', { mailboxId, code: error.code });
      }
    });
    if (did.left > 0) {
      // Minutes until the first of those left expires; a missing one counts as having a day left.
      const minutes = Number.isFinite(leftRank) ? { minutes: Math.round((leftRank - clock.now()) / 60_000) } : {};
      log.warn('bell.behind', { left: did.left, throttledTenants: throttled.size, ...minutes });
    }
    return did.due === 0 ? undefined : did;
  },
});
