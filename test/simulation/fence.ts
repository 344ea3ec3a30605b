import { shardKey, shardOfMailbox } from '../../src/lib/domain/ids.ts';
import { isFinished } from '../../src/lib/store/mailboxes/first-sync.ts';
import { decodeCursor } from '../../src/lib/store/rows/cursor-row.ts';
import { parseRowKey, rowsOf } from '../../src/lib/store/rows/keys.ts';
import type { CursorRow, ShardRow } from '../../src/lib/store/rows/rows.ts';
import { decodeShard } from '../../src/lib/store/rows/shard-row.ts';
import { decodeState } from '../../src/lib/store/rows/state-row.ts';
import type { Lives } from './lives.ts';
import type { Ground, Invocation } from './process.ts';
import type { Promises } from './promises.ts';
import { type Applied, rowKeyOf, type Tables } from './tables.ts';

/** Looks at every write: who may make it, under which lease, and what a run leaves behind. */
export interface Fence {
  onApplied(write: Applied): void;
  /** True if the run released its lease itself, with all its commits. */
  hasReleased(run: Invocation): boolean;
}

/** How invocations for a bell are called. */
export const bellRun = /\/b\d+$/;

export function createFence(ground: Ground, promises: Promises, tables: () => Tables, lives: Lives): Fence {
  const { scheduler } = ground;
  const holders = new Map<string, Invocation | undefined>();
  const released = new Set<Invocation>();
  const bellTicks = new Map<string, number>();

  function checkHead(write: Applied, at: number): void {
    const { by, partitionKey } = write;
    const head = write.operations[at];
    const before = write.before[at];
    // A new shard has no `!` before, and no holder yet.
    if (head === undefined || !('row' in head) || before === undefined) return;
    const now = decodeShard({ ...head.row, etag: '' });
    const was = decodeShard(before);
    const stale = (what: string) => promises.breach('a stale worker commits nothing', `${by?.name} ${what}`);
    if (now.epoch !== was.epoch) {
      const leftMs = was.until.getTime() - scheduler.now();
      if (now.epoch !== was.epoch + 1 || write.operations.length > 1) {
        stale(`commits in epoch ${now.epoch}, and ${was.epoch} has begun`);
      } else if (was.owner !== '' && leftMs > 0) {
        stale(`takes a lease that holds for ${leftMs} ms more`);
      }
      holders.set(partitionKey, by);
      return;
    }
    const holder = holders.get(partitionKey);
    // Ending a process releases the leases of its runs; a run may have been about to note what it had delivered.
    const isEnding = by?.name.endsWith('/end') === true && by.process === holder?.process;
    if (holder !== by && !isEnding) stale(`commits in the lease of ${holder?.name}`);
    if (by === undefined || now.owner !== '') return;
    if (!isEnding) released.add(by);
    checkDue(partitionKey, now, workedTick(partitionKey, isEnding && holder !== undefined ? holder : by, now));
  }

  /** A run for a bell works in the present tick, and leaves that of the shard as it is: one that comes late may be behind it. */
  function workedTick(partitionKey: string, { name }: Invocation, { tick, intervalSeconds }: ShardRow): number {
    if (bellRun.test(name)) bellTicks.set(partitionKey, Math.floor(scheduler.now() / 1000 / intervalSeconds));
    return Math.max(tick, bellTicks.get(partitionKey) ?? 0);
  }

  /** When a run releases its lease: a mailbox with work left is due in the next tick, unless it failed. */
  function checkDue(partitionKey: string, shard: ShardRow, tick: number): void {
    for (const { latest } of lives.live()) {
      const { id, slot, paused, asked, syncFrom } = latest;
      if (paused || shardKey(shardOfMailbox(id) ?? 0) !== partitionKey) continue;
      const due = shard.sched[slot];
      if (due === undefined || due.failures > 0 || due.nextDue <= tick + 1) continue;
      const state = tables().get('mail', partitionKey, `b!${id}`);
      if (state === undefined || decodeState(state).code !== '') continue;
      const ticks = due.nextDue - tick;
      const breach = (what: string) =>
        promises.breach('work that is left is due at once', `${id} is due in ${ticks} ticks, and ${what}`);
      // What was asked for since the run began is due by that.
      const isServed = decodeState(state).served === asked;
      for (const row of tables().list('mail', partitionKey, rowsOf('c', id))) {
        const cursor = decodeCursor(row);
        const left = leftIn(cursor, isServed ? syncFrom : undefined);
        if (left !== undefined) breach(`${cursor.path} has ${left}`);
      }
      const [job] = tables().list('mail', partitionKey, rowsOf('e', id));
      if (job !== undefined && isServed) breach('a replay waits');
    }
  }

  /** Which rows may be written without the fence: those of the API, and what it inserts together with a mailbox. */
  function checkWriter({ by, operations }: Applied): void {
    if (by === undefined) return;
    const isApi = by.process.name.startsWith('api');
    const withMailbox = operations.some((one) => rowKeyOf(one).startsWith('a!'));
    for (const operation of operations) {
      const key = rowKeyOf(operation);
      const kind = parseRowKey(key)?.kind;
      if (kind === 'shard' || kind === 'mailbox' || kind === 'settings') continue;
      if (isApi && operation.kind === 'insert' && withMailbox) continue;
      // Mail out tells by the outbox, as the API does; it has a lease of its own, of the account.
      if (kind === 'outbox' && operation.kind === 'insert' && withMailbox) continue;
      const promise = isApi ? 'one writer for each row' : 'a stale worker commits nothing';
      promises.breach(promise, `${by.name} writes ${key} without the fence`);
    }
  }

  return {
    onApplied(write) {
      if (write.table !== 'mail') return;
      const at = write.operations.findIndex((one) => rowKeyOf(one) === '!');
      if (at < 0) checkWriter(write);
      else checkHead(write, at);
      const foreign = write.operations.find((one) => rowKeyOf(one).startsWith('a!'));
      if (at >= 0 && foreign !== undefined)
        promises.breach('one writer for each row', `${write.by?.name} writes ${rowKeyOf(foreign)}`);
    },
    hasReleased: (run) => released.has(run),
  };
}

/** What is left to do in a folder; undefined if there is nothing. */
function leftIn(cursor: CursorRow, syncFrom: Date | undefined): string | undefined {
  const { uidGaps, acked, uidNextSeen, lastUid, retries, backfill } = cursor;
  if (uidGaps.length > 0 || acked.length > 0) return 'gaps';
  if (uidNextSeen > lastUid + 1) return 'new mail';
  if (retries > 0) return 'messages to try again';
  if (syncFrom !== undefined && (backfill === undefined || !isFinished(backfill, syncFrom))) return 'old mail';
  return undefined;
}
