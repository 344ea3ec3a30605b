import type { Clock, Random } from '../domain/clock.ts';
import { decodeReopening, encodeReopening } from '../store/submissions/lane-row.ts';
import { lanePartition, reopeningKey } from '../store/submissions/submission-keys.ts';
import { modify } from '../store/table/modify.ts';
import type { Store } from '../store/table/table.ts';

/**
 * When an account last signed in, or was otherwise put right: ways that were found shut before are tried again. In a row
 * beside that of the lane, which only the run with its lease writes.
 */
export interface Reopenings {
  /** @throws StoreError */
  of(lane: string): Promise<Date | undefined>;
  /** @throws StoreError; BrokerError `conflict` | `storage_unreachable` */
  put(lane: string, at: Date): Promise<void>;
}

export function createReopenings(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}): Reopenings {
  const table = parts.store.table('submissions');
  return {
    async of(lane) {
      const row = await table.get(lanePartition, reopeningKey(lane));
      return row && decodeReopening(row);
    },
    put: (lane, at) =>
      modify<void>(parts, table, { partitionKey: lanePartition, rowKey: reopeningKey(lane) }, () => ({
        kind: 'write',
        values: encodeReopening(lane, at).values,
        result: undefined,
      })),
  };
}
