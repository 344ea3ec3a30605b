import type { Clock, Random } from '../../domain/clock.ts';
import type { KeyedRow, KeyedRows, Sealer } from '../../domain/sealing.ts';
import { brokenRow } from '../table/columns.ts';
import { modify } from '../table/modify.ts';
import type { Store, StoredRow } from '../table/table.ts';
import { destinationPartition, placeOfSecrets } from './destination-row.ts';

/** The sealed secrets of destinations, for moving them to another version of the root key. Other columns stay as they are. */
export function createDestinationSeals(deps: {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
}): KeyedRows {
  const { sealer } = deps;
  const table = deps.store.table('destinations');
  return {
    kind: 'destinations',
    async *scan(): AsyncGenerator<KeyedRow> {
      for (const row of await table.list(destinationPartition, { from: 'a!', below: 'b!' })) {
        const sealed = sealedIn(row);
        const id = row.rowKey.slice('a!'.length);
        yield { id, state: sealed === undefined ? 'broken' : (await sealer.needsReseal(sealed)) ? 'old' : 'newest' };
      }
    },
    async renew(id) {
      await modify<void>(deps, table, { partitionKey: destinationPartition, rowKey: `a!${id}` }, async (row) => {
        if (row === undefined) return { kind: 'keep', result: undefined };
        const sealed = sealedIn(row);
        if (sealed === undefined) throw brokenRow(row, 'secrets');
        if (!(await sealer.needsReseal(sealed))) return { kind: 'keep', result: undefined };
        const secrets = await sealer.seal(placeOfSecrets(id), await sealer.open(placeOfSecrets(id), sealed));
        return { kind: 'write', values: { ...row.values, secrets }, result: undefined };
      });
    },
  };
}

const sealedIn = (row: StoredRow): Uint8Array | undefined =>
  row.values.secrets instanceof Uint8Array ? row.values.secrets : undefined;
