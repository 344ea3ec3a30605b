import type { ExpiringRows, Sealer } from '../domain/sealing.ts';
import { decodeSubmission } from '../store/submissions/submission-row.ts';
import type { Table } from '../store/table/table.ts';
import { keptMs } from './sweep.ts';

/**
 * Messages that were not sent, or whose outcome is unknown: the key of their content is sealed under the root key. They
 * all end, so they are not moved to a newer key; the older one stays until then.
 */
export function openSubmissions(deps: {
  readonly table: Table;
  readonly sealer: Pick<Sealer, 'needsReseal'>;
}): ExpiringRows {
  return {
    kind: 'messages to send',
    async waiting() {
      let count = 0;
      let until: Date | undefined;
      for await (const row of deps.table.scan()) {
        if (!row.rowKey.startsWith('s!')) continue;
        const { submission, sealed } = decodeSubmission(row);
        if (!submission.stored || !(await deps.sealer.needsReseal(sealed))) continue;
        count += 1;
        const end = new Date((submission.endedAt ?? submission.expiresAt).getTime() + keptMs);
        if (until === undefined || end > until) until = end;
      }
      return { count, until };
    },
  };
}
