import type { Clock } from '../domain/clock.ts';
import { shardKey } from '../domain/ids.ts';
import { shardRowKey } from './keys.ts';
import { type Lease, LeaseLost, leaseMs } from './lease.ts';
import { wireBytes } from './row-size.ts';
import { decodeShard, encodeShard } from './shard-row.ts';
import { type BatchOperation, batchLimits, isStoreError, type Store, StoreError } from './table.ts';

/**
 * Rows that belong together: what it hands out at one time is never split between two batches. One for each mailbox, so
 * that a cursor, its ring, the events that tell of them, and a message that moves between folders stay together.
 */
export interface CommitUnit {
  readonly id: string;
  /** Every row that differs from what is stored, as it is now. Each row at most once; asked when the batch is built. */
  pending(): readonly BatchOperation[];
  /** What {@link pending} answered just now is on its way; from here on only later changes are pending. */
  sent(): void;
}

/** The only writer of a shard in a run: every commit is a batch that carries `!`, which renews the lease and fences the rest. */
export interface Committer {
  /** Fires, with a {@link LeaseLost}, when the lease is lost, run out or given back. Everything under it must stop then. */
  readonly signal: AbortSignal;
  /**
   * Resolves when everything that `unit` has pending now is stored.
   * @throws LeaseLost; StoreError `refused` if the rows of this unit are not taken (the other units are not affected)
   */
  commit(unit: CommitUnit): Promise<void>;
  /** What is left of the lease. */
  remainingMs(): number;
  /** Waits until at least `ms` are left of the lease. @throws LeaseLost */
  ensure(ms: number): Promise<void>;
  /** Commits what is pending of all units ever handed in, and gives the lease back, in one batch if it fits. Never throws. */
  release(): Promise<void>;
  /** Ends as a killed process would: nothing is written any more, and the lease is not given back. */
  abandon(): void;
}

/** An unused lease is renewed this often. */
export const renewMs = 20_000;

/** Waits between sendings of a batch that was not answered; the last one is used until the lease has run out. */
const resendWaitsMs = [50, 200, 500, 1000, 2000];

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Part {
  readonly unit: CommitUnit;
  readonly operations: readonly BatchOperation[];
  readonly waiters: readonly Waiter[];
}

