import { mapBounded } from '../domain/all-settled.ts';
import { shardKey } from '../domain/ids.ts';
import type { Log } from '../log.ts';
import { shardRowKey } from '../store/rows/keys.ts';
import { decodeShard } from '../store/rows/shard-row.ts';
import type { Directory } from '../store/shard/directory.ts';
import { isHeld } from '../store/shard/lease.ts';
import type { Store } from '../store/table/table.ts';
import type { ShardRunner } from '../sync/state/types.ts';
import { type ShardWakeUp, tickAt } from '../sync/state/wake-up.ts';
import { type Chore, housekeepingEveryMs } from './housekeeping.ts';

/** A shard without a run for this many ticks has lost its wake-ups, or the queue does not work. */
const overlookedTicks = 3;

/** Continuations of one shard in one go; the next housekeeping, or the queue by then, takes it up again. */
const mostRuns = 4;

/** Rows of shards that are read at a time. */
const looksAtOnce = 16;

export interface OverlookedDeps {
  readonly store: Store;
  readonly log: Log;
  readonly directory: Pick<Directory, 'shards'>;
  readonly runner: Pick<ShardRunner, 'run'>;
  readonly intervalSeconds: number;
}

/**
 * Works on shards without a run for three ticks, here and now and without the queue: a queue that is broken,
 * or was emptied, costs minutes and no mail.
 */
export function overlookedChore(deps: OverlookedDeps): Chore {
  const { store, intervalSeconds } = deps;
  const isOverlooked = async (shard: number): Promise<boolean> => {
    const row = await store.table('mail').get(shardKey(shard), shardRowKey);
    if (row === undefined) return false;
    const known = decodeShard(row);
    const now = store.time.whenJudging();
    const since = known.tick * known.intervalSeconds;
    const ageSeconds = tickAt(now, intervalSeconds) * intervalSeconds - since;
    return !isHeld(known, now) && ageSeconds >= overlookedTicks * intervalSeconds;
  };
  return {
    name: 'overlooked',
    everyMs: housekeepingEveryMs,
    async run() {
      const inUse = (await deps.directory.shards()).filter(({ slots }) => slots.length > 0);
      const found = await mapBounded(inUse, looksAtOnce, async ({ shard }) =>
        (await isOverlooked(shard)) ? [shard] : [],
      );
      let shards = 0;
      for (const shard of found.flat()) {
        // The one before may have taken minutes.
        if (shards > 0 && !(await isOverlooked(shard))) continue;
        shards += 1;
        deps.log.warn('shard.overlooked', { shard });
        const tick = tickAt(store.time.whenJudging(), intervalSeconds);
        let wakeUp: ShardWakeUp | undefined = { v: 1, kind: 'shard', shard, tick, cont: 0, why: 'housekeeping' };
        for (let runs = 0; wakeUp !== undefined && runs < mostRuns; runs++) wakeUp = await deps.runner.run(wakeUp);
      }
      return shards === 0 ? undefined : { shards };
    },
  };
}
