import { onDemandKinds } from '../../store/rows/rows.ts';
import type { Head } from '../../store/shard/lease.ts';
import type { MailboxRecord } from '../state/mailbox-record.ts';
import { createMailboxRecord } from '../state/mailbox-record.ts';
import { isFarewell } from './erase.ts';
import { degrade } from './isolate-failure.ts';
import { type OnDemandRows, readOnDemandRows } from './on-demand-rows.ts';
import type { PolledMailbox, PolledRows } from './polled-rows.ts';
import { createSemaphore, type TakeTurn } from './semaphore.ts';
import { has, type ShardContext, type ShardHold } from './shard-context.ts';

/** A mailbox in this run. */
export interface ShardMailbox extends PolledMailbox {
  readonly record: MailboxRecord;
  /** The API asks for a poll. */
  readonly isAsked: boolean;
  readonly isRemoved: boolean;
  /** Removed, and not erased yet: its rows are still there, or the steps outside of this table may not be done. */
  readonly isErasing: boolean;
  /** Polls of it come one after the other. */
  readonly inTurn: TakeTurn;
}

/** The mailboxes of a shard in this run. */
export interface ShardMailboxes {
  readonly all: readonly ShardMailbox[];
  readonly byId: ReadonlyMap<string, ShardMailbox>;
  readonly onDemand: OnDemandRows;
}

/** Opens a record of every mailbox of the shard, and puts into it the events and jobs that wait. @throws StoreError */
export async function openMailboxes(
  context: ShardContext,
  { shard, lease, polled }: ShardHold & { readonly polled: PolledRows },
): Promise<ShardMailboxes> {
  const { head } = lease;
  const all = polled.mailboxes.map((found) => openMailbox(context, head, found));
  const isErasing = all.some((mailbox) => mailbox.isErasing);
  const asked = all.filter((mailbox) => mailbox.isAsked).map(({ row }) => row.id);
  if (isErasing) context.mark('tombstone');
  const onDemand = await readOnDemandRows(context, {
    shard,
    outbox: has(head, 'outbox') || asked.length > 0 || isErasing,
    jobs: has(head, 'job') || asked.length > 0,
    asked,
  });
  head.flags |= onDemand.flags;
  const byId = new Map(all.map((mailbox) => [mailbox.row.id, mailbox]));
  for (const event of onDemand.outbox) {
    const mailbox = byId.get(event.mailboxId);
    // While a mailbox is being erased, what is still told of it is not complete. Nor is it where the mailbox was removed
    // after this run had read it: the next one erases it first.
    if (mailbox === undefined || mailbox.isErasing) continue;
    if (mailbox.isRemoved ? isFarewell(event) : event.type !== 'mailbox.removed') mailbox.record.foundOutbox(event);
  }
  for (const job of onDemand.jobs) {
    const mailbox = byId.get(job.mailboxId);
    if (mailbox?.isRemoved === false) mailbox.record.foundJob(job);
  }
  for (const { record } of all) record.applyCancellations();
  return { all, byId, onDemand };
}

function openMailbox(context: ShardContext, head: Head, found: PolledMailbox): ShardMailbox {
  const { row } = found;
  const isRemoved = row.deletedAt !== undefined;
  // Of a removed mailbox only the outbox is worked with: nothing may bring its other rows back.
  const [state, cursors] = isRemoved ? [undefined, new Map()] : [found.state, found.cursors];
  const record = createMailboxRecord({ row, state, cursors }, context.now(), (_, error) =>
    degrade(context, found, error),
  );
  return {
    ...found,
    record,
    isRemoved,
    isAsked: !isRemoved && record.state.served !== row.asked,
    isErasing: isRemoved && (found.state !== undefined || found.cursors.size > 0 || has(head, 'tombstone')),
    inTurn: createSemaphore(1),
  };
}

/** What a run leaves behind of the rows that are read only on demand. */
export interface Left {
  /** Every removed mailbox is erased. */
  readonly isErased: boolean;
  /** Rows of a folder that is not watched any more could not be erased. */
  readonly isUnwatchPending: boolean;
  /** Mailboxes whose row cannot be read; their events and jobs wait until that is fixed. */
  readonly isBroken: boolean;
}

/** Clears the flags in `!` of on-demand rows that are all done, so that the next run does not look for them. */
export function clearFlags(head: Head, { all, byId, onDemand }: ShardMailboxes, left: Left): void {
  if (left.isErased) head.flags &= ~onDemandKinds.tombstone;
  const clear = (
    kind: 'outbox' | 'job',
    rows: readonly { readonly mailboxId: string }[],
    waiting: (record: MailboxRecord) => readonly unknown[],
  ) => {
    const isStuck = left.isBroken && rows.some(({ mailboxId }) => !byId.has(mailboxId));
    const isUnreadable = (onDemand.unreadable & onDemandKinds[kind]) !== 0;
    const isWaiting = all.some(({ record }) => waiting(record).length > 0);
    if (!isWaiting && !isStuck && !isUnreadable) head.flags &= ~onDemandKinds[kind];
  };
  clear('outbox', onDemand.outbox, (record) => record.outbox());
  clear('job', onDemand.jobs, (record) => record.jobs());
  // A cursor says how many of its messages are tried again. Rows of folders that could not be erased are still there.
  const isRetrying = all.some(({ record, fault }) => {
    if (fault !== undefined || left.isUnwatchPending) return has(head, 'retry');
    return record.folders.some((folder) => folder.cursor.retries > 0);
  });
  head.flags = isRetrying ? head.flags | onDemandKinds.retry : head.flags & ~onDemandKinds.retry;
}
