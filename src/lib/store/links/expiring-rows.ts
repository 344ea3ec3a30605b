import type { Clock } from '../../domain/clock.ts';
import type { ExpiringRows, Sealer } from '../../domain/sealing.ts';
import type { StoredRow, Table } from '../table/table.ts';

/** Open sign-ins, whose verifier and nonce are sealed. They last ten minutes, so they are not moved to a newer key. */
export function openSignIns(deps: {
  readonly table: Table;
  readonly sealer: Pick<Sealer, 'needsReseal'>;
  readonly clock: Pick<Clock, 'now'>;
}): ExpiringRows {
  return waitingRows('sign-ins under way', deps, async ({ values }) => {
    const { sealed } = values;
    return sealed instanceof Uint8Array && deps.sealer.needsReseal(sealed);
  });
}

/** Links that were sent: their MAC is part of the link, and cannot be made again. */
export function openLinks(deps: { readonly table: Table; readonly clock: Pick<Clock, 'now'> }): ExpiringRows {
  return waitingRows('links', deps, async ({ values }, before) => {
    const { createdAt, status } = values;
    return status === 'open' && (!(createdAt instanceof Date) || createdAt < before);
  });
}

function waitingRows(
  kind: string,
  { table, clock }: { readonly table: Table; readonly clock: Pick<Clock, 'now'> },
  isOld: (row: StoredRow, before: Date) => Promise<boolean>,
): ExpiringRows {
  return {
    kind,
    async waiting(before) {
      let count = 0;
      let until: Date | undefined;
      for await (const row of table.scan()) {
        const { expiresAt } = row.values;
        if (!(expiresAt instanceof Date) || expiresAt.getTime() <= clock.now() || !(await isOld(row, before))) continue;
        count++;
        if (until === undefined || expiresAt > until) until = expiresAt;
      }
      return { count, until };
    },
  };
}
