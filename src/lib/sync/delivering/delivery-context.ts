import type { FolderPoll, FolderRun, MailboxRun } from '../state/folder-poll.ts';
import type { RowContext } from '../state/run-context.ts';
import type { SafeMode } from '../state/safe-mode.ts';
import type { ShardRunnerDeps } from '../state/types.ts';

/** What delivering needs of the run: the destinations, the events, and what this run knows of both. */
export interface DeliveryContext
  extends RowContext,
    Pick<
      ShardRunnerDeps,
      'deliverer' | 'messageReceived' | 'mailboxEvent' | 'destinations' | 'readCaps' | 'sentMail' | 'ownChanges'
    > {
  /** Present while the shard kills the processes that work on it. */
  readonly safe: SafeMode | undefined;
  /** Destinations to which nothing more goes in this run. */
  readonly held: Set<string>;
  /** When a destination last accepted something in this run: a mail, or anything. */
  readonly accepted: Readonly<Record<'mail' | 'anything', Map<string, Date>>>;
}

/** A mailbox of which something is delivered. */
export type MailboxDelivery = MailboxRun<DeliveryContext>;

/** A folder of it. */
export type FolderDelivery = FolderRun<DeliveryContext>;

/** The same while the mailbox is polled. */
export type DeliveryPoll = FolderPoll<DeliveryContext>;
