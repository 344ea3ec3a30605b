import { z } from 'zod';
import { dayMs } from '../../domain/duration.ts';
import { brokenRow, code, columns, count, instant, int64, readColumns } from '../table/columns.ts';
import type { Row, StoredRow, Values } from '../table/table.ts';
import { messageRowKey, parseRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import type { DeadRow, MessageMark, RetryRow } from './rows.ts';

const bytes = (length: number) =>
  z.instanceof(Uint8Array).refine((value) => value.length === length, `not ${length} bytes`);

const mark = { key: bytes(16), hash: bytes(8), day: count };

const retryForm = z.object({
  ...mark,
  attempts: count,
  tries: count,
  reason: code,
  status: count.optional(),
  failedAt: instant,
  nextAt: instant,
  missing: count,
  variant: z.enum(['full', 'metadata']),
  replay: int64.optional(),
});

const deadForm = z.object({
  ...mark,
  reason: code,
  status: count.optional(),
  attempts: count,
  at: instant,
  replay: int64.optional(),
});

/** What was given up is kept for so long. */
export const deadKeptMs = 30 * dayMs;

const replayColumn = (replay: number | undefined) => (replay === undefined ? undefined : BigInt(replay));

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
  const replay = replayColumn(row.replay);
  return encode('d', row, { attempts, tries, reason, status, failedAt, nextAt, missing, variant, replay });
}

export function encodeDead(row: DeadRow): Row {
  const { reason, status, attempts, at } = row;
  return encode('x', row, { reason, status, attempts, at, replay: replayColumn(row.replay) });
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeRetry(row: StoredRow): RetryRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'retry') throw brokenRow(row, 'its key is not that of a message being retried');
  const read = readColumns(row, retryForm);
  return { ...placeOf(key), ...read, status: read.status, replay: read.replay };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeDead(row: StoredRow): DeadRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'dead') throw brokenRow(row, 'its key is not that of a dead message');
  const read = readColumns(row, deadForm);
  return { ...placeOf(key), ...read, status: read.status, replay: read.replay };
}

const placeOf = ({ mailboxId, folderId, uidValidity, uid }: Omit<MessageMark, 'key' | 'hash' | 'day'>) => ({
  mailboxId,
  folderId,
  uidValidity,
  uid,
});
