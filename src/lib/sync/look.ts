import { BrokerError, isBrokerError } from '../errors.ts';
import type { FolderStatus, ImapSession } from '../mailbox/session.ts';
import type { MailboxRow } from '../store/rows.ts';
import type { FolderBook } from './folder-book.ts';
import type { MailboxBook } from './mailbox-book.ts';
import { lookLimitMs, type RunContext } from './run-context.ts';

export interface Look {
  readonly session: ImapSession;
  readonly folders: readonly { readonly book: FolderBook; readonly status: FolderStatus }[];
  /** Watched folders that are not there. */
  readonly missing: readonly FolderBook[];
}

/**
 * Signs in and asks every watched folder for its STATUS, within 20 s.
 * @throws BrokerError of the token or of the mail server; `imap_unreachable` after 20 s. The session is closed then.
 */
export async function look(context: RunContext, mailbox: MailboxBook): Promise<Look> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, context.committer.signal]);
  let session: ImapSession | undefined;
  async function ask(): Promise<Look> {
    const opened = await open(context, mailbox.row, signal);
    if (over.signal.aborted) {
      await opened.close();
      throw over.signal.reason;
    }
    session = opened;
    const folders: { book: FolderBook; status: FolderStatus }[] = [];
    const missing: FolderBook[] = [];
    for (const book of mailbox.folders) {
      try {
        folders.push({ book, status: await opened.status(book.folder.path) });
      } catch (error) {
        if (!isBrokerError(error, 'folder_missing')) throw error;
        missing.push(book);
      }
    }
    return { session: opened, folders, missing };
  }
  const done = new AbortController();
  const asking = ask();
  try {
    return await Promise.race([asking, tooLate(context, done.signal)]);
  } catch (error) {
    over.abort(error);
    asking.catch(() => {});
    await session?.close();
    throw error;
  } finally {
    done.abort();
  }
}

async function tooLate(context: RunContext, done: AbortSignal): Promise<never> {
  await context.clock.sleep(lookLimitMs, done);
  throw new BrokerError('imap_unreachable');
}

/**
 * A session with the mailbox. Refused or expired tokens are tried once more with a fresh one: a token may have been
 * revoked before its time, and "AUTHENTICATE failed" does not tell.
 */
export async function open(context: RunContext, mailbox: MailboxRow, signal: AbortSignal): Promise<ImapSession> {
  const attempt = async (force: boolean) => {
    const accessToken = await context.token(mailbox, { force });
    signal.throwIfAborted();
    return context.imap.open({ login: mailbox.login, accessToken, mailboxId: mailbox.id }, signal);
  };
  try {
    return await attempt(false);
  } catch (error) {
    if (!isBrokerError(error, 'imap_refused', 'imap_token_expired')) throw error;
    return attempt(true);
  }
}
