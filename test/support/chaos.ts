import { createHash } from 'node:crypto';
import type { Clock, Random } from '../../src/lib/domain/clock.ts';
import type { Deliverer } from '../../src/lib/domain/events/event.ts';
import type { ImapConnector, ImapSession } from '../../src/lib/mailbox/session/session.ts';
import type { Store, Table } from '../../src/lib/store/table/table.ts';

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function dice(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  let drawn = 0;
  const random: Random = {
    bytes: (count) => new Uint8Array(createHash('sha512').update(`${seed}/${drawn++}`).digest().subarray(0, count)),
  };
  return {
    random,
    below: (limit: number) => Math.floor(next() * limit),
    chance: (probability: number) => next() < probability,
    pick: <T>(items: readonly T[]): T | undefined => items[Math.floor(next() * items.length)],
  };
}

export type Dice = ReturnType<typeof dice>;

/**
 * Everything a worker touches, frozen for ever at its `calls`-th call: as a process that is killed there. `applied`: that
 * last call still takes effect, only its answer is never heard.
 */
export function mortalWorker(
  parts: { store: Store; imap: ImapConnector; deliverer: Deliverer; clock: Clock },
  calls: number,
  applied: boolean,
) {
  let left = calls;
  let dead = false;
  const never = <T>() => new Promise<T>(() => {});

  async function guard<T>(call: () => Promise<T>): Promise<T> {
    if (dead) return never<T>();
    if (left-- <= 0) {
      dead = true;
      if (applied) await call().catch(() => {});
      return never<T>();
    }
    const answer = await call();
    return dead ? never<T>() : answer;
  }

  const mortalTable = (table: Table): Table => ({
    name: table.name,
    get: (...args) => guard(() => table.get(...args)),
    list: (...args) => guard(() => table.list(...args)),
    scan: () => table.scan(),
    insert: (...args) => guard(() => table.insert(...args)),
    replace: (...args) => guard(() => table.replace(...args)),
    delete: (...args) => guard(() => table.delete(...args)),
    batch: (...args) => guard(() => table.batch(...args)),
  });
  const mortalSession = (session: ImapSession): ImapSession => ({
    get alive() {
      return session.alive;
    },
    status: (...args) => guard(() => session.status(...args)),
    folders: () => guard(() => session.folders()),
    searchRange: (...args) => guard(() => session.searchRange(...args)),
    searchSince: (...args) => guard(() => session.searchSince(...args)),
    searchBetween: (...args) => guard(() => session.searchBetween(...args)),
    fetchTraits: (...args) => guard(() => session.fetchTraits(...args)),
    fetchFlags: (...args) => guard(() => session.fetchFlags(...args)),
    fetchMeta: (...args) => guard(() => session.fetchMeta(...args)),
    read: (...args) => guard(() => session.read(...args)),
    release: () => guard(() => session.release()),
    close: () => session.close(),
  });
  return {
    get dead() {
      return dead;
    },
    kill() {
      dead = true;
    },
    store: { time: parts.store.time, table: (name) => mortalTable(parts.store.table(name)) } satisfies Store,
    imap: {
      open: (...args) => guard(async () => mortalSession(await parts.imap.open(...args))),
    } satisfies ImapConnector,
    deliverer: {
      deliver: (...args) => guard(() => parts.deliverer.deliver(...args)),
      dryRun: (...args) => guard(async () => parts.deliverer.dryRun?.(...args)),
    } satisfies Deliverer,
    clock: {
      ...parts.clock,
      sleep: (ms, signal) => (dead ? never<void>() : parts.clock.sleep(ms, signal)),
      caughtUp: (isEnough) => (dead ? never<void>() : parts.clock.caughtUp(isEnough)),
    } satisfies Clock,
  };
}
