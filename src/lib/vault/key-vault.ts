import type { TokenCredential } from '@azure/identity';
import type { SecretClient } from '@azure/keyvault-secrets';
import type { Config } from '../config.ts';
import type { SecretVersion, VersionEntry } from './types.ts';
import { absenceIn, vaultError } from './vault-error.ts';

/** Key Vault without a cache. */
export interface SecretSource {
  /** The newest version, be it enabled or not, or the one that is named. */
  get(name: string, version?: string): Promise<SecretVersion | 'absent' | 'disabled'>;
  /** Newest first; empty if there is no such secret. */
  versions(name: string): Promise<readonly VersionEntry[]>;
}

// One table call or token request takes far less; the SDK itself would wait for minutes.
const timeoutMs = 10_000;

/**
 * Key Vault over its SDK, which is loaded at the first read.
 * @throws BrokerError as vault-error.ts tells it
 */
export function keyVaultSource(
  config: Pick<Config, 'keyVaultUrl' | 'inAzure'>,
  credential: TokenCredential,
): SecretSource {
  const load = async (): Promise<SecretClient> => {
    const { SecretClient } = await import('@azure/keyvault-secrets');
    return new SecretClient(config.keyVaultUrl, credential, {
      // A vault of one's own on localhost cannot name a resource under its own domain, as the SDK wants to see it.
      disableChallengeResourceVerification: !config.inAzure && new URL(config.keyVaultUrl).hostname === 'localhost',
      retryOptions: { maxRetries: 1, retryDelayInMs: 300, maxRetryDelayInMs: 1_000 },
    });
  };
  let client: Promise<SecretClient> | undefined;
  const connect = (): Promise<SecretClient> => {
    client ??= load();
    return client;
  };

  return {
    async get(name, version) {
      const vault = await connect();
      try {
        const secret = await vault.getSecret(name, {
          ...(version === undefined ? {} : { version }),
          abortSignal: AbortSignal.timeout(timeoutMs),
        });
        const { expiresOn, createdOn } = secret.properties;
        return {
          value: secret.value ?? '',
          version: secret.properties.version ?? '',
          ...(expiresOn === undefined ? {} : { expiresOn }),
          ...(createdOn === undefined ? {} : { createdOn }),
        };
      } catch (error) {
        const absence = absenceIn(error);
        if (absence !== undefined) return absence;
        throw vaultError(error);
      }
    },
    async versions(name) {
      const vault = await connect();
      const found: { entry: VersionEntry; created: number }[] = [];
      try {
        const options = { abortSignal: AbortSignal.timeout(timeoutMs) };
        for await (const properties of vault.listPropertiesOfSecretVersions(name, options)) {
          const { version: id, enabled = true, createdOn } = properties;
          if (id !== undefined) found.push({ entry: { id, enabled }, created: createdOn?.getTime() ?? 0 });
        }
      } catch (error) {
        if (absenceIn(error) !== undefined) return [];
        throw vaultError(error);
      }
      return found.sort((one, other) => other.created - one.created).map(({ entry }) => entry);
    },
  };
}
