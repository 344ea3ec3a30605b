import type { Committer } from '../store/committer.ts';
import type { MailboxBook } from './mailbox-book.ts';
import type { ShardRunnerDeps } from './types.ts';

/** What the steps of one run share. */
export interface RunContext extends ShardRunnerDeps {
  readonly committer: Committer;
  readonly tick: number;
  /** The server's time. */
  now(): Date;
  /** True when the run is to take no new work: its time is over, or the process ends. */
  isOver(): boolean;
  /** Destinations to which nothing more goes in this run. */
  readonly held: Set<string>;
  /**
   * Keeps an event until it is accepted; it is stored by the next commit of the mailbox.
   * `occasion` tells it from other events of its type: told again, it has the same id.
   */
  tell(
    book: MailboxBook,
    type: OutboxType,
    occasion: readonly (string | number | bigint)[],
    data: Readonly<Record<string, unknown>>,
  ): void;
}

export type OutboxType =
  | 'message.updated'
  | 'message.vanished'
  | 'folder.reset'
  | 'mailbox.degraded'
  | 'mailbox.reconnect_required'
  | 'mailbox.consent_required'
  | 'mailbox.recovered';

/** A POST may take 20 s (the deliverer's limit), and none may outlast the lease under which it is sent. */
export const postRoomMs = 22_000;

/** A run takes no new work after this; what is left goes on in a continuation, well within functionTimeout. */
export const runBudgetMs = 45_000;

/** Looking at a mailbox, log-in included, must not take longer. */
export const lookLimitMs = 20_000;

/** A mailbox's turn ends after so many messages or so much time; then others have theirs. */
export const turn = { messages: 50, ms: 5_000 } as const;

/** Mailboxes of one shard that are worked on at the same time. */
export const concurrentMailboxes = 16;
