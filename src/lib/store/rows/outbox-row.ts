import { z } from 'zod';
import type { OutboxType } from '../../domain/events/event-types.ts';
import type { OutboxData } from '../../domain/events/outbox-data.ts';
import { brokenRow, columns, count, instant, readColumns, text, textColumns, withWholeText } from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import { outboxRowKey, parseRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import type { OutboxRow } from './rows.ts';

const form = z.object({
  type: text,
  at: instant,
  data: text,
  attempts: count.optional(),
  tries: count.optional(),
  failedAt: instant.optional(),
  nextAt: instant.optional(),
});

/** The row of an event that is yet to be sent. Its data is stored as it is given, the order of its fields included. */
export const outboxRow = <Type extends OutboxType>(event: {
  readonly mailboxId: string;
  readonly id: string;
  readonly type: Type;
  readonly at: Date;
  readonly data: OutboxData[Type];
}): OutboxRow => ({ ...event, data: JSON.stringify(event.data) });

export function encodeOutbox(row: OutboxRow): Row {
  const { type, at, data, attempts, tries, failedAt, nextAt } = row;
  return {
    partitionKey: partitionOf(row.mailboxId),
    rowKey: outboxRowKey(row.mailboxId, row.id),
    values: columns({ type, at, ...textColumns('data', data), attempts, tries, failedAt, nextAt }),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeOutbox(row: StoredRow): OutboxRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'outbox') throw brokenRow(row, 'its key is not that of an event');
  return { mailboxId: key.mailboxId, id: key.eventId, ...readColumns(withWholeText(row, 'data'), form) };
}
