import type { MailboxFilter } from '../../domain/mail/filter.ts';
import type { FolderRole } from '../../domain/mail/folder.ts';
import type { SendVia } from '../../domain/submission.ts';

/**
 * The rows of the table `mail`, as the code sees them. How each lies in Table Storage is in the codec of its kind;
 * who may write it, in docs: `!` and `b! c! d! e! o! r! x!` the worker (fenced), `a!` and `p!` the API.
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
  readonly code: string;
  readonly since: Date;
  /** No poll before this instant. */
  readonly backoffUntil: Date | undefined;
  /** The `asked` that has been served. */
  readonly served: number;
  /** The trouble of which its owner was told last, and not yet of its end. Missing in old rows. */
  readonly told?: MailboxState | undefined;
  /** How far its bell can be relied on. Missing where no bell has ever rung, and nothing is known of one. */
  readonly bell?: BellState | undefined;
}

/**
 * `rings`: a bell announced mail that was then found, and the mailbox is polled less often. `silent`: mail came that no bell
 * announced, last at `since`, and it is polled as if it had none.
 */
export interface BellState {
  readonly hears: 'rings' | 'silent';
  readonly since: Date;
}

/** A range of UIDs that the server announced and did not show: tried again, then gone. Both ends inclusive. */
export interface UidGap {
  readonly from: number;
  readonly to: number;
  readonly tries: number;
  readonly since: Date;
  /** True if SEARCH or FETCH once showed it; then its going is told. */
  readonly seen: boolean;
}

/** 32 bytes in a row of recent messages. */
export interface RecentMessage {
  /** 16 bytes behind the messageKey. */
  readonly key: Uint8Array;
  /** 8 bytes of the message hash; all zero where the message is known by its UID alone. */
  readonly hash: Uint8Array;
  readonly uid: number;
  /** Set in a commit that precedes the first POST. */
  readonly posted: boolean;
  readonly accepted: boolean;
  readonly seen: boolean;
  readonly flagged: boolean;
  readonly answered: boolean;
  /** Day of INTERNALDATE: days since 1970, UTC. */
  readonly day: number;
  /** `missing`: its message was not in its place at the last look. `told`: and that was told as removed. */
  readonly gone?: 'missing' | 'told';
  /**
   * Its message was posted as it was before, with other flags or from another place, and posted again as it is now. Which
   * of the two the receiver follows nobody knows, so that the next comparison tells how it is.
   */
  readonly untold?: true;
}

/**
 * How far the first sync of a folder has come. It takes the newest message first, by INTERNALDATE and then by UID, and
 * ends at the `syncFrom` of the mailbox.
 */
export interface Backfill {
  /** UIDs above this one are new mail, which is no business of the first sync. */
  readonly uid: number;
  /**
   * What arrived later is done, and of what arrived at this very second the UIDs from `fromUid` on. Undefined: nothing
   * is done yet.
   */
  readonly at: Date | undefined;
  readonly fromUid: number;
  /** Messages that are done. */
  readonly done: number;
  /** How many there are, those that are done included, as they were counted for this `syncFrom`. */
  readonly total: number;
  readonly countedFrom: Date | undefined;
  /** Since when it has gone on without a long pause, how many messages were done before, and when the last one was. */
  readonly spell: { readonly since: Date; readonly last: Date; readonly doneBefore: number } | undefined;
  /** Since when the next message fails by what seems the destination's fault. */
  readonly failingSince: Date | undefined;
  /** UIDs among which are some that the server lists and does not answer. */
  readonly missing: UidGap | undefined;
}

/** `c!mbx!fld`: where a folder stands; at most 4 KB. */
export interface CursorRow {
  readonly mailboxId: string;
  readonly folderId: string;
  readonly path: string;
  readonly role: FolderRole | undefined;
  readonly uidValidity: bigint;
  /** Every UID up to here is settled. */
  readonly lastUid: number;
  /** UIDs above lastUid that are settled, ascending, at most 64. */
  readonly acked: readonly number[];
  /** At most 64. */
  readonly uidGaps: readonly UidGap[];
  /** Ring entries not yet folded into `r!`, at most 64. */
  readonly fresh: readonly RecentMessage[];
  readonly uidNextSeen: number;
  /** Counts at the last look, to see that flags changed or mail went. */
  readonly messages: number;
  readonly unseen: number;
  readonly lastInternalDate: Date | undefined;
  /** When the destination last accepted a mail of the folder. Missing where it never did, and in old rows. */
  readonly deliveredAt?: Date | undefined;
  /** When flags were last compared with the recent messages; undefined: the next poll compares them. */
  readonly flagsAt?: Date | undefined;
  /** Since when the message at the head has been failing. */
  readonly headSince: Date | undefined;
  readonly retries: number;
  readonly retryAt: Date | undefined;
  /** A baseline by date, while IMAP could not be reached at connect: deliver what arrived from here on. */
  readonly baselineFrom: Date | undefined;
  /** Missing in a folder at which nobody has looked yet. */
  readonly backfill?: Backfill | undefined;
  /** Revision of the filter that last kept a message of the folder back. Such messages are not among the recent messages. */
  readonly filtered?: number | undefined;
}

