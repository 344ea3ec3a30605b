import { linkedAbort } from '../../domain/linked-abort.ts';
import { withDeadline } from '../../domain/with-deadline.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { FolderInfo, FolderStatus, ImapSession } from '../../mailbox/session/session.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import type { FolderPoll } from '../state/folder-poll.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import type { MailboxRecord } from '../state/mailbox-record.ts';
import { lookLimitMs } from '../state/run-context.ts';
import type { FolderContext } from './folder-context.ts';

export interface Look {
  readonly session: ImapSession;
  readonly folders: readonly { readonly record: FolderRecord; readonly status: FolderStatus }[];
  /** Watched folders that are not there. */
  readonly missing: readonly FolderRecord[];
}

/**
 * Signs in and asks every watched folder for its STATUS, within 20 s.
 * @throws BrokerError of the token or of the mail server; `imap_unreachable` after 20 s. The session is closed then.
 */
export async function look(context: FolderContext, mailbox: MailboxRecord): Promise<Look> {
  const over = linkedAbort(context.committer.signal);
  let session: ImapSession | undefined;
  async function ask(): Promise<Look> {
    const opened = await open(context, mailbox.row, over.signal);
    if (over.signal.aborted) {
      await opened.close();
      throw over.signal.reason;
    }
    session = opened;
    const folders: { record: FolderRecord; status: FolderStatus }[] = [];
    const missing: FolderRecord[] = [];
    let listing: Promise<readonly FolderInfo[]> | undefined;
    const list = () => {
      listing ??= opened.folders();
      return listing;
    };
    for (const record of mailbox.folders) {
      const status = await find({ session: opened, mailbox, record }, list);
      if (status === undefined) missing.push(record);
      else folders.push({ record, status });
    }
    return { session: opened, folders, missing };
  }
  try {
    return await withDeadline(context.clock, lookLimitMs, ask(), () => new BrokerError('imap_unreachable'));
  } catch (error) {
    over.abort(error);
    await session?.close();
    throw error;
  } finally {
    over.release();
  }
}

/**
 * Asks where a folder stands; undefined if there is no such folder. One that has a role is looked for by it where its
 * path leads nowhere: Outlook renames its folders with the language, and people do too.
 */
async function find(
  { session, mailbox, record }: Pick<FolderPoll, 'session' | 'mailbox' | 'record'>,
  list: () => Promise<readonly FolderInfo[]>,
): Promise<FolderStatus | undefined> {
  const { path, role } = record.folder;
  const status = path === '' ? undefined : await statusAt(session, path);
  if (status !== undefined || role === undefined) return status;
  const named = (await list()).find((folder) => folder.role === role && folder.selectable)?.path;
  // One that is watched already, by its path, is not watched twice.
  if (named === undefined || mailbox.folders.some(({ folder }) => folder.path === named)) return undefined;
  const found = await statusAt(session, named);
  if (found !== undefined) record.moveTo(named);
  return found;
}

async function statusAt(session: ImapSession, path: string): Promise<FolderStatus | undefined> {
  try {
    return await session.status(path);
  } catch (error) {
    if (!isBrokerError(error, 'folder_missing')) throw error;
    return undefined;
  }
}

/**
 * A session with the mailbox. Refused or expired tokens are tried once more with a fresh one: a token may have been
 * revoked before its time, and "AUTHENTICATE failed" does not tell.
 */
export async function open(
  context: Pick<FolderContext, 'imap' | 'token'>,
  mailbox: MailboxRow,
  signal: AbortSignal,
): Promise<ImapSession> {
  const attempt = async (force: boolean) => {
    const accessToken = await context.token(mailbox, { force });
    signal.throwIfAborted();
    const { id: mailboxId, login, asked: generation } = mailbox;
    return context.imap.open({ login, accessToken, mailboxId, generation }, signal);
  };
  try {
    return await attempt(false);
  } catch (error) {
    if (!isBrokerError(error, 'imap_refused', 'imap_token_expired')) throw error;
    return attempt(true);
  }
}
