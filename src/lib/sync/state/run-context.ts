import type { OutboxType } from '../../domain/events/event-types.ts';
import type { OutboxData } from '../../domain/events/outbox-data.ts';
import type { ReadCaps } from '../../mailbox/session/session.ts';
import type { onDemandKinds } from '../../store/rows/rows.ts';
import type { Committer } from '../../store/shard/committer.ts';
import type { createBarrier } from './barrier.ts';
import type { MailboxRecord } from './mailbox-record.ts';
import type { KeptRows } from './row-memory.ts';
import type { RunCounts } from './run-counts.ts';
import type { SafeMode } from './safe-mode.ts';
import type { ShardRunnerDeps } from './types.ts';

/** What the steps of one run share. */
export interface RunContext extends ShardRunnerDeps {
  readonly committer: Committer;
  readonly tick: number;
  /** The server's time. */
  now(): Date;
  /** True when the run is to take no new work: its time is over, or the process ends. */
  isOver(): boolean;
  /** True when the next tick has begun, or the run is over: what is not urgent leaves the shard to the next run. */
  isNextTick(): boolean;
  /** Present while the shard kills the processes that work on it. */
  readonly safe: SafeMode | undefined;
  /** Destinations to which nothing more goes in this run. */
  readonly held: Set<string>;
  /** When a destination last accepted something in this run: a mail, or anything. */
  readonly accepted: Readonly<Record<'mail' | 'anything', Map<string, Date>>>;
  /** What the run did so far. */
  readonly counts: RunCounts;
  /** Who has something urgent for which destination. */
  readonly barrier: ReturnType<typeof createBarrier>;
  /** Notes in `!` that there are rows of an on-demand kind. */
  mark(kind: keyof typeof onDemandKinds): void;
  has(kind: keyof typeof onDemandKinds): boolean;
  /** Rows of a mailbox that this process has kept since its last run of the shard; once. */
  kept(mailboxId: string): KeptRows | undefined;
  /**
   * Keeps an event until it is accepted; it is stored by the next commit of the mailbox.
   * `occasion` tells it from other events of its type: told again, it has the same id.
   */
  tell<Type extends OutboxType>(
    record: MailboxRecord,
    type: Type,
    occasion: readonly (string | number | bigint)[],
    data: OutboxData[Type],
  ): void;
}

/** A POST may take 20 s (the deliverer's limit), and none may outlast the lease under which it is sent. */
export const postRoomMs = 22_000;

/** A run takes no new work after this; what is left goes on in a continuation, well within functionTimeout. */
export const runBudgetMs = 45_000;

/** Looking at a mailbox, log-in included, must not take longer. */
export const lookLimitMs = 20_000;

/** A mailbox's turn ends after so many messages or so much time; then others have theirs. */
export const turn = { messages: 50, ms: 5_000 } as const;

/** Messages of a folder that are posted and not yet committed, where order is not asked for. */
export const windowSize = 8;

/** Rows of a mailbox that pile up without a POST between them, such as moves, are committed before they fill a batch. */
export const heaviest = 60;

/** Mailboxes of one shard that are worked on at the same time. */
export const concurrentMailboxes = 16;

/** So many of them with what is not urgent: places are free at once for mail that is new. */
export const concurrentTasks = 4;

/** 64 MiB of bodies are what a process may hold: 16 mailboxes, two messages of each (one going out, one being read). */
const defaultCaps: ReadCaps = { capBytes: 2 * 1024 * 1024 };

export const readCaps = (context: Pick<RunContext, 'readCaps'>): ReadCaps => context.readCaps ?? defaultCaps;
