import { z } from 'zod';
import { brokenRow, columns, instant, readColumns, text } from './columns.ts';
import { outboxRowKey, parseRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import type { OutboxRow } from './rows.ts';
import type { Row, StoredRow } from './table.ts';

const form = z.object({ type: text, at: instant, data: text });

export function encodeOutbox(row: OutboxRow): Row {
  return {
    partitionKey: partitionOf(row.mailboxId),
    rowKey: outboxRowKey(row.mailboxId, row.id),
    values: columns({ type: row.type, at: row.at, data: row.data }),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeOutbox(row: StoredRow): OutboxRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'outbox') throw brokenRow(row, 'its key is not that of an event');
  return { mailboxId: key.mailboxId, id: key.eventId, ...readColumns(row, form) };
}
