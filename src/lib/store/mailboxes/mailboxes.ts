import { isMailboxId } from '../../domain/ids.ts';
import { mailboxRowKey } from '../rows/keys.ts';
import { decodeMailbox, encodeMailbox, partitionOf } from '../rows/mailbox-row.ts';
import type { MailboxRow } from '../rows/rows.ts';
import type { Table } from '../table/table.ts';

/** `a!` as it was read. */
export interface StoredMailbox {
  readonly row: MailboxRow;
  readonly etag: string;
}

/** Undefined if there is none of this id, tombstones included. @throws BrokerError `row_broken`; StoreError */
export async function readMailbox(mail: Table, id: string): Promise<StoredMailbox | undefined> {
  if (!isMailboxId(id)) return undefined;
  const stored = await mail.get(partitionOf(id), mailboxRowKey(id));
  return stored === undefined ? undefined : { row: decodeMailbox(stored), etag: stored.etag };
}

/** Writes `a!` under the ETag that was read. @throws StoreError `conflict` | `missing` */
export async function replaceMailbox(mail: Table, found: StoredMailbox, row: MailboxRow): Promise<MailboxRow> {
  await mail.replace(encodeMailbox(row), found.etag);
  return row;
}
