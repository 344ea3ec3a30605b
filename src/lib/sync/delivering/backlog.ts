import type { MessageMeta, ReadMessage } from '../../domain/mail/message.ts';
import type { RecentMessage } from '../../store/rows/rows.ts';

/** A message that was read and is to be delivered. */
export interface Ready {
  readonly uid: number;
  readonly entry: RecentMessage;
  readonly message: ReadMessage;
  readonly seemsNew: boolean;
  /** Of the submission whose copy in Sent it is. */
  readonly submissionId?: string | undefined;
}

/** UIDs of a folder that a source goes through, and what becomes of them. */
export interface Backlog {
  /** The next UIDs in the order of the work, at most so many; none only if it is empty then. */
  take(most: number): Promise<readonly number[]>;
  /** True when there are no more to take, or none in this poll. */
  readonly isEmpty: boolean;
  /** False while `uid`, or the next UID, has to wait until others are settled. */
  hasRoom(uid?: number): boolean;
  /** Whether a message of this entry needs no delivery. */
  isDone(entry: RecentMessage): boolean;
  /** Whether a message is known to be old, and is not to seem new. */
  isOld(meta: MessageMeta): boolean;
  /** `uid` needs no more work in its place. `internalDate` is that of a message that was looked at. */
  settle(uid: number, internalDate?: Date): void;
  /** The server does not answer what it lists: its metadata, or, where they are given, its content. */
  miss(uid: number, meta?: MessageMeta): Promise<void>;
  /** True if `uid` will be called gone when it is missed once more. */
  isLastLook?(uid: number): boolean;
  /** True if a message that is refused holds up those behind it, where they go one after the other. */
  readonly holdsUp: boolean;
  /** With so many messages of the folder to try again, no more are taken. */
  readonly mostRetries: number;
  /** Since when the message fails that holds the others up; `now` if it has not failed before. */
  failingSince(now: Date): Date;
  /** True if its messages go out after others that arrived later. */
  readonly late?: boolean;
  /** The number of the replay in which messages go out that may have been delivered before. */
  readonly replay?: number | undefined;
}

/** The messages of a folder that are to be delivered, one after the other. */
export interface Source
  extends Pick<Backlog, 'settle' | 'holdsUp' | 'mostRetries' | 'failingSince' | 'late' | 'replay'> {
  /** The next message, read; undefined if there is none, or none for now. */
  next(): Promise<Ready | undefined>;
  readonly exhausted: boolean;
}
