import type { StoredCode } from '../../error-codes.ts';
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

/** What identifies a message wherever it lies now. */
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
  readonly reason: StoredCode;
  readonly status: number | undefined;
  readonly failedAt: Date;
  readonly nextAt: Date;
  /** How often it was not found. */
  readonly missing: number;
  /** What is tried next: the whole message, or, after a time-out, what is small. */
  readonly variant: 'full' | 'metadata';
  /** It was given up before; the number of the replay that tries it once more. */
  readonly replay?: number | undefined;
}

/** `x!mbx!fld!validity!uid10`: a message that is given up until someone replays it. */
export interface DeadRow extends MessageMark {
  readonly reason: StoredCode;
  readonly status: number | undefined;
  readonly attempts: number;
  /** When it was given up, or last failed in a replay. */
  readonly at: Date;
  /** The number of the last replay that tried it. */
  readonly replay?: number | undefined;
}

/** `e!mbx!<job id>`: a requested replay, or a request to cancel; inserted by the API, then written by the worker alone. */
export type JobRow = ReplayJob | StopJob;

/** A replay that someone asked for. */
export type ReplayJob = ReplayDeadJob | ReplaySinceJob;

interface Job {
  readonly mailboxId: string;
  /** Callers that ask for the same while it waits get the same job. */
  readonly id: string;
  /** Rises from one job of a mailbox to the next, and never repeats: its `asked` when it was made. */
  readonly number: number;
  readonly at: Date;
}

/** Tries messages again that were given up. */
export interface ReplayDeadJob extends Job {
  readonly kind: 'dead';
  /** The 16 bytes behind the key of one message; undefined for all of the mailbox. */
  readonly key: Uint8Array | undefined;
}

/** Delivers mail that arrived from `since` until `at`, unless it was delivered before. */
export interface ReplaySinceJob extends Job {
  readonly kind: 'since';
  readonly since: Date;
  /** Sends delivered mail again, too, under ids of this replay. */
  readonly force: boolean;
  readonly progress: ReplayProgress;
}

/** Cancels the replays that were requested before this one and are not done. */
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
   * numbers. Undefined: no message of that instant is done.
   */
  readonly place: { readonly uidValidity: bigint; readonly uid: number } | undefined;
  /** UIDs of what arrived later and is done all the same, at most 64; they count for as long as `place` does. */
  readonly done: readonly number[];
  /** Messages that were accepted. */
  readonly delivered: number;
  /** Messages that were refused, or not shown; those that had not been delivered before go to the retry queue. */
  readonly failed: number;
  /** Since when the next message fails, or is not shown. */
  readonly failedAt: Date | undefined;
}
