import type { FolderRole } from '../../domain/mail/folder.ts';

/** A range of UIDs that the server announced and did not show: tried again, then gone. Both ends inclusive. */
export interface UidGap {
  readonly from: number;
  readonly to: number;
  readonly tries: number;
  readonly since: Date;
  /** True if SEARCH or FETCH once showed it; then an event says that it vanished. */
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
   * of the two the receiver follows is unknown, so the next comparison sends the flags and place it has then.
   */
  readonly untold?: true;
}

/**
 * How far the first sync of a folder has come. It takes the newest message first, by INTERNALDATE and then by UID, and
 * ends at the `syncFrom` of the mailbox.
 */
export interface Backfill {
  /** UIDs above this one are new mail, which the first sync leaves alone. */
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
  /** Recent messages not yet folded into `r!`, at most 64. */
  readonly fresh: readonly RecentMessage[];
  readonly uidNextSeen: number;
  /** Counts at the last poll: a difference shows that flags changed or mail was removed. */
  readonly messages: number;
  readonly unseen: number;
  readonly lastInternalDate: Date | undefined;
  /** When the destination last accepted a mail of the folder. Missing where it never did, and in old rows. */
  readonly deliveredAt?: Date | undefined;
  /** How long after its arrival that was; missing where it was old mail, or sent again on request. */
  readonly deliveredAfterSeconds?: number | undefined;
  /** When flags were last compared with the recent messages; undefined: the next poll compares them. */
  readonly flagsAt?: Date | undefined;
  /** Since when the message at the head has been failing. */
  readonly headSince: Date | undefined;
  readonly retries: number;
  readonly retryAt: Date | undefined;
  /** A baseline by date, while IMAP could not be reached at connect: deliver what arrived from here on. */
  readonly baselineFrom: Date | undefined;
  /** Missing in a folder that has not been looked at yet. */
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
