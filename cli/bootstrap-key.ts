import { parseArgs } from 'node:util';
import { systemRandom } from '../src/lib/domain/system.ts';
import { bootstrapKeyId, formatApiKey, newApiKey } from '../src/lib/http/api-key.ts';
import { type Command, UsageError } from './command.ts';

/** `broker bootstrap-key` */
export const bootstrapKey: Command = {
  summary: 'make the first key of a deployment, to be put into Key Vault',
  help: `Usage: broker bootstrap-key | az keyvault secret set --vault-name VAULT --name bootstrap-admin-key --file /dev/stdin --encoding utf-8 --output none

Prints a new key and nothing else. As the secret bootstrap-admin-key in Key Vault it may make other keys, and nothing more;
delete the secret once there is a real key. Pipe it, as above: whoever sees it can make keys of every kind.

It reads no setting and asks nobody.`,

  async run(args, io) {
    try {
      parseArgs({ args: [...args], options: {} });
    } catch {
      throw new UsageError('broker bootstrap-key takes no arguments.');
    }
    io.out(formatApiKey({ ...newApiKey(systemRandom), id: bootstrapKeyId }));
    return 0;
  },
};
