import type { MessageReceivedInput } from '../../delivery/events/message-event.ts';
import type { Clock, Random } from '../../domain/clock.ts';
import type { Deliverer, OutgoingEvent } from '../../domain/events/event.ts';
import type { ReadMessage } from '../../domain/mail/message.ts';
import type { Log } from '../../log.ts';
import type { ImapConnector, ReadCaps } from '../../mailbox/session/session.ts';
import type { OwnChanges } from '../../store/mailboxes/own-changes.ts';
import type { MailboxRow, OutboxRow } from '../../store/rows/rows.ts';
import type { Store } from '../../store/table/table.ts';
import type { BellWakeUp, ShardWakeUp } from './wake-up.ts';

/** What the engine asks of destinations besides delivering; shared by all workers. */
export interface DestinationFacts {
  /** `strict`: one message of a folder after the other. `window`: several at once. */
  order(destinationId: string): Promise<'strict' | 'window'>;
  /** When it last accepted a mail, or anything, as far as that was noted (server time; at most once a minute). */
  lastAccepted(destinationId: string, what: 'mail' | 'anything'): Promise<Date | undefined>;
  /** A message was given up; three in a row hold the destination. */
  died(destinationId: string): Promise<void>;
  /** Whether nothing goes to it just now: it is held, or paused. */
  isHeld?(destinationId: string): Promise<boolean>;
  /** Whether it wants the number of messages of folders. */
  wantsCounts?(destinationId: string): Promise<boolean>;
  /** How many heads of folders were moved out of the way since it last accepted a mail. */
  headsMoved(destinationId: string): Promise<number>;
  headMoved(destinationId: string): Promise<void>;
}

/** What a copy in Sent says; undefined where it was not read. */
export interface SeenCopy {
  readonly messageId: string | undefined;
  /** The address in From. */
  readonly from: string | undefined;
}

/**
 * What the sync engine reports to the sending side. Every call may be repeated.
 * @throws StoreError; BrokerError `storage_unreachable` | `conflict`
 */
export interface SentMail {
  /** A server reports that a mail did not arrive, or is late. */
  bounced(mailbox: MailboxRow, report: ReadMessage): Promise<void>;
  /**
   * A mail in Sent bears our header.
   * @returns whether it is the copy of a submission that went out from this account
   */
  copied(mailbox: MailboxRow, submissionId: string, copy: SeenCopy): Promise<boolean>;
  /** Ends what a removed mailbox had to send. @returns how many attempts are under way: it cannot be erased yet */
  end(mailboxId: string): Promise<number>;
}

/** Dependencies of the sync engine. Time and randomness are among them, so that it also runs in a simulator. */
export interface ShardRunnerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly imap: ImapConnector;
  readonly deliverer: Deliverer;
  /** An access token for the mail of `mailbox`. @throws BrokerError by the class of Entra's answer */
  readonly token: (mailbox: MailboxRow, options: { readonly force: boolean }) => Promise<string>;
  readonly messageReceived: (input: MessageReceivedInput) => OutgoingEvent;
  /** Builds the event of an outbox row; the same on every attempt. */
  readonly mailboxEvent: (row: OutboxRow, mailbox: MailboxRow) => OutgoingEvent | Promise<OutgoingEvent>;
  /**
   * Last steps of removing a mailbox, after its rows are deleted: the index row if it still names this id, then the
   * grant if it carries no other mailbox. Safe to repeat.
   */
  readonly forget: (mailbox: MailboxRow) => Promise<void>;
  /** Called for a shard that another process may have run since this process last did: what is kept of it is stale. */
  readonly otherHeld?: (shard: number) => void;
  /** Length of a tick. */
  readonly intervalSeconds: number;
  readonly readCaps?: ReadCaps | undefined;
  /** Whether Microsoft has been asked to announce the mail of a mailbox. Absent where the deployment uses no bells. */
  readonly hasBell?: ((mailboxId: string) => Promise<boolean>) | undefined;
  /** Without it every folder is delivered in order, and nothing is noted of destinations. */
  readonly destinations?: DestinationFacts | undefined;
  /** Without it nothing goes out. */
  readonly sentMail?: SentMail | undefined;
  /** What callers changed over HTTP. Without it no event says what caused it. */
  readonly ownChanges?: Pick<OwnChanges, 'take'> | undefined;
}

export interface ShardRunner {
  /**
   * Runs one shard: takes its lease, polls every due mailbox, delivers, commits, releases.
   * @returns the wake-up of a continuation if work is left, else undefined
   * @throws StoreError if the store does not answer; never for one mailbox
   */
  run(wakeUp: ShardWakeUp): Promise<ShardWakeUp | undefined>;
  /**
   * Polls the mailbox whose bell rang. A run of its shard that is under way in this process takes the bell; else it
   * gets a run of its own, which leaves the tick of the shard to the dispatcher's wake-up.
   * @returns the wake-up of a continuation, and the bell to try again if the shard is taken
   * @throws StoreError if the store does not answer
   */
  ring(bell: BellWakeUp): Promise<Rung>;
  /** Takes no new work, and lets what is under way settle for at most 5 s. For the end of the process. */
  stop(): Promise<void>;
}

export interface Rung {
  readonly next?: ShardWakeUp;
  readonly again?: { readonly bell: BellWakeUp; readonly afterMs: number };
}

export interface Dispatcher {
  /** One wake-up for every shard that holds a mailbox. @throws StoreError if the store does not answer */
  wakeUps(): Promise<ShardWakeUp[]>;
}
