import type { Clock } from '../../domain/clock.ts';
import { shardKey } from '../../domain/ids.ts';
import { type RetryPlan, retrying } from '../../domain/schedule.ts';
import { shardRowKey } from '../rows/keys.ts';
import { decodeShard, encodeShard } from '../rows/shard-row.ts';
import { wireBytes } from '../table/row-size.ts';
import { type BatchOperation, batchLimits, isStoreError, type Store, StoreError } from '../table/table.ts';
import { type CommitUnit, type Part, takeParts, type Waiter } from './commit-parts.ts';
import { createHalves } from './halves.ts';
import { type Lease, LeaseLost, leaseMs } from './lease.ts';

export type { CommitUnit } from './commit-parts.ts';

/** The only writer of a shard in a run: every commit is a batch that carries `!`, which renews the lease and fences the rest. */
export interface Committer {
  /** Fires, with a {@link LeaseLost}, when the lease is lost, run out or given back. Everything under it must stop then. */
  readonly signal: AbortSignal;
  /**
   * Resolves when everything that `unit` has pending now is stored.
   * @throws LeaseLost; StoreError `refused` if the rows of this unit are not taken (the other units are not affected)
   */
  commit(unit: CommitUnit): Promise<void>;
  /** Has `unit` committed with the release at the latest. */
  include(unit: CommitUnit): void;
  /** Commits `!` alone, as it is now. @throws LeaseLost */
  renew(): Promise<void>;
  /** What is left of the lease. */
  remainingMs(): number;
  /**
   * Waits until at least `ms` are left of the lease. Once it is being given back, nothing is begun whose outcome could not
   * be committed any more. @throws LeaseLost
   */
  ensure(ms: number): Promise<void>;
  /** Commits what is pending of all units ever handed in, and gives the lease back, in one batch if it fits. Never throws. */
  release(): Promise<void>;
}

/** An unused lease is renewed this often. */
export const renewMs = 20_000;

/** Waits between sendings of a batch that was not answered; the last one is used until the lease has run out. */
const resendWaitsMs = [50, 200, 500, 1000, 2000];

