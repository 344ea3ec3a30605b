import { z } from 'zod';
import { brokenRow, code, columns, instant, int64, pieces, readColumns } from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import { decodeHabit, encodeHabit, habitBytes } from './habit-column.ts';
import { parseRowKey, stateRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import { mailboxStates, type StateRow } from './rows.ts';

const mailboxState = z.enum(mailboxStates);

const form = z.object({
  state: mailboxState,
  code: z.union([z.literal(''), code]).default(''),
  since: instant,
  backoffUntil: instant.optional(),
  answered: int64,
  told: mailboxState.optional(),
  bell: z.enum(['rings', 'silent']).optional(),
  bellSince: instant.optional(),
  habit: pieces(habitBytes, 1),
});

export function encodeState(row: StateRow): Row {
  return {
    partitionKey: partitionOf(row.mailboxId),
    rowKey: stateRowKey(row.mailboxId),
    values: columns({
      state: row.state,
      code: row.code === '' ? undefined : row.code,
      since: row.since,
      backoffUntil: row.backoffUntil,
      answered: BigInt(row.served),
      told: row.told,
      bell: row.bell?.hears,
      bellSince: row.bell?.since,
      habit: row.habit === undefined ? undefined : encodeHabit(row.habit),
    }),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeState(row: StoredRow): StateRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'state') throw brokenRow(row, 'its key is not that of a state');
  const { answered: served, bell: hears, bellSince: since, habit, ...read } = readColumns(row, form);
  const bell = hears === undefined || since === undefined ? undefined : { hears, since };
  return {
    mailboxId: key.mailboxId,
    ...read,
    ...{ served, backoffUntil: read.backoffUntil, told: read.told, bell, habit: decodeHabit(habit) },
  };
}
