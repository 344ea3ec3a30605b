import type { ImapSession } from '../../mailbox/session/session.ts';
import type { FolderRecord } from './folder-record.ts';
import type { MailboxRecord } from './mailbox-record.ts';
import type { RunContext } from './run-context.ts';

/** A mailbox in a run. `Context` is what the steps of a room need of the run. */
export interface MailboxRun<Context extends RunContext = RunContext> {
  readonly context: Context;
  readonly mailbox: MailboxRecord;
}

/** One of its folders. */
export interface FolderRun<Context extends RunContext = RunContext> extends MailboxRun<Context> {
  readonly record: FolderRecord;
}

/** A mailbox while it is polled: its session is open. */
export interface MailboxPoll<Context extends RunContext = RunContext> extends MailboxRun<Context> {
  readonly session: ImapSession;
}

/** One of its folders. */
export interface FolderPoll<Context extends RunContext = RunContext> extends FolderRun<Context> {
  readonly session: ImapSession;
}
