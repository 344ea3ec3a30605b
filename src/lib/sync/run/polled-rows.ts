import { isBrokerError } from '../../errors.ts';
import { decodeCursor } from '../../store/rows/cursor-row.ts';
import { parseRowKey } from '../../store/rows/keys.ts';
import { decodeMailbox } from '../../store/rows/mailbox-row.ts';
import type { CursorRow, MailboxRow, StateRow } from '../../store/rows/rows.ts';
import { decodeState } from '../../store/rows/state-row.ts';
import type { StoredRow } from '../../store/table/table.ts';
import { decodedOnce } from '../state/decoded-rows.ts';

/** A mailbox as the polled rows show it. */
export interface PolledMailbox {
  readonly row: MailboxRow;
  /** Undefined if the row is missing; a tombstone that is erased has none. */
  readonly state: StateRow | undefined;
  /** By folder id. */
  readonly cursors: ReadonlyMap<string, CursorRow>;
  /** A row of this mailbox cannot be read: the mailbox is skipped until that is fixed, and the others continue. */
  readonly fault: unknown;
}

export interface PolledRows {
  readonly mailboxes: readonly PolledMailbox[];
  /** Mailboxes whose `a!` cannot be read. */
  readonly broken: readonly { readonly rowKey: string; readonly error: unknown }[];
}

/**
 * Sorts the polled rows of a shard (`!` left out) by mailbox.
 * @throws BrokerError `row_newer`: a newer version of the broker works on this shard, which is then left to it
 */
export type SortPolledRows = (rows: readonly StoredRow[]) => PolledRows;

// With the entries that a cursor carries, some 15 KB: of all mailboxes that a process has connections to.
const mostRemembered = 2_048;

/** For one process: rows that have not changed since its last run of the shard are not decoded again. */
export function createPolledRowSorter(): SortPolledRows {
  const mailboxOf = decodedOnce(decodeMailbox, mostRemembered);
  const stateOf = decodedOnce(decodeState, mostRemembered);
  const cursorOf = decodedOnce(decodeCursor, mostRemembered);
  return (rows) => sortPolledRows(rows, { mailboxOf, stateOf, cursorOf });
}

interface Decoders {
  readonly mailboxOf: (row: StoredRow) => MailboxRow;
  readonly stateOf: (row: StoredRow) => StateRow;
  readonly cursorOf: (row: StoredRow) => CursorRow;
}

function sortPolledRows(rows: readonly StoredRow[], { mailboxOf, stateOf, cursorOf }: Decoders): PolledRows {
  const states = new Map<string, StateRow>();
  const cursors = new Map<string, Map<string, CursorRow>>();
  const faults = new Map<string, unknown>();
  const accounts: MailboxRow[] = [];
  const broken: { rowKey: string; error: unknown }[] = [];
  for (const row of rows) {
    const key = parseRowKey(row.rowKey);
    try {
      if (key?.kind === 'mailbox') accounts.push(mailboxOf(row));
      else if (key?.kind === 'state') states.set(key.mailboxId, stateOf(row));
      else if (key?.kind === 'cursor') {
        const own = cursors.get(key.mailboxId) ?? new Map<string, CursorRow>();
        cursors.set(key.mailboxId, own.set(key.folderId, cursorOf(row)));
      }
    } catch (error) {
      if (!isBrokerError(error, 'row_broken')) throw error;
      if (key?.kind === 'mailbox') broken.push({ rowKey: row.rowKey, error });
      else if (key !== undefined && key.kind !== 'shard') faults.set(key.mailboxId, error);
    }
  }
  return {
    mailboxes: accounts.map((row) => ({
      row,
      state: states.get(row.id),
      cursors: cursors.get(row.id) ?? new Map(),
      fault: faults.get(row.id),
    })),
    broken,
  };
}
