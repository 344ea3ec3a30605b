import type { Clock, Random } from '../../domain/clock.ts';
import type { GrantKey } from '../../domain/grant.ts';
import type { KeyedRow, KeyedRows, Sealer, SealPlace } from '../../domain/sealing.ts';
import type { Log } from '../../log.ts';
import { unlessUnreadable } from '../table/columns.ts';
import { modify } from '../table/modify.ts';
import { sealForWrite } from '../table/seal-for-write.ts';
import type { Store, StoredRow, Table } from '../table/table.ts';
import { cacheColumn, type GrantParts, grantValues, readGrantRow } from './grant-row.ts';

/** Keeps the sealed caches of grants under the newest version of the root key. */
export interface GrantSeals {
  /** The cache as it is written: sealed again if its key version is old. */
  forWrite(key: GrantKey, sealed: Uint8Array): Promise<Uint8Array>;
  readonly keyed: KeyedRows;
}

export const placeOfCache = (key: GrantKey): SealPlace => ({
  table: 'grants',
  partitionKey: key.tid,
  rowKey: key.oid,
  column: cacheColumn,
});

export function createGrantSeals(deps: {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): GrantSeals {
  const { sealer, log } = deps;
  const table = deps.store.table('grants');
  const isOld = async (sealed: Uint8Array): Promise<boolean> => sealed.length > 0 && (await sealer.needsReseal(sealed));
  const sealAnew = async (key: GrantKey, sealed: Uint8Array): Promise<Uint8Array> =>
    sealer.seal(placeOfCache(key), await sealer.open(placeOfCache(key), sealed));

  return {
    forWrite: async (key, sealed) => (sealed.length === 0 ? sealed : sealForWrite(sealer, placeOfCache(key), sealed)),
    keyed: {
      kind: 'grants',
      async *scan(): AsyncGenerator<KeyedRow> {
        for await (const row of table.scan()) {
          const id = `${row.partitionKey}!${row.rowKey}`;
          const parts = readable(row, log);
          yield { id, state: parts === undefined ? 'broken' : (await isOld(parts.sealed)) ? 'old' : 'newest' };
        }
      },
      async renew(id) {
        const [tid = '', oid = ''] = id.split('!');
        await modify<void>(deps, table, { partitionKey: tid, rowKey: oid }, async (row) => {
          const parts = row === undefined ? undefined : readGrantRow(row);
          if (parts === undefined || !(await isOld(parts.sealed))) return { kind: 'keep', result: undefined };
          const sealed = await sealAnew({ tid, oid }, parts.sealed);
          return { kind: 'write', values: grantValues({ ...parts, sealed }), result: undefined };
        });
      },
    },
  };
}

/** Every row of the table that can be read; the others are logged. */
export async function* readableRows(table: Table, log: Log): AsyncGenerator<{ row: StoredRow; parts: GrantParts }> {
  for await (const row of table.scan()) {
    const parts = readable(row, log);
    if (parts !== undefined) yield { row, parts };
  }
}

const readable = (row: StoredRow, log: Log): GrantParts | undefined =>
  unlessUnreadable(
    () => readGrantRow(row),
    (error) => log.error('grant.row_broken', error),
  );
