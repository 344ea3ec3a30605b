import { isDeepStrictEqual } from 'node:util';
import type { SlotSchedule } from '../../store/rows/rows.ts';
import { emptySlot } from '../../store/rows/shard-row.ts';
import type { Head } from '../../store/shard/lease.ts';
import type { MailboxRecord } from '../state/mailbox-record.ts';
import { type Heard, isUnannounced } from './bell.ts';
import { isolateFailure } from './isolate-failure.ts';
import { isDue, judge, type Verdict } from './mailbox-state.ts';
import { poll } from './poll.ts';
import type { TakeTurn } from './semaphore.ts';
import type { ShardContext } from './shard-context.ts';
import type { ShardMailbox } from './shard-mailboxes.ts';

/** The run of a shard. */
export interface ShardRun {
  readonly context: ShardContext;
  readonly head: Head;
  readonly takeTurn: TakeTurn;
}

/** Why a mailbox is looked at: its shard has its turn, its bell rang, or that of another one in its shard. */
export type Reason = 'tick' | 'bell' | 'bell of another';

/** Polls a mailbox if it is due, and records the outcome. @returns true if it has work left for a continuation */
export async function attend(
  { context, head, takeTurn }: ShardRun,
  mailbox: ShardMailbox,
  reason: Reason,
): Promise<boolean> {
  const { record, row } = mailbox;
  const { tick, intervalSeconds, committer } = context;
  const now = context.now();
  const slot = head.sched[row.slot] ?? emptySlot;
  const isRung = reason === 'bell';
  // After the bell of another one it is left to the tick, unless the API asked for it.
  const due = isDue(
    { state: record.state, slot, account: row },
    { now, tick: reason === 'bell of another' ? -1 : tick, isRung },
  );
  const servedBefore = record.state.served;
  // `served` is what the polled rows showed before the on-demand rows were read: a later request is left for the next
  // run.
  const served = { served: row.asked };
  if (mailbox.isAsked) {
    // A requested poll counts as served once its outcome is known: until then the next run does it.
    record.setState({ ...record.state, ...(due ? {} : served), backoffUntil: undefined });
  }
  if (row.paused && record.state.state !== 'paused') {
    record.setState({ ...record.state, state: 'paused', code: '', since: now });
  }
  committer.include(record);
  if (!due) return false;
  context.counts.polled += 1;
  // A run for a bell is stopped like any other: what it has begun is due at once, whenever the mailbox was due before.
  if (isRung && slot.nextDue > tick) head.sched[row.slot] = { ...slot, nextDue: tick };
  let verdict: Verdict = { kind: 'failed', code: 'row_broken', retryAfterMs: undefined };
  if (mailbox.fault === undefined) {
    const failed = await isolateFailure(context, row.id, async () => {
      verdict = await poll({ context, mailbox: record }, takeTurn);
    });
    verdict = failed ?? verdict;
  } else {
    context.log.error('mailbox.row_broken', mailbox.fault, { mailboxId: row.id });
  }
  if (verdict.kind === 'failed') context.counts.failed += 1;
  const heard: Heard = { isRung, isAnnounced: isRung || slot.eager > 0, ...record.takeArrivals() };
  const at = {
    now: context.now(),
    tick,
    intervalSeconds,
    createdAt: row.createdAt,
    lastMailAt: lastMailOf(record),
    isAsked: mailbox.isAsked,
    servedBefore,
    heard,
    isBellMissed: await isBellMissed(context, mailbox, { slot, heard }),
    hasBells: context.hasBell !== undefined,
  };
  const judged = judge({ state: { ...record.state, ...served }, slot }, verdict, at);
  if (!isDeepStrictEqual(judged.state, record.state)) record.setState(judged.state);
  head.sched[row.slot] = judged.slot;
  if (judged.event !== undefined) {
    context.tell(record, { ...judged.event, occasion: [judged.state.since.getTime()] });
  }
  return verdict.kind !== 'failed' && verdict.kind !== 'unknown' && verdict.left === 'more';
}

/**
 * Whether the bell of a mailbox missed mail. Mail that came while it was not polled as usual says nothing: its bells
 * may have been dropped.
 */
async function isBellMissed(
  context: ShardContext,
  { record, row, isAsked }: ShardMailbox,
  { slot, heard }: { readonly slot: SlotSchedule; readonly heard: Heard },
): Promise<boolean> {
  const { hasBell, intervalSeconds, tick } = context;
  const isAsUsual = record.state.state === 'active' && slot.failures === 0 && tick - slot.lastOk <= slot.interval + 1;
  const lookedAt = new Date(slot.lastOk * intervalSeconds * 1000);
  if (hasBell === undefined || isAsked || !isAsUsual || !isUnannounced(heard, context.now(), lookedAt)) return false;
  if (!(await hasBell(row.id))) return false;
  if (record.state.bell?.hears !== 'silent') context.log.warn('bell.silent', { mailboxId: row.id });
  return true;
}

function lastMailOf(record: MailboxRecord): Date | undefined {
  const dates = record.folders.flatMap(({ cursor }) => cursor.lastInternalDate?.getTime() ?? []);
  return dates.length === 0 ? undefined : new Date(Math.max(...dates));
}
