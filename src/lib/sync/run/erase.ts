import { shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { rowsOf } from '../../store/rows/keys.ts';
import { decodeOutbox } from '../../store/rows/outbox-row.ts';
import type { MailboxRow, OutboxRow } from '../../store/rows/rows.ts';
import type { CommitUnit } from '../../store/shard/committer.ts';
import type { BatchOperation, StoredRow } from '../../store/table/table.ts';
import type { ShardContext } from './shard-context.ts';

/** Kinds of a mailbox's rows in the order in which they go; `a` stays as the tombstone, `b` goes last. */
const kinds = ['d', 'e', 'o', 'p', 'r', 'x', 'c', 'b'] as const;

/** Well below the 100 operations of a batch. */
const rowsPerBatch = 90;

/**
 * Erases a removed mailbox. Its submissions end first, with their events; while an attempt is under way nothing is
 * erased. Then all its rows are deleted under the fence, except the tombstone and the events that are still sent; then
 * the index row if it still names this mailbox, then its grant if no other mailbox uses it. Safe to repeat from
 * anywhere.
 * @returns the events that are left to send, `mailbox.removed` among them; undefined if it has to wait
 */
export async function erase(context: ShardContext, mailbox: MailboxRow): Promise<readonly OutboxRow[] | undefined> {
  const underWay = (await context.sentMail?.end(mailbox.id)) ?? 0;
  if (underWay > 0) {
    context.log.info('mailbox.erase_deferred', { mailboxId: mailbox.id, sending: underWay });
    return undefined;
  }
  const table = context.store.table('mail');
  const partition = shardKey(shardOfMailbox(mailbox.id) ?? 0);
  const rows: StoredRow[] = [];
  const farewell: OutboxRow[] = [];
  for (const kind of kinds) {
    for (const row of await table.list(partition, rowsOf(kind, mailbox.id))) {
      const event = kind === 'o' ? readable(row) : undefined;
      if (event !== undefined && isFarewell(event)) farewell.push(event);
      else rows.push(row);
    }
  }
  for (let at = 0; at < rows.length; at += rowsPerBatch) {
    let operations: BatchOperation[] = rows
      .slice(at, at + rowsPerBatch)
      .map((row) => ({ kind: 'delete', rowKey: row.rowKey }));
    const unit: CommitUnit = {
      id: mailbox.id,
      pending: () => operations,
      sent() {
        operations = [];
      },
      // The commit below rejects.
      refused() {},
    };
    await context.committer.commit(unit);
  }
  await context.forget(mailbox);
  context.log.info('mailbox.erased', { mailboxId: mailbox.id, rows: rows.length });
  return farewell;
}

/** Events that are sent after the removal of a mailbox: the ends of its submissions, and finally `mailbox.removed`. */
export const isFarewell = ({ type }: Pick<OutboxRow, 'type'>): boolean =>
  type === 'mailbox.removed' || type.startsWith('submission.');

/** An outbox row that cannot be read is erased like the rest. */
function readable(row: StoredRow): OutboxRow | undefined {
  try {
    return decodeOutbox(row);
  } catch {
    return undefined;
  }
}
