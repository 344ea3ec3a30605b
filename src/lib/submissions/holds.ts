import type { Clock, Random } from '../domain/clock.ts';
import { decodeHold, encodeHold, type Hold } from '../store/submissions/lane-row.ts';
import { accountHoldKey, lanePartition, tenantHoldKey } from '../store/submissions/submission-keys.ts';
import { modify } from '../store/table/modify.ts';
import type { Store } from '../store/table/table.ts';

/** Holds that are noted beside the lane's own row, which only the run with its lease writes. */
export interface Holds {
  /** The one that lasts longest, of the account or of its tenant; it may be over. @throws StoreError */
  of(lane: string, tid: string): Promise<Hold | undefined>;
  /** Notes a hold; one that lasts longer stays. @throws StoreError; BrokerError `conflict` | `storage_unreachable` */
  put(rowKey: string, hold: Hold): Promise<void>;
}

export function createHolds(parts: { readonly store: Store; readonly clock: Clock; readonly random: Random }): Holds {
  const table = parts.store.table('submissions');
  return {
    async of(lane, tid) {
      const keys = [accountHoldKey(lane), tenantHoldKey(tid)];
      const rows = await Promise.all(keys.map((rowKey) => table.get(lanePartition, rowKey)));
      const holds = rows.flatMap((row) => (row === undefined ? [] : [decodeHold(row)]));
      return holds.sort((a, b) => b.until.getTime() - a.until.getTime())[0];
    },
    put: (rowKey, hold) =>
      modify<void>(parts, table, { partitionKey: lanePartition, rowKey }, (found) =>
        found !== undefined && decodeHold(found).until >= hold.until
          ? { kind: 'keep', result: undefined }
          : { kind: 'write', values: encodeHold(rowKey, hold).values, result: undefined },
      ),
  };
}
