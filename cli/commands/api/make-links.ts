import { z } from 'zod';
import type { BodyOf } from '../../../client/broker-client.ts';
import { readCsv } from '../../api/csv-rows.ts';
import { answerOf, asTyped } from '../../api/typed.ts';
import type { ExitCode } from '../../command.ts';
import type { OverApi } from './command-over-api.ts';
import { eachRow } from './each-row.ts';

const columns = ['label', 'ownerRef', 'destinationId', 'returnUrl', 'syncFrom'];
const link = z.looseObject({ url: z.string() });

/**
 * Makes a connect link for every line of a CSV file: one POST connect-links each. The person who runs it sends the
 * links.
 */
export async function makeLinks(over: OverApi, file: string): Promise<ExitCode> {
  const rows = await readCsv(file, 'expectedAddress', columns);
  return eachRow(over, rows, 'expectedAddress', async (values) => {
    const { expectedAddress, label, ownerRef, destinationId, returnUrl, syncFrom } = values;
    const body = asTyped<BodyOf<'/connect-links'>>({
      expectedAddress,
      label,
      ownerRef,
      destinationId,
      returnUrl,
      syncFrom,
    });
    return (await answerOf(link, over.client.api.POST('/connect-links', { body }))).url;
  });
}
