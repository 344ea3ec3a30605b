import { messageKeyFromBytes, shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { isBrokerError } from '../../errors.ts';
import { readMailbox } from '../../store/mailboxes/mailboxes.ts';
import { parseRowKey, rowsOf } from '../../store/rows/keys.ts';
import { decodeRetry } from '../../store/rows/retry-row.ts';
import type { CursorRow, MailboxRow, RetryRow } from '../../store/rows/rows.ts';
import type { StoredRow } from '../../store/table/table.ts';
import type { MailboxRun } from '../state/folder-poll.ts';
import type { RowContext } from '../state/run-context.ts';

/** Rows of a folder in the order in which they go; by its cursor it is found again after a crash, so that goes last. */
const kinds = ['d', 'x', 'r', 'c'] as const;

/** Each may bring an event along, and a batch takes 100. */
const rowsPerBatch = 40;

/** Cursors of folders that the mailbox does not watch any more. Pure. */
export const unwatched = (row: MailboxRow, cursors: ReadonlyMap<string, CursorRow>): readonly CursorRow[] =>
  [...cursors.values()].filter(({ folderId }) => !row.folders.some(({ id }) => id === folderId));

/**
 * Erases what is kept of folders that are no longer watched. For messages of them in the retry queue `message.vanished`
 * is sent, as for messages that are moved to a folder that is not watched. Safe to repeat from anywhere.
 */
export async function unwatch(at: MailboxRun<RowContext>, cursors: readonly CursorRow[]): Promise<void> {
  const { context, mailbox } = at;
  const table = context.store.table('mail');
  // A folder may have been added while the rows were read: after its cursor was seen, its mailbox is sure to name it.
  const now = await readMailbox(table, mailbox.id);
  if (now === undefined || now.row.deletedAt !== undefined) return;
  const left = cursors.filter(({ folderId }) => !now.row.folders.some(({ id }) => id === folderId));
  for (const cursor of left) {
    const rows: StoredRow[] = [];
    const partition = shardKey(shardOfMailbox(mailbox.id) ?? 0);
    for (const kind of kinds) rows.push(...(await table.list(partition, rowsOf(kind, mailbox.id, cursor.folderId))));
    for (let from = 0; from < rows.length; from += rowsPerBatch) {
      for (const row of rows.slice(from, from + rowsPerBatch)) {
        if (parseRowKey(row.rowKey)?.kind === 'retry') tellVanished(at, cursor, row);
        mailbox.eraseRow(row.rowKey);
      }
      await context.committer.commit(mailbox);
    }
    context.log.info('folder.unwatched', { mailboxId: mailbox.id, folderId: cursor.folderId, rows: rows.length });
  }
}

function tellVanished({ context, mailbox }: MailboxRun, cursor: CursorRow, stored: StoredRow): void {
  let retry: RetryRow;
  try {
    retry = decodeRetry(stored);
  } catch (error) {
    if (!isBrokerError(error, 'row_broken')) throw error;
    context.log.error('mailbox.row_broken', error, { mailboxId: mailbox.id, rowKey: stored.rowKey });
    return;
  }
  const { folderId, path, role } = cursor;
  const messageKey = messageKeyFromBytes(retry.key);
  const folder = { path, role: role ?? null };
  context.tell(mailbox, {
    type: 'message.vanished',
    occasion: [messageKey, folderId, retry.uid],
    data: { messageKey, folder },
  });
}
