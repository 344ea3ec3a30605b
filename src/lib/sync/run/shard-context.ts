import { eventId } from '../../domain/ids.ts';
import { outboxRow } from '../../store/rows/outbox-row.ts';
import { onDemandKinds } from '../../store/rows/rows.ts';
import type { Committer } from '../../store/shard/committer.ts';
import type { Head, Lease } from '../../store/shard/lease.ts';
import type { DeliveryContext } from '../delivering/delivery-context.ts';
import type { FolderContext } from '../folder/folder-context.ts';
import { createBarrier } from '../state/barrier.ts';
import type { RowMemory } from '../state/row-memory.ts';
import { createRunCounts } from '../state/run-counts.ts';
import { safeModeOf } from '../state/safe-mode.ts';
import type { ShardRunnerDeps } from '../state/types.ts';
import { tickAt } from '../state/wake-up.ts';

/** What the run of a shard needs: all that its rooms need, and who waits for whom. */
export interface ShardContext
  extends FolderContext,
    DeliveryContext,
    Pick<ShardRunnerDeps, 'forget' | 'intervalSeconds' | 'hasBell'> {
  readonly tick: number;
  /** True when the next tick has begun, or the run is over: what is not urgent leaves the shard to the next run. */
  isNextTick(): boolean;
  /** Who has something urgent for which destination. */
  readonly barrier: ReturnType<typeof createBarrier>;
}

/** A shard under its lease. */
export interface ShardHold {
  readonly shard: number;
  readonly lease: Lease;
  readonly committer: Committer;
  readonly tick: number;
  readonly isOver: () => boolean;
  /** Lets one through at a time in the whole process. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly memory: RowMemory;
}

/** Whether the head of a shard says that there are rows of an on-demand kind. */
export const has = (head: Head, kind: keyof typeof onDemandKinds): boolean => (head.flags & onDemandKinds[kind]) !== 0;

export function createShardContext(deps: ShardRunnerDeps, hold: ShardHold): ShardContext {
  const { tick, isOver, committer } = hold;
  const { head } = hold.lease;
  const now = () => new Date(deps.store.time.whenJudging());
  const context: ShardContext = {
    ...deps,
    committer,
    tick,
    now,
    isOver,
    isNextTick: () => isOver() || tickAt(deps.store.time.whenJudging(), deps.intervalSeconds) > tick,
    safe: safeModeOf(head, committer, hold.alone),
    held: new Set(),
    accepted: { mail: new Map(), anything: new Map() },
    counts: createRunCounts(),
    barrier: createBarrier(),
    mark(kind) {
      head.flags |= onDemandKinds[kind];
    },
    has: (kind) => has(head, kind),
    kept: (mailboxId) => hold.memory.take(hold.shard, mailboxId),
    tell(record, type, occasion, data) {
      const id = eventId(record.id, type, ...occasion);
      record.addOutbox(outboxRow({ mailboxId: record.id, id, type, at: now(), data }));
      context.mark('outbox');
    },
  };
  return context;
}