/** @throws nothing; what happens to the lease shows in the signal and in what the calls throw */
export function createCommitter(parts: { readonly store: Store; readonly clock: Clock }, lease: Lease): Committer {
  const { clock, store } = parts;
  const table = store.table('mail');
  const partitionKey = shardKey(lease.shard);
  const stopped = new AbortController();
  /** Units with a commit asked for, in the order of asking. */
  const queue = new Map<CommitUnit, Waiter[]>();
  /** Units to commit with the release, and those whose rows were refused. */
  const known = new Set<CommitUnit>();
  const broken = new Set<CommitUnit>();
  /** All callers that wait for anything; losing the lease rejects them all. */
  const waiting = new Set<Waiter>();
  const halves = createHalves({
    clock,
    queued: () => [...queue.values()].reduce((sum, waiters) => sum + waiters.length, 0),
    tell: (waiters) => settle(waiters, (one) => one.resolve()),
  });
  let { etag, sentAt } = lease;
  let seq = 0;
  let lastSending = sentAt;
  let renewing: Waiter[] = [];
  let releasing = false;
  let draining: Promise<void> | undefined;
  let lost: LeaseLost | undefined;

  const remainingMs = () => sentAt + leaseMs - clock.monotonic();

  function lose(why: LeaseLost['why'], cause?: unknown): LeaseLost {
    lost ??= new LeaseLost(why, cause);
    halves.tellAll();
    stopped.abort(lost);
    renewing = [];
    queue.clear();
    for (const waiter of waiting) waiter.reject(lost);
    return lost;
  }

  /** A promise, and the waiter that settles it. */
  function waiter(enqueue: (waiter: Waiter) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (lost !== undefined) return reject(lost);
      const own: Waiter = { resolve, reject };
      waiting.add(own);
      enqueue(own);
      void wake();
    });
  }

  function settle(waiters: readonly Waiter[], how: (waiter: Waiter) => void): void {
    for (const one of waiters) {
      waiting.delete(one);
      how(one);
    }
  }

  /** `!` as the next batch writes it. */
  function headRow(last: boolean) {
    const now = store.time.whenWriting();
    return encodeShard(lease.shard, {
      ...lease.head,
      starts: last ? 0 : lease.head.starts,
      owner: last ? '' : lease.owner,
      epoch: lease.epoch,
      seq,
      until: new Date(last ? now : now + leaseMs),
    });
  }

  /**
   * Sends one batch until it is answered: always the same bytes, since an unanswered one may have been applied.
   * @throws LeaseLost; StoreError if the content is refused, in which case nothing of it was applied
   */
  async function send(operations: readonly BatchOperation[], last: boolean): Promise<void> {
    seq += 1;
    const first = clock.monotonic();
    const batch: BatchOperation[] = [{ kind: 'replace', row: headRow(last), etag }, ...operations];
    const applied = (newEtag: string) => {
      etag = newEtag;
      sentAt = first;
    };
    await retrying(resending, async (failures) => {
      if (lost !== undefined) throw lost;
      lastSending = clock.monotonic();
      try {
        const [newEtag] = await table.batch(partitionKey, batch);
        if (newEtag === undefined) throw new StoreError('unreachable', { table: table.name });
        applied(newEtag);
      } catch (error) {
        if (!isStoreError(error) || error.kind === 'unreachable') throw error;
        // The first answer to a first sending is about its content, unless it is about an ETag or a missing `!`.
        if (failures === 0 && error.kind !== 'conflict' && !(error.kind === 'missing' && error.index === 0))
          throw error;
        const found = await retrying(resending, readHead);
        if (found === 'ours') return;
        if (found === 'other' || error.kind === 'conflict') throw lose('taken', error);
        throw error;
      }
    });

    /** Whose `!` is: only our own epoch and seq mean that a batch whose answer was lost has been applied. */
    async function readHead(): Promise<'ours' | 'before' | 'other'> {
      const row = await table.get(partitionKey, shardRowKey);
      if (row === undefined) return 'other';
      const seen = decodeShard(row);
      if (seen.epoch !== lease.epoch || seen.owner !== (last ? '' : lease.owner)) return 'other';
      if (seen.seq === seq) {
        applied(row.etag);
        return 'ours';
      }
      // Still the row that our ETag is of: the batch was refused for something else in it.
      return row.etag === etag ? 'before' : 'other';
    }
  }

  const resending: RetryPlan = {
    waitsMs: resendWaitsMs,
    isEndless: true,
    mayPass: (error) => isStoreError(error, 'unreachable'),
    pause,
  };

  async function pause(ms: number, cause: unknown): Promise<void> {
    if (remainingMs() <= ms) throw lose('expired', cause);
    await clock.sleep(ms, stopped.signal).catch((error: unknown) => {
      throw lost ?? error;
    });
  }

  async function commitParts(group: readonly Part[], last: boolean): Promise<boolean> {
    const operations = group.flatMap((part) => part.operations);
    const waiters = group.flatMap((part) => part.waiters);
    try {
      // With `!` that would be one operation too many; the service need not be asked.
      if (operations.length >= batchLimits.operations) throw new StoreError('refused', { table: table.name });
      await send(operations, last);
      halves.add(waiters);
      return true;
    } catch (error) {
      if (!isStoreError(error, 'refused', 'missing', 'exists') || group.length === 0) throw error;
      // One bad row must not block the other mailboxes: each unit is sent alone, and only the bad one is rejected.
      if (group.length > 1) for (const part of group) await commitParts([part], false);
      else if (group[0] !== undefined) refuse(group[0], error);
      return false;
    }
  }

  function refuse({ unit, waiters }: Part, cause: unknown): void {
    const error = new StoreError('refused', { table: table.name, cause });
    broken.add(unit);
    settle([...waiters, ...(queue.get(unit) ?? [])], (one) => one.reject(error));
    queue.delete(unit);
    unit.refused(error);
  }

  async function drain(): Promise<void> {
    while (lost === undefined && (queue.size > 0 || renewing.length > 0 || releasing)) {
      // Outcomes that arrive together are committed together: a batch costs about as much as the deliveries it records.
      if (!halves.areLeft) await clock.caughtUp(halves.isWorthABatch);
      const { parts: group, complete } = takeParts(queue, wireBytes(headRow(false)), refuse);
      const renewals = renewing;
      renewing = [];
      const last = releasing && complete;
      // Nothing to write for them: their rows were part of an earlier batch.
      if (!last && renewals.length === 0 && group.every((part) => part.operations.length === 0)) {
        halves.add(group.flatMap((part) => part.waiters));
        halves.tellAll();
        continue;
      }
      const isStored = halves.sending();
      try {
        const [done] = await Promise.all([commitParts(group, last), halves.tellOthers()]);
        isStored();
        settle(renewals, (one) => one.resolve());
        if (last && done) lose('released');
        else await halves.tellFirst();
      } catch (error) {
        lose('expired', error);
      }
    }
  }

  function wake(): Promise<void> {
    draining ??= drain().finally(() => {
      draining = undefined;
      // A commit may have been requested between the last check and this.
      if (lost === undefined && (queue.size > 0 || renewing.length > 0)) void wake();
    });
    return draining;
  }

  async function released(): Promise<void> {
    while (lost === undefined) await wake();
  }

  const renew = () => waiter((own) => renewing.push(own));

  /** Renews an idle lease, and ends the run when the lease expires, whatever the outcome of the last batch. */
  async function watch(): Promise<void> {
    while (lost === undefined) {
      const toRenewal = Math.max(lastSending + renewMs - clock.monotonic(), 250);
      await clock.sleep(Math.max(Math.min(toRenewal, remainingMs()), 0), stopped.signal);
      if (remainingMs() <= 0) lose('expired');
      else if (draining === undefined && clock.monotonic() - lastSending >= renewMs) void renew().catch(() => {});
    }
  }
  // It ends only by the signal, which makes the sleep reject.
  void watch().catch(() => {});

  return {
    signal: stopped.signal,
    commit(unit) {
      if (broken.has(unit)) return Promise.reject(new StoreError('refused', { table: table.name }));
      known.add(unit);
      halves.asked();
      return waiter((own) => queue.set(unit, [...(queue.get(unit) ?? []), own]));
    },
    include(unit) {
      known.add(unit);
      if (releasing && !queue.has(unit)) queue.set(unit, []);
    },
    renew,
    remainingMs,
    async ensure(ms) {
      while (remainingMs() < ms) await renew();
      if (releasing) await released();
      if (lost !== undefined) throw lost;
    },
    async release() {
      for (const unit of known) if (!queue.has(unit) && !broken.has(unit)) queue.set(unit, []);
      releasing = true;
      await released();
    },
  };
}