/** `r!mbx!fld`: the newest messages of a folder, and the write-ahead log of delivery. */
export interface RecentMessagesRow {
  readonly mailboxId: string;
  readonly folderId: string;
  readonly uidValidity: bigint;
  /** At most 1,024. */
  readonly entries: readonly RecentMessage[];
  /** The latest day of an entry ever evicted or left out; undefined while none was. */
  readonly floor: number | undefined;
}

/** `o!mbx!<event id>`: an event other than message.received, sent until accepted; the id is its webhook-id. */
export interface OutboxRow {
  readonly mailboxId: string;
  readonly id: string;
  /** An OutboxType, or a type that only a newer version knows. */
  readonly type: string;
  readonly at: Date;
  /** JSON of the event's OutboxData. */
  readonly data: string;
  /** These four once it has failed: failures that count against it, and those that prolonged its wait; */
  readonly attempts?: number | undefined;
  readonly tries?: number | undefined;
  /** when it failed last; and before when it is not sent again. */
  readonly failedAt?: Date | undefined;
  readonly nextAt?: Date | undefined;
}

/** How a message is known again wherever it lies now. */
export interface MessageMark {
  readonly mailboxId: string;
  readonly folderId: string;
  /** Where it lay when the row was made; the key of the row. */
  readonly uidValidity: bigint;
  readonly uid: number;
  /** 16 bytes behind the messageKey, which it keeps. */
  readonly key: Uint8Array;
  /** 8 bytes of the message hash; all zero where the message is known by its UID alone. */
  readonly hash: Uint8Array;
  /** Day of INTERNALDATE: days since 1970, UTC. */
  readonly day: number;
}

/** `d!mbx!fld!validity!uid10`: a message that did not go through and no longer holds its folder up. */
export interface RetryRow extends MessageMark {
  /** Failures that count against it: the destination took something else in between. */
  readonly attempts: number;
  /** All failures; they set the wait before the next attempt. */
  readonly tries: number;
  /** An error code. */
  readonly reason: string;
  readonly status: number | undefined;
  readonly failedAt: Date;
  readonly nextAt: Date;
  /** How often it was looked for in vain. */
  readonly missing: number;
  /** What is tried next: the whole message, or, after a time-out, what is small. */
  readonly variant: 'full' | 'metadata';
  /** It was given up before; the number of the replay that tries it once more. */
  readonly replay?: number | undefined;
}

/** `x!mbx!fld!validity!uid10`: a message that is given up until someone replays it. */
export interface DeadRow extends MessageMark {
  readonly reason: string;
  readonly status: number | undefined;
  readonly attempts: number;
  /** When it was given up, or was replayed in vain for the last time. */
  readonly at: Date;
  /** The number of the last replay that tried it. */
  readonly replay?: number | undefined;
}

/** `e!mbx!<job id>`: what someone wants to have done; inserted by the API, afterwards the worker's alone. */
export type JobRow = ReplayJob | StopJob;

/** A replay that someone asked for. */
export type ReplayJob = ReplayDeadJob | ReplaySinceJob;

interface Job {
  readonly mailboxId: string;
  /** The same for everyone who asks for the same while it waits. */
  readonly id: string;
  /** Rises from one job of a mailbox to the next, and never repeats: its `asked` when it was made. */
  readonly number: number;
  readonly at: Date;
}

/** Messages that were given up are to be tried again. */
export interface ReplayDeadJob extends Job {
  readonly kind: 'dead';
  /** The 16 bytes behind the key of one message; undefined for all of the mailbox. */
  readonly key: Uint8Array | undefined;
}

/** Mail that arrived from `since` until `at` is to be delivered where that has not been done yet. */
export interface ReplaySinceJob extends Job {
  readonly kind: 'since';
  readonly since: Date;
  /** Delivered mail is to be sent again, too, under ids of this replay. */
  readonly force: boolean;
  readonly progress: ReplayProgress;
}

/** The replays that were asked for before this, and are not done, are given up. */
export interface StopJob extends Job {
  readonly kind: 'stop';
}

export interface ReplayProgress {
  /** The folder that is gone through; those whose ids sort before it are done. '' before the first. */
  readonly folderId: string;
  /** What arrived earlier in this folder is done. */
  readonly upTo: Date;
  /**
   * Of what arrived at that very instant everything up to this UID is done, too; for as long as the folder keeps its
   * numbers. Without it nothing is.
   */
  readonly place: { readonly uidValidity: bigint; readonly uid: number } | undefined;
  /** UIDs of what arrived later and is done all the same, at most 64; they count for as long as `place` does. */
  readonly done: readonly number[];
  /** Messages that were accepted. */
  readonly delivered: number;
  /** Messages that were refused, or not shown; those that had not been delivered before are tried again by themselves. */
  readonly failed: number;
  /** Since when the next message fails, or is not shown. */
  readonly failedAt: Date | undefined;
}
