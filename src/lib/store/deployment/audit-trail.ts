import { dayMs } from '../../domain/duration.ts';
import type { Store, StoredRow } from '../table/table.ts';
import { auditDay } from './audit.ts';

/** An entry of the audit, as it is shown. */
export interface AuditTrailEntry {
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  /** The mailbox, or else what it was done to. */
  readonly about: string;
  readonly result: string;
}

/** Reading the audit, for people. */
export interface AuditTrail {
  /** The newest entries of the day of `at` and the day before, newest first. @throws StoreError */
  latest(at: Date, most: number): Promise<readonly AuditTrailEntry[]>;
}

export function createAuditTrail(store: Store): AuditTrail {
  const table = store.table('audit');
  return {
    async latest(at, most) {
      const today = await table.list(auditDay(at));
      const rows =
        today.length >= most ? today : [...(await table.list(auditDay(new Date(at.getTime() - dayMs)))), ...today];
      return rows.slice(-most).toReversed().map(shown);
    },
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function shown({ values }: StoredRow): AuditTrailEntry {
  const { at, actor, action, mailboxId, subject, result } = values;
  return {
    at: at instanceof Date ? at : new Date(0),
    actor: textOf(actor),
    action: textOf(action),
    about: textOf(mailboxId) || textOf(subject),
    result: textOf(result),
  };
}
