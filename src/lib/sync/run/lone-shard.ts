import type { Clock } from '../../domain/clock.ts';
import type { ShardRunner } from '../state/types.ts';
import type { ShardWakeUp } from '../state/wake-up.ts';

/**
 * The shard that the process of the timer looks after itself: the only one there is. A queue in between would cost a second
 * execution in every tick. Where Microsoft announces mail, its notifications come through the queue: there the process that
 * answers them keeps the shard, since sessions and rows that stay in memory are worth more. Pure.
 */
export const loneShard = (wakeUps: readonly ShardWakeUp[], hasBells: boolean): ShardWakeUp | undefined =>
  hasBells || wakeUps.length !== 1 ? undefined : wakeUps[0];

/** A run takes up to 45 s, and what is under way then up to 22 s more: with this the last one ends within functionTimeout (5 min, host.json). */
export const lastStartMs = 200_000;

/**
 * Runs a shard, and its continuations one after the other. A timer does not fire while its function runs: ticks that begin
 * meanwhile are skipped, and what was due in them is polled by the next continuation.
 * @param before what else the timer has to do in every tick; done before each run
 * @returns the continuation for which there is no time left; it goes into the queue
 * @throws StoreError if the store does not answer
 */
export async function runLoneShard(
  deps: { readonly runner: Pick<ShardRunner, 'run'>; readonly clock: Pick<Clock, 'monotonic'> },
  wakeUp: ShardWakeUp,
  before: () => Promise<void>,
): Promise<ShardWakeUp | undefined> {
  const startedAt = deps.clock.monotonic();
  let next: ShardWakeUp | undefined = wakeUp;
  while (next !== undefined && deps.clock.monotonic() - startedAt < lastStartMs) {
    await before();
    next = await deps.runner.run(next);
  }
  return next;
}