/** @throws nothing; what happens to the lease shows in the signal and in what the calls throw */
export function createCommitter(parts: { readonly store: Store; readonly clock: Clock }, lease: Lease): Committer {
  const { clock, store } = parts;
  const table = store.table('mail');
  const partitionKey = shardKey(lease.shard);
  const stopped = new AbortController();
  /** Units with a commit asked for, in the order of asking. */
  const queue = new Map<CommitUnit, Waiter[]>();
  let { etag, sentAt } = lease;
  let seq = 0;
  let lastSending = sentAt;
  let renewing: Waiter[] = [];
  let releasing = false;
  let draining: Promise<void> | undefined;

  const remainingMs = () => sentAt + leaseMs - clock.monotonic();

  function lose(why: LeaseLost['why'], cause?: unknown): LeaseLost {
    if (!stopped.signal.aborted) stopped.abort(new LeaseLost(why, cause));
    const reason: unknown = stopped.signal.reason;
    const waiters = [...renewing, ...[...queue.values()].flat()];
    renewing = [];
    queue.clear();
    for (const waiter of waiters) waiter.reject(reason);
    return reason instanceof LeaseLost ? reason : new LeaseLost(why, cause);
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
    for (let attempt = 0; ; attempt++) {
      if (stopped.signal.aborted) throw stopped.signal.reason;
      lastSending = clock.monotonic();
      try {
        const [newEtag] = await table.batch(partitionKey, batch);
        if (newEtag === undefined) throw new StoreError('unreachable', { table: table.name });
        return applied(newEtag);
      } catch (error) {
        if (!isStoreError(error)) throw error;
        if (error.kind !== 'unreachable') {
          const fresh = attempt === 0 && error.kind !== 'conflict';
          const found = fresh ? undefined : await readHead();
          if (found === 'ours') return;
          if (found === 'other' || error.index === 0) throw lose('taken', error);
          throw error;
        }
        await pause(resendWaitsMs[attempt] ?? 2000, error);
      }
    }

    /** Whose `!` is: only our own epoch and seq mean that a batch whose answer was lost has been applied. */
    async function readHead(): Promise<'ours' | 'before' | 'other'> {
      for (let attempt = 0; ; attempt++) {
        try {
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
        } catch (error) {
          if (!isStoreError(error, 'unreachable')) throw error;
          await pause(resendWaitsMs[attempt] ?? 2000, error);
        }
      }
    }
  }

  async function pause(ms: number, cause: unknown): Promise<void> {
    if (remainingMs() <= ms) throw lose('expired', cause);
    await clock.sleep(ms, stopped.signal);
  }

  /** As many units as fit, in the order in which they asked. */
  function collect(): { parts: Part[]; complete: boolean } {
    const collected: Part[] = [];
    let operations = 1;
    let bytes = wireBytes(headRow(false));
    for (const [unit, waiters] of queue) {
      const pending = unit.pending();
      const size = pending.reduce((sum, item) => sum + (item.kind === 'delete' ? 700 : wireBytes(item.row)), 0);
      const fits = operations + pending.length <= batchLimits.operations && bytes + size <= batchLimits.bytes;
      // One that is too large for any batch goes alone, and is refused.
      if (!fits && collected.length > 0) return { parts: collected, complete: false };
      queue.delete(unit);
      unit.sent();
      collected.push({ unit, operations: pending, waiters });
      operations += pending.length;
      bytes += size;
      if (!fits) return { parts: collected, complete: queue.size === 0 };
    }
    return { parts: collected, complete: true };
  }

  async function commitParts(group: readonly Part[], last: boolean): Promise<boolean> {
    const operations = group.flatMap((part) => part.operations);
    const settle = (how: (waiter: Waiter) => void) => {
      for (const waiter of group.flatMap((part) => part.waiters)) how(waiter);
    };
    try {
      if (operations.length >= batchLimits.operations) throw new StoreError('refused', { table: table.name });
      await send(operations, last);
      settle((waiter) => waiter.resolve());
      return true;
    } catch (error) {
      const content = isStoreError(error, 'refused', 'missing', 'exists');
      if (content && group.length > 1) {
        // One faulty row must not hold up the other mailboxes: each goes alone, and the guilty one learns it.
        for (const part of group) await commitParts([part], false);
        return false;
      }
      if (content && group.length === 1) {
        settle((waiter) => waiter.reject(new StoreError('refused', { table: table.name, cause: error })));
        return false;
      }
      settle((waiter) => waiter.reject(error));
      throw error;
    }
  }

  async function drain(): Promise<void> {
    // What is asked for in the same turn of the event loop goes in one batch.
    await Promise.resolve();
    while (!stopped.signal.aborted && (queue.size > 0 || renewing.length > 0 || releasing)) {
      const { parts: group, complete } = collect();
      const renewals = renewing;
      renewing = [];
      const last = releasing && complete;
      // Nothing to write for them: what they wait for went with an earlier batch.
      if (!last && renewals.length === 0 && group.every((part) => part.operations.length === 0)) {
        for (const waiter of group.flatMap((part) => part.waiters)) waiter.resolve();
        continue;
      }
      try {
        const done = await commitParts(group, last);
        for (const waiter of renewals) waiter.resolve();
        if (last && done) lose('released');
      } catch (error) {
        const lost = error instanceof LeaseLost ? error : lose('expired', error);
        for (const waiter of renewals) waiter.reject(lost);
        return;
      }
    }
  }

  function wake(): Promise<void> {
    draining ??= drain().finally(() => {
      draining = undefined;
      if (!stopped.signal.aborted && (queue.size > 0 || renewing.length > 0)) wake();
    });
    return draining;
  }

  const renew = () =>
    new Promise<void>((resolve, reject) => {
      renewing.push({ resolve, reject });
      wake();
    });

  /** Renews an idle lease, and ends the run when its time is over however the last batch fares. */
  async function watch(): Promise<void> {
    while (!stopped.signal.aborted) {
      const toRenewal = Math.max(lastSending + renewMs - clock.monotonic(), 250);
      await clock.sleep(Math.max(Math.min(toRenewal, remainingMs()), 0), stopped.signal);
      if (remainingMs() <= 0) lose('expired');
      else if (draining === undefined && clock.monotonic() - lastSending >= renewMs) void renew().catch(() => {});
    }
  }
  // Its only end is the signal, which the sleep answers with a rejection.
  void watch().catch(() => {});

  const known = new Set<CommitUnit>();
  return {
    signal: stopped.signal,
    commit(unit) {
      known.add(unit);
      return new Promise((resolve, reject) => {
        if (stopped.signal.aborted) return reject(stopped.signal.reason);
        queue.set(unit, [...(queue.get(unit) ?? []), { resolve, reject }]);
        void wake();
      });
    },
    remainingMs,
    async ensure(ms) {
      while (remainingMs() < ms) {
        stopped.signal.throwIfAborted();
        await renew();
      }
      stopped.signal.throwIfAborted();
    },
    async release() {
      if (stopped.signal.aborted) return;
      for (const unit of known) if (!queue.has(unit)) queue.set(unit, []);
      releasing = true;
      await wake();
    },
    abandon() {
      lose('released');
    },
  };
}
