import { z } from 'zod';
import { brokenRow, columns, count, instant, readColumns, text } from './columns.ts';
import { messageRowKey, parseRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import type { DeadRow, MessageMark, RetryRow } from './rows.ts';
import type { Row, StoredRow, Values } from './table.ts';

const bytes = (length: number) =>
  z.instanceof(Uint8Array).refine((value) => value.length === length, `not ${length} bytes`);

const mark = { key: bytes(16), hash: bytes(8), day: count };

const retryForm = z.object({
  ...mark,
  attempts: count,
  tries: count,
  reason: text,
  status: count.optional(),
  failedAt: instant,
  nextAt: instant,
  missing: count,
  variant: z.enum(['full', 'metadata']),
});

const deadForm = z.object({ ...mark, reason: text, status: count.optional(), attempts: count, at: instant });

function encode(kind: 'd' | 'x', row: MessageMark, values: Values): Row {
  const { key, hash, day } = row;
  return {
    partitionKey: partitionOf(row.mailboxId),
    rowKey: messageRowKey(kind, row),
    values: columns({ key, hash, day, ...values }),
  };
}

export function encodeRetry(row: RetryRow): Row {
  const { attempts, tries, reason, status, failedAt, nextAt, missing, variant } = row;
  return encode('d', row, { attempts, tries, reason, status, failedAt, nextAt, missing, variant });
}

export function encodeDead(row: DeadRow): Row {
  const { reason, status, attempts, at } = row;
  return encode('x', row, { reason, status, attempts, at });
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeRetry(row: StoredRow): RetryRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'retry') throw brokenRow(row, 'its key is not that of a message being retried');
  const read = readColumns(row, retryForm);
  return { ...placeOf(key), ...read, status: read.status };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeDead(row: StoredRow): DeadRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'dead') throw brokenRow(row, 'its key is not that of a dead message');
  const read = readColumns(row, deadForm);
  return { ...placeOf(key), ...read, status: read.status };
}

const placeOf = ({ mailboxId, folderId, uidValidity, uid }: Omit<MessageMark, 'key' | 'hash' | 'day'>) => ({
  mailboxId,
  folderId,
  uidValidity,
  uid,
});
