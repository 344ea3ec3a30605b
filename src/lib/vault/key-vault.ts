import type { TokenCredential } from '@azure/identity';
import type { SecretClient } from '@azure/keyvault-secrets';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { BrokerError } from '../errors.ts';
import type { SecretVersion } from './types.ts';

/** Key Vault without a cache. */
export interface SecretSource {
  /** The newest version, or the one that is named; undefined if there is none or it is disabled. */
  get(name: string, version?: string): Promise<SecretVersion | undefined>;
  /** Ids of the enabled versions, newest first; empty if there is no such secret. */
  versions(name: string): Promise<readonly string[]>;
}

// One table call or token request takes far less; the SDK itself would wait for minutes.
const timeoutMs = 10_000;

/**
 * Key Vault over its SDK, which is loaded at the first read.
 * @throws BrokerError `vault_unreachable` | `vault_forbidden`
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
        if (meansAbsent(error)) return undefined;
        throw vaultError(error);
      }
    },
    async versions(name) {
      const vault = await connect();
      const found: { id: string; created: number }[] = [];
      try {
        const options = { abortSignal: AbortSignal.timeout(timeoutMs) };
        for await (const properties of vault.listPropertiesOfSecretVersions(name, options)) {
          if (properties.enabled === false || properties.version === undefined) continue;
          found.push({ id: properties.version, created: properties.createdOn?.getTime() ?? 0 });
        }
      } catch (error) {
        if (meansAbsent(error)) return [];
        throw vaultError(error);
      }
      return found.sort((one, other) => other.created - one.created).map(({ id }) => id);
    },
  };
}

const restError = z.object({
  statusCode: z.number(),
  details: z
    .object({ error: z.object({ code: z.string().optional(), innerError: z.object({ code: z.string() }).optional() }) })
    .optional()
    .catch(undefined),
});

/** 404, and the 403 by which Key Vault says that the version is disabled (inner code SecretDisabled). */
function meansAbsent(error: unknown): boolean {
  const { data } = restError.safeParse(error);
  if (data?.statusCode === 404) return true;
  return data?.statusCode === 403 && data.details?.error.innerError?.code === 'SecretDisabled';
}

// Errors of @azure/identity; told apart by name because its classes are not loaded here.
const identityErrors = ['CredentialUnavailableError', 'AuthenticationError', 'AuthenticationRequiredError'];

function vaultError(cause: unknown): BrokerError {
  const { data } = restError.safeParse(cause);
  if (data !== undefined && [401, 403].includes(data.statusCode)) return new BrokerError('vault_forbidden', { cause });
  if (cause instanceof Error && identityErrors.includes(cause.name)) {
    return new BrokerError('vault_forbidden', { cause, detail: 'The app has no identity to show to Key Vault.' });
  }
  return new BrokerError('vault_unreachable', { cause });
}
