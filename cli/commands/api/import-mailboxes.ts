import { z } from 'zod';
import type { BodyOf } from '../../../client/broker-client.ts';
import { readCsv } from '../../api/csv-rows.ts';
import { answerOf, asTyped } from '../../api/typed.ts';
import type { ExitCode } from '../../command.ts';
import type { OverApi } from './command-over-api.ts';
import { eachRow } from './each-row.ts';

const columns = ['viaMailboxId', 'auth', 'tenantId', 'login', 'destinationId', 'label', 'ownerRef', 'syncFrom'];
const added = z.looseObject({ id: z.string() });

/** Adds the mailboxes of a CSV file, each by one POST mailboxes. Adding one that is there already changes nothing. */
export async function importMailboxes(over: OverApi, file: string): Promise<ExitCode> {
  const rows = await readCsv(file, 'address', columns);
  return eachRow(over, rows, 'address', async (values) => {
    const { address, viaMailboxId, auth, tenantId, login, destinationId, label, ownerRef, syncFrom } = values;
    const body = asTyped<BodyOf<'/mailboxes'>>({
      address,
      viaMailboxId,
      auth,
      tenantId,
      login,
      destinationId,
      label,
      ownerRef,
      syncFrom,
    });
    return (await answerOf(added, over.client.api.POST('/mailboxes', { body }))).id;
  });
}
