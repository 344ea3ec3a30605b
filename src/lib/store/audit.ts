import { randomBase62 } from '../domain/bytes.ts';
import type { Clock, Random } from '../domain/clock.ts';
import type { Table } from './table.ts';

/** Deeds that are kept for 90 days. */
export type AuditAction =
  | 'connect-link.create'
  | 'admin-consent-link.create'
  | 'admin-consent.answer'
  | 'mailbox.connect'
  | 'mailbox.add'
  | 'mailbox.change'
  | 'mailbox.remove'
  | 'mailbox.token'
  | 'key.create'
  | 'key.remove'
  | 'destination.create'
  | 'destination.change'
  | 'destination.remove'
  | 'destination.test';

/** One line of the audit. It holds no address and no secret: a mailbox and a key are named by their ids. */
export interface AuditEntry {
  /** Id of the key that acted; `owner` for the person who connects a mailbox, `tenant admin` for who consents, `broker` for ourselves. */
  readonly actor: string;
  readonly action: AuditAction;
  readonly mailboxId?: string;
  /** Id of the key, destination or tenant that it was done to. */
  readonly subject?: string;
  /** `ok`, or the code of the failure. */
  readonly result: string;
}

export interface Audit {
  write(entry: AuditEntry): Promise<void>;
}

/** `20261122`: the day of an entry, which is its partition, so that a day is purged as a whole. */
export const auditDay = (at: Date): string => at.toISOString().slice(0, 10).replaceAll('-', '');

/** Writes the audit to the table `audit`: one partition a day (UTC), rows in order of time. */
export function createAudit(deps: {
  readonly table: Table;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
}): Audit {
  return {
    async write(entry) {
      const at = new Date(deps.clock.now());
      await deps.table.insert({
        partitionKey: auditDay(at),
        // 13 digits of milliseconds sort as they count until the year 2286; the rest keeps two of one millisecond apart.
        rowKey: `${String(at.getTime()).padStart(13, '0')}!${randomBase62(8, deps.random)}`,
        values: {
          v: 1,
          at,
          actor: entry.actor,
          action: entry.action,
          mailboxId: entry.mailboxId,
          subject: entry.subject,
          result: entry.result,
        },
      });
    },
  };
}
