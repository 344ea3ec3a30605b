import type { MailboxFilter } from '../../domain/mail/filter.ts';
import type { FolderRole } from '../../domain/mail/folder.ts';
import type { SendVia } from '../../domain/submission.ts';
import type { StoredCode } from '../../error-codes.ts';

export type * from './folder-rows.ts';
export type * from './queue-rows.ts';

/**
 * The rows of the table `mail`, as the code sees them: of shards and mailboxes here, of folders and of what waits in the
 * two files above. The codec of each kind says how it lies in Table Storage. The worker writes `!` and
 * `b! c! d! e! o! r! x!` (fenced), the API `a!` and `p!`.
 */

/** `!`: one per shard. Its ETag is the fence of every commit. */
export interface ShardRow {
  /** Random per run; '' when released. */
  readonly owner: string;
  /** Rises with every acquire. */
  readonly epoch: number;
  /** Rises with every commit of a run. */
  readonly seq: number;
  /** Server time until which the lease holds. */
  readonly until: Date;
  /** The newest tick that a run has worked on. */
  readonly tick: number;
  /** Length of a tick in seconds when the row was written; under another interval every slot is due. */
  readonly intervalSeconds: number;
  /** Acquires without a release: 3 mean a kill loop, and safe mode. */
  readonly starts: number;
  /** The message being fetched and parsed in safe mode. */
  readonly current: CurrentMessage | undefined;
  /** One entry a slot, 64 in all. */
  readonly sched: readonly SlotSchedule[];
  /** Bits of {@link onDemandKinds}: kinds of rows outside the polled rows that exist. */
  readonly flags: number;
  /** What happened in each hour of the last day in which something did, oldest first. */
  readonly hours: readonly HourCounts[];
}

/** What happened in one hour in the mailboxes of a shard, for people who look back over a day. */
export interface HourCounts {
  /** Whole hours since 1970. */
  readonly hour: number;
  /** Mails accepted by their destination. */
  readonly delivered: number;
  /** Mailboxes that could not be read, each counted once for every poll. */
  readonly failed: number;
  /** Mails that were given up. */
  readonly dead: number;
}

/** Found at an acquire, it names the message with which the process before died. */
export interface CurrentMessage {
  readonly mailboxId: string;
  readonly folderId: string;
  readonly uid: number;
  /** How often it was found so before. */
  readonly deaths: number;
}

/** 16 bytes in `!`.sched; all in ticks but failures. */
export interface SlotSchedule {
  /** Due when nextDue <= tick. */
  readonly nextDue: number;
  readonly lastOk: number;
  readonly interval: number;
  readonly failures: number;
  /** Ticks in a row in which it is still due because a bell announced mail that was not there yet; below 256. */
  readonly eager: number;
}

/** Bits of {@link ShardRow.flags}. */
export const onDemandKinds = { retry: 1, job: 2, outbox: 4, dead: 8, tombstone: 16 } as const;

export interface WatchedFolder {
  /** Our own id, stable over renames. */
  readonly id: string;
  readonly path: string;
  readonly role: FolderRole | undefined;
}

/** How a mailbox signs in. */
export type GrantRef =
  | { readonly kind: 'user'; readonly tid: string; readonly oid: string }
  | { readonly kind: 'app'; readonly tid: string };

/** `a!mbx`: what a poll needs to know; at most 1 KB; written by the API alone. */
export interface MailboxRow {
  readonly id: string;
  readonly address: string;
  /** IMAP log-in name; the address unless overridden. */
  readonly login: string;
  readonly grant: GrantRef;
  readonly shared: boolean;
  readonly slot: number;
  readonly folders: readonly WatchedFolder[];
  readonly destinationId: string;
  readonly label: string | undefined;
  readonly ownerRef: string | number | undefined;
  readonly syncFrom: Date | undefined;
  readonly paused: boolean;
  /** Set by DELETE: the tombstone. */
  readonly deletedAt: Date | undefined;
  readonly createdAt: Date;
  /** Raised by the API whenever it wants the worker to look at the mailbox's on-demand rows. */
  readonly asked: number;
  /** The mailbox has a filter, in `p!`: of this revision, or of a later one. */
  readonly filterRevision?: number | undefined;
  /** Which ways out it may use; `auto` if left out. */
  readonly sendVia?: SendVia | undefined;
}

/** `p!mbx`: what a poll needs only where there is mail; written by the API alone, in a batch with `a!`. */
export interface SettingsRow {
  readonly mailboxId: string;
  /** The `asked` of `a!` in the same batch; no two states of the row have the same. */
  readonly revision: number;
  readonly filter: MailboxFilter | undefined;
}

/** Every state that a mailbox can be in. */
export const mailboxStates = [
  'connecting',
  'active',
  'throttled',
  'degraded',
  'reconnect_required',
  'consent_required',
  'paused',
] as const;
export type MailboxState = (typeof mailboxStates)[number];

/** `b!mbx`: how it goes; at most 0.5 KB; written by the worker alone. */
export interface StateRow {
  readonly mailboxId: string;
  readonly state: MailboxState;
  /** An error code; sentence and remedy follow from it. '' when all is well. */
  readonly code: StoredCode | '';
  readonly since: Date;
  /** No poll before this instant. */
  readonly backoffUntil: Date | undefined;
  /** The `asked` that has been served. */
  readonly served: number;
  /** The trouble of which its owner was told last, and not yet of its end. Missing in old rows. */
  readonly told?: MailboxState | undefined;
  /** How far its bell can be relied on. Missing where no bell has ever rung, and nothing is known of one. */
  readonly bell?: BellState | undefined;
  /** When its mail usually comes. Missing where none has come yet, and in old rows. */
  readonly habit?: Habit | undefined;
}

/** On how many days mail came in an hour of the day; what is long past counts less. */
export interface Habit {
  /** Whole hours since 1970: the newest hour that was counted. */
  readonly hour: number;
  /** Whole days since 1970: since when the counts have not been halved. */
  readonly halvedOn: number;
  /** 48 counts: 24 hours of working days, 24 of the weekend, in UTC. */
  readonly days: readonly number[];
}

/**
 * `rings`: a bell announced mail that was then found, and the mailbox is polled less often. `silent`: mail came that no bell
 * announced, last at `since`, and it is polled as if it had none.
 */
export interface BellState {
  readonly hears: 'rings' | 'silent';
  readonly since: Date;
}
