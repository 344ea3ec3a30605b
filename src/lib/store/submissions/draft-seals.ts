import type { Clock, Random } from '../../domain/clock.ts';
import type { KeyedRow, KeyedRows, Sealer } from '../../domain/sealing.ts';
import { brokenRow } from '../table/columns.ts';
import { modify } from '../table/modify.ts';
import type { Store, StoredRow } from '../table/table.ts';
import { placeOfSealedDraft, sealedColumn } from './draft-row.ts';
import { parseSubmissionRowKey } from './submission-keys.ts';

/** The sealed part of drafts, for moving it to another version of the root key. Other columns stay as they are. */
export function createDraftSeals(deps: {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
}): KeyedRows {
  const { sealer } = deps;
  const table = deps.store.table('submissions');
  return {
    kind: 'drafts',
    async *scan(): AsyncGenerator<KeyedRow> {
      for await (const row of table.scan()) {
        if (parseSubmissionRowKey(row.rowKey)?.kind !== 'd') continue;
        const sealed = sealedIn(row);
        const state = sealed === undefined ? 'broken' : (await sealer.needsReseal(sealed)) ? 'old' : 'newest';
        yield { id: `${row.partitionKey}/${row.rowKey}`, state };
      }
    },
    async renew(id) {
      const [partitionKey = '', rowKey = ''] = id.split('/');
      const named = parseSubmissionRowKey(rowKey);
      if (named?.kind !== 'd') return;
      const place = placeOfSealedDraft(named.mailboxId, `drf_${named.key}`);
      await modify<void>(deps, table, { partitionKey, rowKey }, async (row) => {
        if (row === undefined) return { kind: 'keep', result: undefined };
        const sealed = sealedIn(row);
        if (sealed === undefined) throw brokenRow(row, sealedColumn);
        if (!(await sealer.needsReseal(sealed))) return { kind: 'keep', result: undefined };
        const again = await sealer.seal(place, await sealer.open(place, sealed));
        return { kind: 'write', values: { ...row.values, [sealedColumn]: again }, result: undefined };
      });
    },
  };
}

const sealedIn = (row: StoredRow): Uint8Array | undefined => {
  const value = row.values[sealedColumn];
  return value instanceof Uint8Array ? value : undefined;
};
