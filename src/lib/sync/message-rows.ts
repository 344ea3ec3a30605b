import { shardKey, shardOfMailbox } from '../domain/ids.ts';
import { rowsOf } from '../store/keys.ts';
import { deadKeptMs } from '../store/retry-row.ts';
import type { MailboxBook } from './mailbox-book.ts';
import type { RunContext } from './run-context.ts';

/** So many of those that were given up go at a time, which leaves room in the batch. */
const purgedAtOnce = 16;

/** Reads the rings of a mailbox once a run, and the rows of its parked messages if the shard has any; those past their time go. */
export async function readMessageRows(context: RunContext, mailbox: MailboxBook): Promise<void> {
  if (mailbox.messageRowsRead) return;
  const table = context.store.table('mail');
  const partition = shardKey(shardOfMailbox(mailbox.id) ?? 0);
  const list = (kind: string) => table.list(partition, rowsOf(kind, mailbox.id));
  const [rings, retries, dead] = await Promise.all([
    list('r'),
    context.has('retry') ? list('d') : [],
    context.has('dead') ? list('x') : [],
  ]);
  mailbox.setMessageRows(rings, retries, dead);
  mailbox.purgeDead(new Date(context.now().getTime() - deadKeptMs), purgedAtOnce);
}
