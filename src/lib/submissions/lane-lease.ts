import { base64url } from '../domain/bytes.ts';
import type { Clock, Random } from '../domain/clock.ts';
import { decodeLane, encodeLane, type LaneRow } from '../store/submissions/lane-row.ts';
import { lanePartition } from '../store/submissions/submission-keys.ts';
import { isStoreError, type Store, type StoredRow } from '../store/table/table.ts';

/** A lease holds for so long from its last renewal. */
export const laneLeaseMs = 60_000;

/** Renewed after so long, also while a message is going out. */
const renewMs = 20_000;

/** Another run takes a lease over only this long after it ended. */
export const laneTakeoverMs = 10_000;

/** What a run knows and writes of its lane. */
export type LaneFacts = Pick<LaneRow, 'recent' | 'hours' | 'hold' | 'shut'>;

export interface LaneLease {
  readonly lane: string;
  readonly epoch: number;
  /** Written with the next renewal, and at the end. */
  facts: LaneFacts;
  /** Aborted when the lease is lost, or was given back. */
  readonly signal: AbortSignal;
  /** Gives the lease back with what is known. Never rejects: a lease that is not given back runs out. */
  release(): Promise<void>;
}

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

const unused: Omit<LaneRow, 'lane'> = {
  owner: '',
  epoch: 0,
  until: new Date(0),
  recent: [],
  hours: [],
  hold: undefined,
  shut: [],
};

/**
 * Takes the lease of a lane. It keeps two runs from sending for one account at a time; that no message goes out twice
 * does not depend on it, but on the ETag of the message's own row.
 * @returns undefined if someone holds it. @throws StoreError; BrokerError `row_broken` | `row_newer`
 */
export async function acquireLane(parts: Parts, lane: string): Promise<LaneLease | undefined> {
  const { store, clock, random } = parts;
  const table = store.table('submissions');
  const found = await table.get(lanePartition, lane);
  const before: LaneRow = found === undefined ? { lane, ...unused } : decodeLane(found);
  if (before.owner !== '' && store.time.whenJudging() < before.until.getTime() + laneTakeoverMs) return undefined;
  const owner = base64url(random.bytes(12));
  const epoch = before.epoch + 1;
  const ended = new AbortController();
  const row = (facts: LaneFacts, by = owner) =>
    encodeLane({ lane, ...facts, owner: by, epoch, until: new Date(store.time.whenWriting() + laneLeaseMs) });
  const put = async (current: StoredRow | undefined, facts: LaneFacts) =>
    current === undefined ? table.insert(row(facts)) : table.replace(row(facts), current.etag);

  /** The ETag of a write of ours whose answer did not come. */
  const ours = async (): Promise<string | undefined> => {
    const now = await table.get(lanePartition, lane);
    return now !== undefined && decodeLane(now).owner === owner ? now.etag : undefined;
  };

  let etag: string;
  try {
    etag = await put(found, before);
  } catch (error) {
    if (isStoreError(error, 'conflict', 'exists', 'missing')) return undefined;
    throw error;
  }
  let lastRenewal = clock.monotonic();
  const lease: LaneLease = {
    lane,
    epoch,
    facts: before,
    signal: ended.signal,
    async release() {
      if (ended.signal.aborted) return;
      ended.abort(new Error('The lease was given back.'));
      await renewing;
      await table.replace(row(lease.facts, ''), etag).catch(() => undefined);
    },
  };

  const renewing = (async () => {
    while (!ended.signal.aborted) {
      try {
        await clock.sleep(renewMs, ended.signal);
      } catch {
        return;
      }
      const sentAt = clock.monotonic();
      try {
        etag = await table.replace(row(lease.facts), etag);
        lastRenewal = sentAt;
      } catch (error) {
        const isOver = clock.monotonic() - lastRenewal > laneLeaseMs - renewMs;
        const mine = isStoreError(error, 'conflict') ? await ours().catch(() => undefined) : undefined;
        if (mine !== undefined) etag = mine;
        else if (!isStoreError(error, 'unreachable') || isOver) {
          ended.abort(new Error('The lease was lost.', { cause: error }));
        }
      }
    }
  })();
  return lease;
}
