import { z } from 'zod';
import type { Clock, Random } from '../../domain/clock.ts';
import { columns, instant, json, readColumns, text } from '../table/columns.ts';
import { modify, reachingStore } from '../table/modify.ts';
import type { Store } from '../table/table.ts';

/** How far the move to the newest version of the root key has come, as the last instance that worked on it left it. */
export interface ResealProgress {
  /** Id of the version that rows are moved to. */
  readonly version: string;
  readonly at: Date;
  /** Rows that still lie under older versions, and those that open under none. */
  readonly left: number;
  readonly kinds: readonly {
    readonly kind: string;
    readonly rows: number;
    readonly left: number;
    readonly failed: number;
    readonly broken: number;
  }[];
  /** Links and sign-ins that need an older version until they end. */
  readonly expiring: readonly { readonly kind: string; readonly count: number; readonly until: Date | undefined }[];
  /** Before that, an instance may still write under an older version. */
  readonly settledAt: Date;
  /** True if no row needs an older version, and none will any more. */
  readonly done: boolean;
}

/** One row for the deployment, beside its other notices. @throws BrokerError `storage_unreachable` | `conflict` | `row_broken` */
export interface ResealProgressRow {
  read(): Promise<ResealProgress | undefined>;
  write(progress: ResealProgress): Promise<void>;
}

const key = { partitionKey: 'reseal', rowKey: 'progress' };

const count = z.int().min(0);
const schema = z.object({
  version: text,
  at: instant,
  settledAt: instant,
  done: z.boolean(),
  left: count,
  kinds: json(z.array(z.object({ kind: text, rows: count, left: count, failed: count, broken: count }))),
  expiring: json(
    z.array(
      z.object({
        kind: text,
        count,
        until: z.iso
          .datetime()
          .transform((at) => new Date(at))
          .optional(),
      }),
    ),
  ),
});

export function createResealProgress(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}): ResealProgressRow {
  const table = deps.store.table('destinations');
  return {
    read: () =>
      reachingStore(async () => {
        const row = await table.get(key.partitionKey, key.rowKey);
        if (row === undefined) return undefined;
        const { expiring, ...rest } = readColumns(row, schema);
        return { ...rest, expiring: expiring.map((each) => ({ ...each, until: each.until })) };
      }),
    write: ({ kinds, expiring, ...rest }) =>
      modify<void>(deps, table, key, () => ({
        kind: 'write',
        values: columns({ ...rest, kinds: JSON.stringify(kinds), expiring: JSON.stringify(expiring) }),
        result: undefined,
      })),
  };
}
