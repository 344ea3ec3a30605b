import type { Clock, Random } from '../../domain/clock.ts';
import { columns } from '../table/columns.ts';
import { modify, reachingStore } from '../table/modify.ts';
import type { Store } from '../table/table.ts';

/**
 * When each chore of housekeeping last ended well, whichever instance did it. It lies in the table `destinations`, beside
 * the notices of the deployment.
 * @throws BrokerError `storage_unreachable` | `conflict`
 */
export interface LastRuns {
  /** By name; a chore that never ran, or whose row cannot be read, is not in it. */
  read(): Promise<ReadonlyMap<string, Date>>;
  /** @param name base64url and `!` only */
  note(name: string, at: Date): Promise<void>;
}

/** The name under which the housekeeping timer notes that it has run, regardless of the outcome of its chores. */
export const housekeepingName = 'housekeeping';

const partitionKey = 'chore';

export function createLastRuns(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}): LastRuns {
  const table = deps.store.table('destinations');
  return {
    read: () =>
      reachingStore(async () => {
        const rows = await table.list(partitionKey);
        // What is not a time counts as never: a chore that runs once too often is harmless.
        return new Map(rows.flatMap(({ rowKey, values: { at } }) => (at instanceof Date ? [[rowKey, at]] : [])));
      }),
    note: (name, at) =>
      modify<void>(deps, table, { partitionKey, rowKey: name }, () => ({
        kind: 'write',
        values: columns({ at }),
        result: undefined,
      })),
  };
}
