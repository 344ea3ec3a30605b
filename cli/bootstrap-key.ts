import { bootstrapKeyId, formatApiKey, newApiKey } from '../src/lib/access/api-key.ts';
import { systemRandom } from '../src/lib/domain/system.ts';
import type { AddCommand } from './command.ts';

const more = `
As the secret bootstrap-admin-key in Key Vault it may only create other keys; disable it once there is a real
key. Anyone who sees it can create any key, so pipe it:

  broker bootstrap-key | az keyvault secret set --vault-name VAULT --name bootstrap-admin-key --file /dev/stdin --encoding utf-8 --output none

It reads no setting and asks nobody. broker deploy makes one by itself.`;

/** `broker bootstrap-key` */
export const addBootstrapKey: AddCommand = (program, io, ended) => {
  program
    .command('bootstrap-key')
    .description('print the first key of a deployment, to be put into Key Vault')
    .option('--json', 'one JSON object, for programs')
    .addHelpText('after', more)
    .action(({ json = false }: { json?: boolean }) => {
      const key = formatApiKey({ ...newApiKey(systemRandom), id: bootstrapKeyId });
      io.out(json ? JSON.stringify({ key }) : key);
      ended(0);
    });
};
