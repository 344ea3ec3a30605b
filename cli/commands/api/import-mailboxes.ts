import { z } from 'zod';
import { readCsv } from '../../api/csv-rows.ts';
import type { ExitCode } from '../../command.ts';
import type { OverApi } from './command-over-api.ts';
import { eachRow } from './each-row.ts';

const columns = ['viaMailboxId', 'auth', 'tenantId', 'login', 'destinationId', 'label', 'ownerRef', 'syncFrom'];
const added = z.looseObject({ id: z.string() });

/** Adds the mailboxes of a CSV file, each by one POST mailboxes. Adding one that is there already changes nothing. */
export async function importMailboxes(over: OverApi, file: string): Promise<ExitCode> {
  const rows = await readCsv(file, 'address', columns);
  return eachRow(
    over,
    rows,
    'address',
    async (values) => added.parse(await over.client.call('POST', 'mailboxes', values)).id,
  );
}
