import type { Clock, Random } from '../../domain/clock.ts';
import { modify, reachingStore } from '../table/modify.ts';
import type { Store } from '../table/table.ts';
import type { Draft } from './draft.ts';
import { type DraftRow, decodeDraft, draftKey, draftRowKey, encodeDraft } from './draft-row.ts';
import { submissionPartition, submissionRows } from './submission-keys.ts';

/** What a draft becomes: undefined to leave it, `'gone'` to delete its row, or the row that it is from now on. */
export type DraftChange = DraftRow | 'gone' | undefined;

/**
 * The rows of drafts.
 * @throws BrokerError `storage_unreachable` | `conflict` | `row_broken` | `row_newer`
 */
export interface DraftRows {
  read(mailboxId: string, id: string): Promise<DraftRow | undefined>;
  insert(row: DraftRow): Promise<void>;
  /**
   * Decides over the row as it is, and writes under its ETag; again if the row was changed in between.
   * @returns the row as it is then; undefined if there is none
   */
  change(draft: Pick<Draft, 'mailboxId' | 'id'>, decide: (row: DraftRow) => DraftChange): Promise<DraftRow | undefined>;
  /** Of a mailbox, at most `most`. */
  page(mailboxId: string, after: string | undefined, most: number): Promise<readonly DraftRow[]>;
}

export function createDraftRows(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}): DraftRows {
  const table = parts.store.table('submissions');
  return {
    async read(mailboxId, id) {
      if (draftKey(id) === undefined) return undefined;
      const row = await reachingStore(() => table.get(submissionPartition(mailboxId), draftRowKey(mailboxId, id)));
      return row && decodeDraft(row);
    },
    async insert(row) {
      await reachingStore(() => table.insert(encodeDraft(row)));
    },
    async change({ mailboxId, id }, decide) {
      if (draftKey(id) === undefined) return undefined;
      const key = { partitionKey: submissionPartition(mailboxId), rowKey: draftRowKey(mailboxId, id) };
      return modify<DraftRow | undefined>(parts, table, key, (found) => {
        if (found === undefined) return { kind: 'keep', result: undefined };
        const row = decodeDraft(found);
        const next = decide(row);
        if (next === undefined) return { kind: 'keep', result: row };
        if (next === 'gone') return { kind: 'delete', result: undefined };
        return { kind: 'write', values: encodeDraft(next).values, result: next };
      });
    },
    async page(mailboxId, after, most) {
      const { from, below } = submissionRows('d', mailboxId);
      // `!` sorts before every character of a key.
      const begin = after === undefined ? from : `${draftRowKey(mailboxId, after)}!`;
      const range = { from: begin, below, most };
      const rows = await reachingStore(() => table.list(submissionPartition(mailboxId), range));
      return rows.map(decodeDraft);
    },
  };
}
