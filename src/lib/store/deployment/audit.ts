import { randomBase62 } from '../../domain/bytes.ts';
import type { Clock, Random } from '../../domain/clock.ts';
import { retrying } from '../../domain/schedule.ts';
import { type ErrorCode, isBrokerError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { isStoreError, type Row, type Table } from '../table/table.ts';

/** Deeds that are kept for 90 days. */
export type AuditAction =
  | 'connect-link.create'
  | 'admin-consent-link.create'
  | 'admin-consent.answer'
  | 'mailbox.connect'
  | 'mailbox.add'
  | 'mailbox.change'
  | 'mailbox.remove'
  | 'mailbox.replay'
  | 'mailbox.stop-replays'
  | 'mailbox.token'
  | 'message.change'
  | 'key.create'
  | 'key.remove'
  | 'destination.create'
  | 'destination.change'
  | 'destination.remove'
  | 'destination.replay'
  | 'destination.stop-replays'
  | 'destination.test'
  | 'delivery.replay'
  | 'invitation.answer'
  | 'draft.create'
  | 'draft.change'
  | 'draft.discard'
  | 'draft.send'
  | 'upload.create'
  | 'submission.create'
  | 'submission.create-bulk'
  | 'submission.cancel'
  | 'suppression.put'
  | 'suppression.remove'
  | 'submission.resend'
  | 'submission.settle'
  | 'root.reseal';

/** One line of the audit. It holds no address and no secret: a mailbox and a key are named by their ids. */
export interface AuditEntry {
  /** Id of the key that acted; `owner` for the person who connects a mailbox, `tenant admin` for who consents, `broker` for ourselves. */
  readonly actor: string;
  readonly action: AuditAction;
  readonly mailboxId?: string;
  /** Id of the key, destination, tenant or delivery that it was done to, or of the job that was left; of a bulk request the submissions that it made, separated by blanks. */
  readonly subject?: string;
  /**
   * `ok`, or the code of the failure; {@link begun} while it is under way, and permanently if its end could not be
   * stored.
   */
  readonly result: string;
}

/** The result of an audited action that has not ended. */
export const begun = 'begun';

/** What is known of an audited action only when it is done. */
export type AuditOutcome = Partial<Pick<AuditEntry, 'mailboxId' | 'subject' | 'result'>>;

export interface Audit {
  /** Notes something that is over. */
  write(entry: AuditEntry): Promise<void>;
  /**
   * Runs an audited action: its entry is written first, so that nothing is done without a record, and updated with the
   * outcome. The result is returned even if that second write fails, which is logged: a key that is shown only once
   * would be lost otherwise. A request that was refused because the caller has to fix it did nothing, and leaves no
   * entry.
   * @param outcome what to add to the entry of a completed action
   * @throws StoreError if it could not be noted, and then nothing was done; what `run` throws
   */
  audited<T>(entry: Omit<AuditEntry, 'result'>, run: () => Promise<T>, outcome?: (done: T) => AuditOutcome): Promise<T>;
}

/** `20261122`: the day of an entry, which is its partition, so that a day is purged as a whole. */
export const auditDay = (at: Date): string => at.toISOString().slice(0, 10).replaceAll('-', '');

// Before the second and the third try to say how an audited action ended.
const outcomeWaitsMs = [200, 1_000];

/** Writes the audit to the table `audit`: one partition a day (UTC), rows in order of time. */
export function createAudit(deps: {
  readonly table: Table;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly random: Random;
  readonly log: Log;
}): Audit {
  const { table, clock, random, log } = deps;

  const rowOf = (entry: AuditEntry): Row => {
    const at = new Date(clock.now());
    return {
      partitionKey: auditDay(at),
      // 13 digits of milliseconds sort as they count until the year 2286; the rest keeps two of one millisecond apart.
      rowKey: `${String(at.getTime()).padStart(13, '0')}!${randomBase62(8, random)}`,
      values: {
        v: 1,
        at,
        actor: entry.actor,
        action: entry.action,
        mailboxId: entry.mailboxId,
        subject: entry.subject,
        result: entry.result,
      },
    };
  };

  /** Says how an audited action ended; of one that was none, nothing is left. Never throws. */
  async function end(row: Row, etag: string, outcome: AuditOutcome | undefined): Promise<void> {
    const mayPass = (error: unknown) => isStoreError(error, 'unreachable');
    try {
      await retrying({ waitsMs: outcomeWaitsMs, mayPass, pause: (ms) => clock.sleep(ms) }, async () => {
        if (outcome === undefined) await table.delete(row.partitionKey, row.rowKey, etag);
        else await table.replace({ ...row, values: { ...row.values, ...outcome } }, etag);
      });
    } catch (error) {
      // No other process writes this row: an earlier attempt of ours arrived, only its answer was lost.
      if (isStoreError(error, 'conflict')) return;
      log.error('audit.outcome_not_saved', error, { rowKey: row.rowKey, ...outcome });
    }
  }

  return {
    async write(entry) {
      await table.insert(rowOf(entry));
    },

    async audited(entry, run, outcome = () => ({})) {
      const row = rowOf({ ...entry, result: begun });
      const etag = await table.insert(row);
      let done: Awaited<ReturnType<typeof run>>;
      try {
        done = await run();
      } catch (error) {
        await end(row, etag, isSlip(error) ? undefined : { result: codeOf(error) });
        throw error;
      }
      await end(row, etag, { result: 'ok', ...outcome(done) });
      return done;
    },
  };
}

/** A conflict is none: who met one may have come half the way. */
const isSlip = (error: unknown): boolean => isBrokerError(error) && error.who === 'caller' && error.code !== 'conflict';

function codeOf(error: unknown): ErrorCode {
  if (isBrokerError(error)) return error.code;
  return isStoreError(error, 'unreachable') ? 'storage_unreachable' : 'internal_error';
}
