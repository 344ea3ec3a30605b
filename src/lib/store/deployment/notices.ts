import { z } from 'zod';
import type { Clock, Random } from '../../domain/clock.ts';
import { columns, instant, json, readColumns, text } from '../table/columns.ts';
import { modify, reachingStore } from '../table/modify.ts';
import { isStoreError, type Store } from '../table/table.ts';

/**
 * What the deployment tells once, whichever of its instances notices it: that Microsoft refuses the app, that a secret
 * runs out. They lie in the table `destinations`, in a partition of their own, because who has accepted a notice is a
 * fact about destinations, and unlike the audit they are neither write-only nor gone after 90 days.
 * @throws BrokerError `storage_unreachable` | `conflict`
 */
export interface Notices {
  /**
   * True for one caller: the first, or the first after `forMs` without a claim or a {@link touch}. It is the one who tells.
   * @param id base64url and `!` only
   */
  claim(id: string, forMs: number): Promise<boolean>;
  /** The reason for the notice still exists: the time of `claim` restarts. */
  touch(id: string): Promise<void>;
  /** Ids of the destinations that have accepted it. */
  acceptedBy(id: string): Promise<readonly string[]>;
  accept(id: string, destinationId: string): Promise<void>;
  /** It is over: the next claim is a first one. */
  clear(id: string): Promise<void>;
  /** Deletes notices that were not claimed or touched since. @returns how many */
  forgetBefore(before: Date): Promise<number>;
}

const partitionKey = 'notice';

const schema = z.object({ at: instant, accepted: json(z.array(text)) });
type Notice = z.output<typeof schema>;

const valuesOf = ({ at, accepted }: Notice) => columns({ at, accepted: JSON.stringify(accepted) });

export function createNotices(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}): Notices {
  const table = deps.store.table('destinations');
  const now = () => new Date(deps.clock.now());
  const change = <T>(id: string, decide: (notice: Notice | undefined) => { next?: Notice; result: T }): Promise<T> =>
    modify<T>(deps, table, { partitionKey, rowKey: id }, (row) => {
      const { next, result } = decide(row === undefined ? undefined : readColumns(row, schema));
      return next === undefined ? { kind: 'keep', result } : { kind: 'write', values: valuesOf(next), result };
    });

  return {
    claim: (id, forMs) =>
      change(id, (notice) => {
        if (notice !== undefined && now().getTime() - notice.at.getTime() < forMs) return { result: false };
        return { next: { accepted: notice?.accepted ?? [], at: now() }, result: true };
      }),
    touch: (id) =>
      change<void>(id, (notice) => ({ next: { accepted: notice?.accepted ?? [], at: now() }, result: undefined })),
    acceptedBy: (id) => change(id, (notice) => ({ result: notice?.accepted ?? [] })),
    accept: (id, destinationId) =>
      change<void>(id, (notice) => {
        const { accepted, at } = notice ?? { accepted: [], at: now() };
        if (accepted.includes(destinationId)) return { result: undefined };
        return { next: { at, accepted: [...accepted, destinationId] }, result: undefined };
      }),
    clear: (id) =>
      modify<void>(deps, table, { partitionKey, rowKey: id }, () => ({ kind: 'delete', result: undefined })),
    forgetBefore: (before) =>
      reachingStore(async () => {
        let count = 0;
        for (const row of await table.list(partitionKey)) {
          const { at } = row.values;
          if (at instanceof Date && at >= before) continue;
          try {
            await table.delete(partitionKey, row.rowKey, row.etag);
            count++;
          } catch (error) {
            // Claimed meanwhile: it stays.
            if (!isStoreError(error, 'conflict', 'missing')) throw error;
          }
        }
        return count;
      }),
  };
}
