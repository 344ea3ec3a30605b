import type { OutboxType } from '../../domain/events/event-types.ts';
import type { OutboxData } from '../../domain/events/outbox-data.ts';
import type { ReadCaps } from '../../mailbox/session/session.ts';
import type { onDemandKinds } from '../../store/rows/rows.ts';
import type { Committer } from '../../store/shard/committer.ts';
import type { MailboxRecord } from './mailbox-record.ts';
import type { KeptRows } from './row-memory.ts';
import type { RunCounts } from './run-counts.ts';
import type { ShardRunnerDeps } from './types.ts';

/** An event for the outbox of a mailbox. */
export type NewEvent = {
  readonly [Type in OutboxType]: {
    readonly type: Type;
    /**
     * Distinguishes it from other events of its type; its id is a hash of both, so that a repeated call adds no second
     * event.
     */
    readonly occasion: readonly (string | number | bigint)[];
    readonly data: OutboxData[Type];
  };
}[OutboxType];

/** What every step of a run needs: the fence, the time, and where to say what happened. Rooms add what they need. */
export interface RunContext extends Pick<ShardRunnerDeps, 'log'> {
  readonly committer: Committer;
  /** The server's time. */
  now(): Date;
  /** True when the run is to take no new work: its time is over, or the process ends. */
  isOver(): boolean;
  /** What the run did so far. */
  readonly counts: RunCounts;
  /** Notes in `!` that there are rows of an on-demand kind. */
  mark(kind: keyof typeof onDemandKinds): void;
  /** Keeps an event until it is accepted; it is stored by the next commit of the mailbox. */
  tell(record: MailboxRecord, event: NewEvent): void;
}

/** What reading the rows of a mailbox needs besides. */
export interface RowContext extends RunContext, Pick<ShardRunnerDeps, 'store'> {
  has(kind: keyof typeof onDemandKinds): boolean;
  /** Rows of a mailbox that this process has kept since its last run of the shard; once. */
  kept(mailboxId: string): KeptRows | undefined;
}

/** A POST may take 20 s (the deliverer's limit), and none may outlast the lease under which it is sent. */
export const postRoomMs = 22_000;

/** A run takes no new work after this; what is left continues in a continuation, well within functionTimeout. */
export const runBudgetMs = 45_000;

/** Looking at a mailbox, log-in included, must not take longer. */
export const lookLimitMs = 20_000;

/** A mailbox's turn ends after so many messages or so much time; then others have theirs. */
export const turn = { messages: 50, ms: 5_000 } as const;

/** Rows of a mailbox that pile up without a POST between them, such as moves, are committed before they fill a batch. */
export const heaviest = 60;

/** Mailboxes of one shard that are worked on at the same time. */
export const concurrentMailboxes = 16;

/** So many of them with what is not urgent: places are free at once for mail that is new. */
export const concurrentTasks = 4;

/** 64 MiB of bodies are what a process may hold: 16 mailboxes, two messages of each (one going out, one being read). */
const defaultCaps: ReadCaps = { capBytes: 2 * 1024 * 1024 };

export const readCaps = (context: Pick<ShardRunnerDeps, 'readCaps'>): ReadCaps => context.readCaps ?? defaultCaps;
