import type { Directory } from '../../store/shard/directory.ts';
import type { Store } from '../../store/table/table.ts';
import type { Dispatcher } from '../state/types.ts';
import { type ShardWakeUp, tickAt } from '../state/wake-up.ts';

export interface DispatcherDeps {
  readonly store: Store;
  readonly directory: Pick<Directory, 'shards'>;
  readonly intervalSeconds: number;
}

/** Makes the wake-ups of a tick. It decides nothing: which mailboxes are due, the rows of a shard say. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  return {
    async wakeUps() {
      const shards = await deps.directory.shards();
      // The timer fires when a tick begins; the early estimate of the time would often still lie in the tick before.
      const tick = tickAt(deps.store.time.whenWriting(), deps.intervalSeconds);
      return shards
        .filter(({ slots }) => slots.length > 0)
        .map(({ shard }): ShardWakeUp => ({ v: 1, kind: 'shard', shard, tick, cont: 0, why: 'tick' }));
    },
  };
}
