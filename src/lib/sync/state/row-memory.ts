import type { MailboxFilter } from '../../domain/mail/filter.ts';
import { storedBytes } from '../../store/table/row-size.ts';
import type { Row } from '../../store/table/table.ts';

/** What a poll reads only where there is mail, as the table holds it. */
export interface KeptRows {
  /** Every `r!` row of the mailbox. */
  readonly recentMessages: readonly Row[];
  /** Undefined if the mailbox has no filter, or a later one than `a!` speaks of. */
  readonly filter: { readonly revision: number; readonly filter: MailboxFilter | undefined } | undefined;
}

/**
 * Rows that this process keeps from one run of a shard to the next. They are valid only if no other process has held
 * the lease in between: the next acquire must find our own last epoch, and our last run must know the outcome of all
 * its commits.
 */
export interface RowMemory {
  /** A run has taken the lease. */
  begin(shard: number, lease: { readonly epoch: number; readonly previousEpoch: number }): void;
  /** Hands out what is kept of a mailbox, and keeps it no longer: the run may change it. */
  take(shard: number, mailboxId: string): KeptRows | undefined;
  /** The run of this epoch has given the lease back, and every row is stored. */
  end(shard: number, epoch: number, mailboxes: ReadonlyMap<string, KeptRows>): void;
  readonly bytes: number;
}

// A full row of recent messages has 32 KiB: of some hundred mailboxes with mail, in a process of 512 MB. The others are read again.
const usualCapBytes = 16 * 1024 * 1024;

interface Kept extends KeptRows {
  readonly shard: number;
  readonly bytes: number;
}

/** @param capBytes of all rows together; past it those go first that have not been used for longest */
export function createRowMemory(capBytes = usualCapBytes): RowMemory {
  /** In order of their last use. */
  const kept = new Map<string, Kept>();
  /** By shard: the epoch of our last run that ended well, if none has begun since. */
  const ended = new Map<number, number>();
  const begun = new Map<number, number>();
  let bytes = 0;

  function remove(mailboxId: string): void {
    bytes -= kept.get(mailboxId)?.bytes ?? 0;
    kept.delete(mailboxId);
  }

  function forget(shard: number): void {
    for (const [mailboxId, rows] of kept) if (rows.shard === shard) remove(mailboxId);
  }

  return {
    begin(shard, { epoch, previousEpoch }) {
      if (ended.get(shard) !== previousEpoch) forget(shard);
      ended.delete(shard);
      begun.set(shard, epoch);
    },
    take(shard, mailboxId) {
      const rows = kept.get(mailboxId);
      if (rows?.shard !== shard) return undefined;
      remove(mailboxId);
      return rows;
    },
    end(shard, epoch, mailboxes) {
      // The next run of this process has begun already, with nothing of this one.
      if (begun.get(shard) !== epoch) return;
      ended.set(shard, epoch);
      for (const [mailboxId, { recentMessages, filter }] of mailboxes) {
        remove(mailboxId);
        const size =
          recentMessages.reduce((sum, row) => sum + storedBytes(row), 0) +
          (filter === undefined ? 0 : JSON.stringify(filter).length);
        kept.set(mailboxId, { recentMessages, filter, shard, bytes: size });
        bytes += size;
      }
      for (const [mailboxId] of kept) {
        if (bytes <= capBytes) break;
        remove(mailboxId);
      }
    },
    get bytes() {
      return bytes;
    },
  };
}
