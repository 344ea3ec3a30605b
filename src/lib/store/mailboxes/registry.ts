import type { GrantKey } from '../../domain/grant.ts';
import type { MailboxFilter } from '../../domain/mail/filter.ts';
import type { FolderChoice, FolderRole } from '../../domain/mail/folder.ts';
import type { SendVia } from '../../domain/submission.ts';
import type { StoredCode } from '../../error-codes.ts';
import { BrokerError } from '../../errors.ts';
import type { ReplayRequest } from '../rows/job-row.ts';
import type { GrantRef, MailboxRow, MailboxState, ReplayJob, StateRow } from '../rows/rows.ts';
import type { FirstSync } from './first-sync.ts';

/** Which mailboxes a grant carries; kept in the grant's own row. Every call may be repeated. */
export interface GrantMailboxes {
  /** In the order in which they were added; empty if there is no such grant. */
  mailboxesOf(key: GrantKey): Promise<readonly string[]>;
  /** @throws BrokerError `grant_full` if another mailbox would be one too many */
  expectRoom(key: GrantKey): Promise<void>;
  addMailbox(key: GrantKey, mailboxId: string): Promise<void>;
  /** Takes it off the list, and removes a grant that then carries none. */
  removeMailbox(key: GrantKey, mailboxId: string): Promise<void>;
}

/** A folder to watch. */
export interface FolderBaseline {
  readonly path: string;
  readonly role: FolderRole | undefined;
  /**
   * Its STATUS at the moment of connecting: everything below `uidNext` is old. Undefined if the server could not be
   * reached: then the mail counts as new that arrives from 2 minutes before now on.
   */
  readonly status:
    | {
        readonly uidNext: number;
        readonly uidValidity: bigint;
        readonly messages: number;
        readonly unseen: number;
      }
    | undefined;
}

/** A mailbox that has just been looked into, as it is to be placed. */
export interface UpsertInput {
  readonly grant: GrantRef;
  readonly address: string;
  /** IMAP log-in name. */
  readonly login: string;
  /** Read through someone's grant without being that person's own mailbox. */
  readonly shared: boolean;
  /** At least one. Only for a new mailbox: a reconnect keeps the folders and where they stand. */
  readonly folders: readonly FolderBaseline[];
  /** Only for a new mailbox. */
  readonly destinationId: string;
  /** On a reconnect these two replace what was there, where given. */
  readonly label?: string | undefined;
  readonly ownerRef?: string | number | undefined;
  /** Only if the mailbox delivers to this destination; undefined: to any. */
  readonly namesOnlyAt?: string | undefined;
  readonly syncFrom?: Date | undefined;
  /** Only for a new mailbox. */
  readonly filter?: MailboxFilter | undefined;
  /** The mailbox that the link was made for. @throws BrokerError `mailbox_mismatch` if another one would be connected */
  readonly mailboxId?: string | undefined;
  /** Why the mailbox begins as `connecting`: a code; '' or left out where every folder has its status. */
  readonly code?: StoredCode | '' | undefined;
}

export interface UpsertedMailbox {
  /** `renamed`: the same person under another address. `moved`: a shared mailbox continues under another grant. */
  readonly outcome: 'connected' | 'reconnected' | 'renamed' | 'moved';
  readonly mailbox: MailboxRow;
}

/** A mailbox as the API shows it. */
export interface MailboxView {
  readonly row: MailboxRow;
  /** Undefined only if the row of the state is lost. For a paused mailbox `paused` in `row` takes precedence. */
  readonly state: StateRow | undefined;
  /** What to show: `paused` if it is, else the stored state. */
  readonly shown: MailboxState;
  /**
   * Undefined if it has none, and in a list, which does not read it. `unreadable`: nothing is delivered until it is set
   * again.
   */
  readonly filter?: MailboxFilter | 'unreadable' | undefined;
}

/** How the mail of a mailbox comes. */
export interface MailboxProgress {
  /** Undefined where no mail from before is wanted. */
  readonly firstSync: FirstSync | undefined;
  /** When its destination last accepted a mail of it; undefined where that was never noted. */
  readonly lastDelivery: Date | undefined;
}

