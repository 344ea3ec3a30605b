import { shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import { rowsOf, settingsRowKey } from '../../store/rows/keys.ts';
import { partitionOf } from '../../store/rows/mailbox-row.ts';
import { deadKeptMs } from '../../store/rows/retry-row.ts';
import { filterIn } from '../../store/rows/settings-row.ts';
import type { StoredRow } from '../../store/table/table.ts';
import type { MailboxRecord } from './mailbox-record.ts';
import type { KeptRows } from './row-memory.ts';
import type { RowContext } from './run-context.ts';

/** Dead messages deleted at a time, which leaves room in the batch. */
const purgedAtOnce = 16;

/**
 * Reads, once a run, the recent messages of a mailbox, its filter if it has one, and its rows in the retry queue if the
 * shard has any; expired ones are deleted. Rows that this process has kept since its last run are not read again.
 * @throws BrokerError `filter_broken`: without the filter it is unknown what may be delivered
 */
export async function readMessageRows(context: RowContext, mailbox: MailboxRecord): Promise<void> {
  if (mailbox.messageRowsRead) return;
  const table = context.store.table('mail');
  const partition = shardKey(shardOfMailbox(mailbox.id) ?? 0);
  const list = (kind: string) => table.list(partition, rowsOf(kind, mailbox.id));
  const kept = context.kept(mailbox.id);
  const known = kept?.filter?.revision === mailbox.row.filterRevision ? kept?.filter : undefined;
  const [filter, recentMessages, retries, dead] = await Promise.all([
    known ?? readFilter(context, mailbox),
    kept?.recentMessages.map((row): StoredRow => ({ ...row, etag: '' })) ?? list('r'),
    context.has('retry') ? list('d') : [],
    context.has('dead') ? list('x') : [],
  ]);
  mailbox.setFilter(filter);
  mailbox.setMessageRows(recentMessages, retries, dead);
  mailbox.purgeDead(new Date(context.now().getTime() - deadKeptMs), purgedAtOnce);
}

async function readFilter({ store, log }: RowContext, { row }: MailboxRecord): Promise<KeptRows['filter']> {
  const { id, filterRevision } = row;
  if (filterRevision === undefined) return undefined;
  const stored = await store.table('mail').get(partitionOf(id), settingsRowKey(id));
  try {
    return filterIn(stored, id, filterRevision);
  } catch (error) {
    if (!isBrokerError(error, 'row_broken', 'row_newer')) throw error;
    log.error('mailbox.row_broken', error, { mailboxId: id });
    throw new BrokerError('filter_broken', { cause: error });
  }
}
