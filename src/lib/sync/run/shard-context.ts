import { eventId } from '../../domain/ids.ts';
import { outboxRow } from '../../store/rows/outbox-row.ts';
import { onDemandKinds } from '../../store/rows/rows.ts';
import type { Committer } from '../../store/shard/committer.ts';
import type { Head, Lease } from '../../store/shard/lease.ts';
import type { DeliveryContext } from '../delivering/delivery-context.ts';
import type { FolderContext } from '../folder/folder-context.ts';
import { createBarrier } from '../state/barrier.ts';
import type { RowMemory } from '../state/row-memory.ts';
import type { RowContext } from '../state/run-context.ts';
import { createRunCounts } from '../state/run-counts.ts';
import { safeModeOf } from '../state/safe-mode.ts';
import type { ShardRunnerDeps } from '../state/types.ts';
import { tickAt } from '../state/wake-up.ts';

/** What the run of a shard needs itself, and what it hands to the rooms below: each gets its own part and no more. */
export interface ShardContext
  extends RowContext,
    Pick<ShardRunnerDeps, 'clock' | 'forget' | 'intervalSeconds' | 'hasBell' | 'sentMail'> {
  /** For looking at folders. */
  readonly folder: FolderContext;
  /** For delivering, new mail and old. */
  readonly delivery: DeliveryContext;
  readonly tick: number;
  /** True when the next tick has begun, or the run is over: what is not urgent leaves the shard to the next run. */
  isNextTick(): boolean;
  /** Which mailboxes have something urgent for which destination. */
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
  const { store, clock, log, intervalSeconds } = deps;
  const { tick, isOver, committer } = hold;
  const { head } = hold.lease;
  const now = () => new Date(store.time.whenJudging());
  const mark = (kind: keyof typeof onDemandKinds) => {
    head.flags |= onDemandKinds[kind];
  };
  const rows: RowContext = {
    log,
    store,
    committer,
    now,
    isOver,
    counts: createRunCounts(),
    mark,
    has: (kind) => has(head, kind),
    kept: (mailboxId) => hold.memory.take(hold.shard, mailboxId),
    tell(record, { type, occasion, data }) {
      const id = eventId(record.id, type, ...occasion);
      record.addOutbox(outboxRow({ mailboxId: record.id, id, type, at: now(), data }));
      mark('outbox');
    },
  };
  return {
    ...rows,
    clock,
    tick,
    intervalSeconds,
    forget: deps.forget,
    hasBell: deps.hasBell,
    sentMail: deps.sentMail,
    isNextTick: () => isOver() || tickAt(store.time.whenJudging(), intervalSeconds) > tick,
    barrier: createBarrier(),
    folder: {
      ...rows,
      clock,
      imap: deps.imap,
      token: deps.token,
      destinations: deps.destinations,
      ownChanges: deps.ownChanges,
    },
    delivery: {
      ...rows,
      deliverer: deps.deliverer,
      messageReceived: deps.messageReceived,
      mailboxEvent: deps.mailboxEvent,
      destinations: deps.destinations,
      readCaps: deps.readCaps,
      sentMail: deps.sentMail,
      ownChanges: deps.ownChanges,
      safe: safeModeOf(head, committer, hold.alone),
      held: new Set(),
      accepted: { mail: new Map(), anything: new Map() },
    },
  };
}