export interface MailboxQuery {
  readonly state?: MailboxState | undefined;
  /** Upper and lower case are the same. */
  readonly address?: string | undefined;
  /** `"7"` and `7` are the same. */
  readonly ownerRef?: string | number | undefined;
  /** Further conditions, such as what an API key may see. */
  readonly where?: ((row: MailboxRow) => boolean) | undefined;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface MailboxPage {
  readonly items: readonly MailboxView[];
  /** Present if there may be more. */
  readonly cursor: string | undefined;
}

/** What an administrator may change. Undefined leaves it, null clears it. */
export interface MailboxChange {
  readonly label?: string | null | undefined;
  readonly ownerRef?: string | number | null | undefined;
  /** IMAP log-in name; one that has been tried. */
  readonly login?: string | undefined;
  readonly destinationId?: string | undefined;
  readonly syncFrom?: Date | null | undefined;
  /** All that are to be watched. Of a new one the mail counts that arrives from 2 minutes before now on. */
  readonly folders?: readonly FolderChoice[] | undefined;
  /** Mail that arrives meanwhile is delivered on resume. */
  readonly paused?: boolean | undefined;
  /** In place of the one before, as a whole. */
  readonly filter?: MailboxFilter | null | undefined;
  /** A message that was tried once keeps its way. */
  readonly sendVia?: SendVia | undefined;
}

/**
 * The API's side of the mailboxes: it writes `a!` under its ETag and inserts what goes with it; everything else is the
 * worker's. All calls may be repeated.
 * @throws BrokerError `storage_unreachable`, and `conflict` if others keep changing the row
 */
export interface Registry {
  /**
   * Connects or reconnects a mailbox: one for each address and tenant, and one own mailbox for each person, even if
   * several connects run at once or stop halfway. @throws MailboxTaken; BrokerError `mailbox_mismatch`
   */
  upsert(input: UpsertInput): Promise<UpsertedMailbox>;
  /** Undefined if there is none of this id, or if it has been removed. */
  get(id: string): Promise<MailboxView | undefined>;
  /**
   * The mailbox's row as it was at most 15 s ago, for what is asked in crowds; changes made by this process show at once.
   * Undefined as {@link Registry.get} is.
   */
  glance(id: string): Promise<MailboxRow | undefined>;
  /** The mailbox at an address of a tenant, if it is connected. */
  find(tid: string, address: string): Promise<MailboxView | undefined>;
  /** In order of their ids. */
  list(query: MailboxQuery): Promise<MailboxPage>;
  /** All of it in one write, or nothing. @throws BrokerError `not_found` */
  patch(id: string, change: MailboxChange): Promise<MailboxView>;
  /** How its mail comes, as the rows of its folders say: one query. @throws BrokerError `storage_unreachable` */
  progress(view: Pick<MailboxView, 'row' | 'shown'>): Promise<MailboxProgress>;
  /** Asks the worker to look at the mailbox in its next run. @throws BrokerError `not_found` */
  ask(id: string): Promise<MailboxView>;
  /**
   * Leaves a job for the worker, which does it when there is no new mail; one that waits already is answered again.
   * @throws BrokerError `not_found` | `replays_waiting`
   */
  replay(id: string, request: ReplayRequest): Promise<ReplayJob>;
  /**
   * Gives up the replays of a mailbox that are not done. What is being sent just now may still go out.
   * @returns those replays. @throws BrokerError `not_found`
   */
  stopReplays(id: string): Promise<readonly ReplayJob[]>;
  /** The replays of a mailbox that are not done, oldest first. */
  jobs(id: string): Promise<readonly ReplayJob[]>;
  /**
   * Leaves a tombstone, together with the event `mailbox.removed` in the outbox; the worker erases the rest.
   * False if there is no such mailbox (any more).
   */
  remove(id: string): Promise<boolean>;
  /**
   * The worker's last steps for a tombstone, after the rows are erased: the index row goes if it still names this
   * mailbox, then the mailbox comes off its grant.
   */
  forget(mailbox: MailboxRow): Promise<void>;
}

/** A mailbox is connected by another person already. Carries both, for the page that tells it. */
export class MailboxTaken extends BrokerError {
  readonly mailboxId: string;
  readonly address: string;
  /** Log-in name of the person who has it. */
  readonly heldBy: string;
  /** Log-in name of the person who asked for it. */
  readonly askedBy: string;
  /** It is the own mailbox of the person who has it, and not one that she, or the app, may open besides. */
  readonly isOwn: boolean;

  constructor(who: { mailboxId: string; address: string; heldBy: string; askedBy: string; isOwn: boolean }) {
    super('mailbox_taken');
    this.mailboxId = who.mailboxId;
    this.address = who.address;
    this.heldBy = who.heldBy;
    this.askedBy = who.askedBy;
    this.isOwn = who.isOwn;
  }
}
