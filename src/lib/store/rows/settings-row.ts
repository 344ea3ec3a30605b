import { z } from 'zod';
import type { MailboxFilter } from '../../domain/mail/filter.ts';
import { brokenRow, columns, int64, json, readColumns } from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import { folderRole } from './folder-role.ts';
import { parseRowKey, settingsRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import type { SettingsRow } from './rows.ts';

// Strict: a condition that this version does not know cannot be left out without another meaning for the rest.
const condition = z.strictObject({
  folder: z.array(z.union([z.strictObject({ role: folderRole }), z.strictObject({ path: z.string() })])).optional(),
  from: z.array(z.string()).optional(),
  to: z.array(z.string()).optional(),
  subject: z.array(z.string()).optional(),
  minSize: z.number().optional(),
  maxSize: z.number().optional(),
  hasAttachment: z.boolean().optional(),
  autoReply: z.boolean().optional(),
  direction: z.enum(['in', 'out']).optional(),
});

/** A filter as it is stored, here and with a link. */
export const storedFilter: z.ZodType<MailboxFilter> = z.strictObject({
  only: condition.optional(),
  except: condition.optional(),
});

const form = z.object({ revision: int64, filter: json(storedFilter).optional() });

export function encodeSettings(row: SettingsRow): Row {
  return {
    partitionKey: partitionOf(row.mailboxId),
    rowKey: settingsRowKey(row.mailboxId),
    values: columns({
      revision: BigInt(row.revision),
      filter: row.filter === undefined ? undefined : JSON.stringify(row.filter),
    }),
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeSettings(row: StoredRow): SettingsRow {
  const key = parseRowKey(row.rowKey);
  if (key?.kind !== 'settings') throw brokenRow(row, 'its key is not that of settings');
  const { revision, filter } = readColumns(row, form);
  return { mailboxId: key.mailboxId, revision, filter };
}

/**
 * The filter of a mailbox whose `a!` says that there is one of `revision`: a later state of the row counts, an earlier
 * one cannot be. @param stored undefined if there is no such row
 * @throws BrokerError `row_broken` | `row_newer`
 */
export function filterIn(
  stored: StoredRow | undefined,
  mailboxId: string,
  revision: number,
): { readonly revision: number; readonly filter: MailboxFilter | undefined } {
  if (stored === undefined) {
    throw brokenRow({ partitionKey: partitionOf(mailboxId), rowKey: settingsRowKey(mailboxId) }, 'it is missing');
  }
  const row = decodeSettings(stored);
  if (row.revision < revision) throw brokenRow(stored, 'it is older than the mailbox says');
  if (row.revision === revision && row.filter === undefined) throw brokenRow(stored, 'its filter is missing');
  return row;
}
