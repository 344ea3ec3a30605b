import { mapBounded } from '../../domain/all-settled.ts';
import { shardOfMailbox } from '../../domain/ids.ts';
import type { Submission } from '../../domain/submission.ts';
import type { MailboxRow } from '../rows/rows.ts';
import { unlessUnreadable } from '../table/columns.ts';
import type { Store, StoredRow } from '../table/table.ts';
import { decodeHold, decodeLane, type Hold } from './lane-row.ts';
import {
  accountHoldKey,
  laneOf,
  lanePartition,
  parseLane,
  submissionPartition,
  submissionPartitionOfShard,
  submissionRows,
  tenantHoldKey,
} from './submission-keys.ts';
import { decodeSubmission, decodeWaiting } from './submission-row.ts';

/** How the sending of a mailbox goes, for people. */
export interface SendingFacts {
  /** Messages with something left to do, those for later among them. */
  readonly waiting: number;
  /** When the first of them is to be worked on; undefined where none waits. */
  readonly nextAt: Date | undefined;
  /** Until when a run last had the lease of the account at most; undefined where none ever had. */
  readonly leasedUntil: Date | undefined;
  /** It is unknown whether these were sent; a person or program decides. */
  readonly unknown: number;
  /** Failed or bounced since the instant that was asked for, and the code of the newest of them. */
  readonly failed: number;
  readonly code: string | undefined;
  /** Nothing is sent before its end: of the account or its tenant, whichever ends last. */
  readonly hold: Hold | undefined;
}

/** A mailbox that sends, as far as its rows are found by it. */
export type Sender = Pick<MailboxRow, 'id' | 'grant'>;

/** So many of the newest messages of a mailbox are looked at. */
export const mostLookedAt = 100;

const mailboxesAtOnce = 20;

/**
 * Reads them for some mailboxes: what waits by one query a shard, holds by one for all, and what ended by one a mailbox.
 * Rows that cannot be read do not count: the run that meets them logs them.
 * @param since what failed earlier does not count
 * @throws StoreError
 */
export async function readSendingFacts(
  store: Store,
  senders: readonly Sender[],
  { now, since }: { readonly now: Date; readonly since: Date },
): Promise<ReadonlyMap<string, SendingFacts>> {
  const table = store.table('submissions');
  const shards = new Set(senders.map(({ id }) => shardOfMailbox(id) ?? -1));
  const [waits, lanes] = await Promise.all([
    Promise.all([...shards].map((shard) => table.list(submissionPartitionOfShard(shard), submissionRows('w')))),
    table.list(lanePartition),
  ]);
  const waiting = Map.groupBy(
    waits.flat().flatMap((row) => readable(() => decodeWaiting(row))),
    ({ mailboxId }) => mailboxId,
  );
  const holds = holdsOf(lanes, now);
  const leases = leasesOf(lanes);
  const facts = await mapBounded(senders, mailboxesAtOnce, async (sender): Promise<[string, SendingFacts]> => {
    const { id } = sender;
    const rows = await table.list(submissionPartition(id), { ...submissionRows('s', id), most: mostLookedAt });
    const ended = rows.flatMap((row) => readable(() => decodeSubmission(row).submission));
    const times = (waiting.get(id) ?? []).map(({ nextAt }) => nextAt.getTime());
    return [
      id,
      {
        waiting: times.length,
        nextAt: times.length === 0 ? undefined : new Date(Math.min(...times)),
        leasedUntil: leases.get(laneOf(sender)),
        ...endsOf(ended, since),
        hold: holdOf(sender, holds),
      },
    ];
  });
  return new Map(facts);
}

/** Pure. */
export function endsOf(
  submissions: readonly Pick<Submission, 'state' | 'code' | 'endedAt'>[],
  since: Date,
): Pick<SendingFacts, 'unknown' | 'failed' | 'code'> {
  const failed = submissions
    .filter(
      ({ state, endedAt }) => (state === 'failed' || state === 'bounced') && endedAt !== undefined && endedAt >= since,
    )
    .toSorted((a, b) => (b.endedAt?.getTime() ?? 0) - (a.endedAt?.getTime() ?? 0));
  return {
    unknown: submissions.filter(({ state }) => state === 'unknown').length,
    failed: failed.length,
    code: failed[0]?.code,
  };
}

const leasesOf = (rows: readonly StoredRow[]): ReadonlyMap<string, Date> =>
  new Map(
    rows
      .filter(({ rowKey }) => parseLane(rowKey) !== undefined)
      .flatMap((row) => readable((): [string, Date] => [row.rowKey, decodeLane(row).until])),
  );

/** Those that are not over, by the key of the row that notes them. */
function holdsOf(rows: readonly StoredRow[], now: Date): ReadonlyMap<string, Hold> {
  const holds = rows.flatMap((row): [string, Hold][] => {
    const isLane = parseLane(row.rowKey) !== undefined;
    const [hold] = readable(() => (isLane ? decodeLane(row).hold : decodeHold(row)));
    return hold === undefined || hold.until <= now ? [] : [[row.rowKey, hold]];
  });
  return new Map(holds);
}

function holdOf(sender: Sender, holds: ReadonlyMap<string, Hold>): Hold | undefined {
  const lane = laneOf(sender);
  return [lane, accountHoldKey(lane), tenantHoldKey(sender.grant.tid)]
    .flatMap((key) => holds.get(key) ?? [])
    .toSorted((a, b) => b.until.getTime() - a.until.getTime())[0];
}

function readable<T>(decode: () => T): T[] {
  const read = unlessUnreadable(decode);
  return read === undefined ? [] : [read];
}
