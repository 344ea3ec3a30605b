import { dayMs } from '../domain/duration.ts';
import { shardKey } from '../domain/ids.ts';
import type { Log } from '../log.ts';
import type { MailboxSubscriptions, SubscriptionRows } from '../store/mailboxes/subscriptions.ts';
import { parseRowKey, rowsOfKind } from '../store/rows/keys.ts';
import { decodeMailbox } from '../store/rows/mailbox-row.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { unlessUnreadable } from '../store/table/columns.ts';
import { reachingStore } from '../store/table/modify.ts';
import type { Store, StoredRow } from '../store/table/table.ts';
import { planSubscriptions, type Step, wantedOf } from './plan.ts';

/** A mailbox with something to make, renew or drop. */
export interface DueMailbox {
  readonly mailboxId: string;
  readonly tid: string;
  /** Who comes first: the lowest. Milliseconds since 1970. */
  readonly rank: number;
}

/** What a look at a shard has found. */
export interface DueInShard {
  readonly due: readonly DueMailbox[];
  /** Mailboxes that want a subscription which has expired, those included that wait after a failure. */
  readonly lapsed: readonly string[];
}

/**
 * A missing subscription ranks with those that have a day left. Its mailbox is polled meanwhile, so one that would expire
 * within the day goes first; and when thousands are missing, those with days to spare wait for them.
 */
const missingRankMs = dayMs;

/** Undefined if there is nothing to do, or not before a wait is over. Pure. @param at.kid see {@link planSubscriptions} */
export function dueOf(
  mailbox: MailboxRow,
  row: MailboxSubscriptions | undefined,
  at: { readonly now: number; readonly kid: string },
): DueMailbox | undefined {
  if (row !== undefined && row.tryAfter.getTime() > at.now) return undefined;
  const steps = planSubscriptions(wantedOf(mailbox), row?.subscriptions ?? [], at);
  if (steps.length === 0) return undefined;
  const rank = Math.min(...steps.map((step) => rankOf(step, at.now)));
  return { mailboxId: mailbox.id, tid: mailbox.grant.tid, rank };
}

function rankOf(step: Step, now: number): number {
  if (step.kind === 'drop') return Number.POSITIVE_INFINITY;
  const known = step.kind === 'renew' ? step.known : step.instead;
  return known?.expiresAt.getTime() ?? now + missingRankMs;
}

/** Pure. */
export const hasLapsed = (mailbox: MailboxRow, row: MailboxSubscriptions | undefined, now: number): boolean =>
  row?.subscriptions.some(
    ({ folderId, expiresAt }) =>
      expiresAt.getTime() <= now && wantedOf(mailbox).some((wanted) => wanted.folderId === folderId),
  ) ?? false;

/**
 * Looks at all mailboxes of a shard with two requests, whatever their number. One whose row is broken is logged and left out.
 * @throws BrokerError `storage_unreachable`
 */
export async function dueInShard(
  deps: { readonly store: Store; readonly rows: Pick<SubscriptionRows, 'ofShard'>; readonly log: Log },
  shard: number,
  at: { readonly now: number; readonly kid: string },
): Promise<DueInShard> {
  const notKept = (mailboxId: string, code: string) => deps.log.warn('bell.not_kept', { mailboxId, code });
  const mailboxes = await reachingStore(() => deps.store.table('mail').list(shardKey(shard), rowsOfKind('a')));
  const rows = await deps.rows.ofShard(shard);
  const due: DueMailbox[] = [];
  const lapsed: string[] = [];
  for (const stored of mailboxes) {
    const mailbox = decoded(stored, notKept);
    if (mailbox === undefined || mailbox.deletedAt !== undefined) continue;
    const row = rows.get(mailbox.id);
    if (row === 'broken') {
      notKept(mailbox.id, 'row_broken');
      continue;
    }
    if (hasLapsed(mailbox, row, at.now)) lapsed.push(mailbox.id);
    const one = dueOf(mailbox, row, at);
    if (one !== undefined) due.push(one);
  }
  return { due, lapsed };
}

function decoded(stored: StoredRow, notKept: (mailboxId: string, code: string) => void): MailboxRow | undefined {
  const key = parseRowKey(stored.rowKey);
  if (key?.kind !== 'mailbox') return undefined;
  return unlessUnreadable(
    () => decodeMailbox(stored),
    (error) => notKept(key.mailboxId, error.code),
  );
}
