import { mapBounded } from '../domain/all-settled.ts';
import type { Clock } from '../domain/clock.ts';
import { minuteMs } from '../domain/duration.ts';
import type { Log } from '../log.ts';
import type { Directory } from '../store/shard/directory.ts';
import { decodeLane } from '../store/submissions/lane-row.ts';
import { lanePartition } from '../store/submissions/submission-keys.ts';
import type { Store } from '../store/table/table.ts';
import { type DueLanesParts, dueLanes } from '../submissions/due-lanes.ts';
import { type Chore, housekeepingEveryMs } from './housekeeping.ts';

/** The dispatcher finds what is due each tick: what is due for so long lost its wake-ups, or the queue does not work. */
const overdueMs = 5 * minuteMs;

/** A run may last a minute and keeps a message of 35 MB under way. */
const lanesAtOnce = 4;

/** No run is begun after so long, so that the chore ends well before `functionTimeout` (5 minutes). */
const beginWithinMs = 2 * minuteMs;

export interface OverdueLanesDeps extends DueLanesParts {
  readonly store: Store;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Log;
  readonly directory: Pick<Directory, 'shards'>;
  /** Runs a lane in this process. @throws BrokerError `storage_unreachable` | `conflict`; StoreError */
  readonly run: (lane: string) => Promise<void>;
}

/**
 * Sends what has been due for five minutes, here and now and without the queue: a queue that is broken, or was emptied,
 * costs minutes and no mail. A lane that is held or paced is looked at and left alone.
 */
export function overdueLanesChore(deps: OverdueLanesDeps): Chore {
  const { store, clock } = deps;
  const table = store.table('submissions');
  const before = () => new Date(store.time.whenJudging() - overdueMs);
  /** Messages that are held keep their old time; then there were runs lately. A lease is given back a minute ahead. */
  const isOverlooked = async (lane: string): Promise<boolean> => {
    const row = await table.get(lanePartition, lane);
    return row === undefined || decodeLane(row).until < before();
  };
  return {
    name: 'overdue-lanes',
    everyMs: housekeepingEveryMs,
    async run() {
      const untilMs = clock.monotonic() + beginWithinMs;
      const inUse = (await deps.directory.shards()).filter(({ slots }) => slots.length > 0);
      const { lanes } = await dueLanes(
        deps,
        inUse.map(({ shard }) => shard),
        before(),
      );
      let ran = 0;
      let left = 0;
      const failures: unknown[] = [];
      await mapBounded(lanes, lanesAtOnce, async (lane) => {
        try {
          if (!(await isOverlooked(lane))) return;
          if (clock.monotonic() >= untilMs) {
            left += 1;
            return;
          }
          ran += 1;
          deps.log.warn('lane.overlooked', { lane });
          await deps.run(lane);
        } catch (error) {
          failures.push(error);
        }
      });
      if (failures.length > 0) throw failures[0];
      return ran + left === 0 ? undefined : { lanes: ran, left };
    },
  };
}
