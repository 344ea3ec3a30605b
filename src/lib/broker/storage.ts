import { createApiKeys } from '../access/api-keys.ts';
import { clientSecretIn } from '../entra/credential.ts';
import { createApiKeyRows } from '../store/deployment/api-keys.ts';
import { createAudit } from '../store/deployment/audit.ts';
import { createLastRuns } from '../store/deployment/last-runs.ts';
import { createNotices } from '../store/deployment/notices.ts';
import { createWorkQueue } from '../store/deployment/work-queue.ts';
import { createDestinationRows } from '../store/destinations/destinations.ts';
import { createGrants } from '../store/grants/grants.ts';
import { createSignInStates } from '../store/links/sign-in-states.ts';
import { createRegistry } from '../store/mailboxes/create-registry.ts';
import { createDeliveries } from '../store/mailboxes/deliveries.ts';
import { createOwnChanges } from '../store/mailboxes/own-changes.ts';
import { createDirectory } from '../store/shard/directory.ts';
import { createAzureStore } from '../store/table/azure-table.ts';
import { createBlobs } from '../store/table/blobs.ts';
import { azureCredential } from '../vault/azure-credential.ts';
import { createVault } from '../vault/reader.ts';
import { createRootKeys, rootBytes, rootSecretName } from '../vault/root-keys.ts';
import { createSealer } from '../vault/seal.ts';
import type { SecretVersion } from '../vault/types.ts';
import { watchVault } from '../vault/watch.ts';
import type { Base } from './base.ts';

/** Where the broker keeps things: the vault, the keys that seal, and the tables. */
export function composeStorage({ config, environment, log, clock, random }: Base) {
  const credential = azureCredential(config, environment);
  const secretName = config.entra.credential === 'secret' ? config.entra.clientSecretName : undefined;
  const { vault, trouble, look } = watchVault({
    vault: createVault(config, { credential, clock, log }),
    needed: [
      { name: rootSecretName, check: rootBytes, isListed: true },
      ...(secretName === undefined
        ? []
        : [{ name: secretName, check: ({ value }: SecretVersion) => clientSecretIn(value, secretName) }]),
    ],
    log,
    later: (ms, run) => void setTimeout(run, ms).unref(),
  });
  const rootKeys = createRootKeys(vault, clock);
  const sealer = createSealer({ keys: rootKeys, random });
  const store = createAzureStore(config, { clock, credential });
  const grants = createGrants({ store, sealer, clock, random, log });
  const directory = createDirectory({ store, clock, random });
  return {
    credential,
    /** The name of the client secret in the vault; undefined where a managed identity or a certificate stands in for it. */
    secretName,
    vault,
    trouble,
    lookAtSecrets: look,
    rootKeys,
    sealer,
    store,
    grants,
    directory,
    registry: createRegistry({ store, clock, random, grants, log }),
    deliveries: createDeliveries({ store, directory, clock, log }),
    destinationRows: createDestinationRows({ store, sealer }),
    signInStates: createSignInStates({ table: store.table('states'), sealer }),
    audit: createAudit({ table: store.table('audit'), clock, random, log }),
    ownChanges: createOwnChanges({ store }),
    notices: createNotices({ store, clock, random }),
    queue: createWorkQueue(environment, credential),
    /** The content of messages that have not been sent yet, sealed. */
    blobs: createBlobs('outgoing', environment, credential),
    lastRuns: createLastRuns({ store, clock, random }),
    apiKeys: createApiKeys({
      rows: createApiKeyRows(store.table('keys')),
      rootKeys,
      clock,
      random,
      log,
      bootstrap: config.inAzure ? vault : undefined,
    }),
  };
}

export type Storage = ReturnType<typeof composeStorage>;
