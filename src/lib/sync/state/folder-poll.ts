import type { ImapSession } from '../../mailbox/session/session.ts';
import type { FolderRecord } from './folder-record.ts';
import type { MailboxRecord } from './mailbox-record.ts';
import type { RunContext } from './run-context.ts';

/** A mailbox in a run. */
export interface MailboxRun {
  readonly context: RunContext;
  readonly mailbox: MailboxRecord;
}

/** One of its folders. */
export interface FolderRun extends MailboxRun {
  readonly record: FolderRecord;
}

/** The same while the mailbox is polled: its session is open. */
export interface FolderPoll extends FolderRun {
  readonly session: ImapSession;
}
