import { shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { rowsOf } from '../../store/rows/keys.ts';
import { decodeOutbox } from '../../store/rows/outbox-row.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import type { CommitUnit } from '../../store/shard/committer.ts';
import type { BatchOperation, StoredRow } from '../../store/table/table.ts';
import type { RunContext } from '../state/run-context.ts';

/** Kinds of a mailbox's rows in the order in which they go; `a` stays as the tombstone, `b` goes last. */
const kinds = ['d', 'e', 'o', 'p', 'r', 'x', 'c', 'b'] as const;

/** Well below the 100 operations of a batch. */
const rowsPerBatch = 90;

/**
 * Erases a removed mailbox: all its rows but the tombstone and the event `mailbox.removed`, under the fence; then the
 * index row if it still names this mailbox, then its grant if that carries no other. Safe to repeat from anywhere.
 */
export async function erase(context: RunContext, mailbox: MailboxRow): Promise<void> {
  const table = context.store.table('mail');
  const partition = shardKey(shardOfMailbox(mailbox.id) ?? 0);
  const rows: StoredRow[] = [];
  for (const kind of kinds) {
    const found = await table.list(partition, rowsOf(kind, mailbox.id));
    rows.push(...found.filter((row) => kind !== 'o' || !isFarewell(row)));
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
      // Whoever waits for the commit below is told.
      refused() {},
    };
    await context.committer.commit(unit);
  }
  await context.forget(mailbox);
  context.log.info('mailbox_erased', { mailbox: mailbox.id, rows: rows.length });
}

/** An outbox row that cannot be read is erased like the rest. */
function isFarewell(row: StoredRow): boolean {
  try {
    return decodeOutbox(row).type === 'mailbox.removed';
  } catch {
    return false;
  }
}
