import { base64url } from '../../domain/bytes.ts';
import type { Clock, Random } from '../../domain/clock.ts';
import { shardKey } from '../../domain/ids.ts';
import { retrying } from '../../domain/schedule.ts';
import { shardRowKey } from '../rows/keys.ts';
import type { ShardRow, SlotSchedule } from '../rows/rows.ts';
import { decodeShard, emptySlot, encodeShard } from '../rows/shard-row.ts';
import { isStoreError, type Store, type StoredRow } from '../table/table.ts';

/** A lease holds for this long from the first sending of the batch that the row shows. */
export const leaseMs = 60_000;

/** Another run takes a lease over only this long after it ended: its own last requests have ended by then, too. */
export const takeoverMs = 10_000;

/** The part of `!` that a run changes as it goes; the rest is the fence's. */
export interface Head {
  tick: number;
  intervalSeconds: number;
  starts: number;
  current: ShardRow['current'];
  readonly sched: SlotSchedule[];
  flags: number;
  hours: ShardRow['hours'];
}

/** A lease just taken. */
export interface Lease {
  readonly shard: number;
  readonly owner: string;
  readonly epoch: number;
  /** Epoch before ours: rows kept in memory since it was our own are still what the table holds. */
  readonly previousEpoch: number;
  readonly etag: string;
  /** When the request that took it was first sent, on the monotonic clock; the lease counts from here. */
  readonly sentAt: number;
  readonly head: Head;
}

/** Thrown by everything that needs the lease, once it is lost or run out; also the reason of its signal. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  readonly why: 'taken' | 'expired' | 'released';

  constructor(why: LeaseLost['why'], cause?: unknown) {
    super(`The lease is ${why}`, { cause });
    this.why = why;
  }
}

/** True while no other run may take the shard. `judgedNowMs` is never later than the server's time. */
export function isHeld(row: Pick<ShardRow, 'owner' | 'until'>, judgedNowMs: number): boolean {
  return row.owner !== '' && judgedNowMs < row.until.getTime() + takeoverMs;
}

/** An acquire that is not answered is sent again this often, with these waits between; then the run gives up. */
const acquireWaitsMs = [200, 1000];

export interface LeaseParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Takes the lease of a shard by a conditional replace of `!`. `found` is `!` as the polled rows were read with it, and
 * was read first: any commit since then makes the replace fail, so that the rows read after it are current. A shard
 * whose ticks are of another length gets all its slots due.
 * @returns undefined if the lease is held, or another run was faster
 * @throws StoreError `unreachable`; BrokerError `row_broken`, `row_newer` (a newer version of the broker works on it)
 */
export async function acquireLease(
  parts: LeaseParts,
  shard: number,
  found: StoredRow,
  want: { readonly tick: number; readonly intervalSeconds: number },
): Promise<Lease | undefined> {
  const { store, clock, random } = parts;
  const table = store.table('mail');
  const before = decodeShard(found);
  if (isHeld(before, store.time.whenJudging())) return undefined;
  // Random per run, not per process: a run must not mistake the row of an older run of the same process for its own.
  const owner = base64url(random.bytes(12));
  const epoch = before.epoch + 1;
  const head: Head = {
    ...headFor(before, want),
    starts: before.starts + 1,
    current: before.current,
    flags: before.flags,
    hours: before.hours,
  };
  const sentAt = clock.monotonic();
  const until = new Date(store.time.whenWriting() + leaseMs);
  const row = encodeShard(shard, { ...head, owner, epoch, seq: 0, until });
  const lease = (etag: string): Lease => ({
    shard,
    owner,
    epoch,
    previousEpoch: before.epoch,
    etag,
    sentAt,
    head,
  });
  const mayPass = (error: unknown) => isStoreError(error, 'unreachable');
  return retrying({ waitsMs: acquireWaitsMs, mayPass, pause: (ms) => clock.sleep(ms) }, async (failures) => {
    try {
      return lease(await table.replace(row, found.etag));
    } catch (error) {
      if (!isStoreError(error, 'conflict', 'missing')) throw error;
      // The row may be our own unanswered replace.
      const now = failures > 0 ? await table.get(shardKey(shard), shardRowKey) : undefined;
      if (now === undefined) return undefined;
      const seen = decodeShard(now);
      return seen.owner === owner && seen.epoch === epoch ? lease(now.etag) : undefined;
    }
  });
}

/** Ticks of another length are converted; then every slot is due, since it is unknown which were. */
function headFor(
  before: ShardRow,
  want: { readonly tick: number; readonly intervalSeconds: number },
): Pick<Head, 'tick' | 'intervalSeconds' | 'sched'> {
  const sched = Array.from(before.sched, (slot) => slot ?? emptySlot);
  if (before.intervalSeconds === want.intervalSeconds) {
    return { tick: Math.max(before.tick, want.tick), intervalSeconds: want.intervalSeconds, sched };
  }
  const inOurTicks = before.intervalSeconds / want.intervalSeconds;
  return {
    tick: want.tick,
    intervalSeconds: want.intervalSeconds,
    sched: sched.map((slot) => ({
      nextDue: 0,
      lastOk: Math.floor(slot.lastOk * inOurTicks),
      interval: 0,
      failures: slot.failures,
      eager: slot.eager,
    })),
  };
}
