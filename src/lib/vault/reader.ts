import type { TokenCredential } from '@azure/identity';
import type { Config } from '../config.ts';
import type { Clock } from '../domain/clock.ts';
import { hourMs } from '../domain/duration.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { keyVaultSource, type SecretSource } from './key-vault.ts';
import { createMemo } from './memo.ts';
import type { SecretVersion, Vault } from './types.ts';

export interface VaultDeps {
  readonly credential: TokenCredential;
  readonly clock: Clock;
  readonly log: Log;
  /** Stands in for Key Vault's SDK in tests. */
  readonly source?: SecretSource;
}

// A rotated secret is taken up within 5 minutes; reading per poll would cost money and be throttled.
const secretTtlMs = 5 * 60_000;
const versionsTtlMs = 5 * 60_000;
const unknownVersionTtlMs = 5 * 60_000;
// The value of a version never changes; it is read again only to notice that it was disabled.
const knownVersionTtlMs = 10 * 60_000;
// While the vault cannot be reached, the last known values carry the broker over an outage of this length.
const staleMs = hourMs;
const failureMs = 5_000;

/** The longest that an instance goes on with a version after a newer one was made. */
export const longestUseMs = secretTtlMs + staleMs;

const versionForm = /^[0-9a-f]{32}$/;

/** Key Vault with a cache: each value read once however many ask, errors as BrokerErrors. */
export function createVault(config: Pick<Config, 'keyVaultUrl' | 'inAzure'>, deps: VaultDeps): Vault {
  const { clock, log } = deps;
  const source = deps.source ?? keyVaultSource(config, deps.credential);
  const common = {
    clock,
    staleMs,
    failureMs,
    survives: (error: unknown) => isBrokerError(error, 'vault_unreachable'),
    onStale: (key: string, error: unknown) => log.error('vault_stale', error, { secret: key }),
  };
  const newest = createMemo<SecretVersion>({ ...common, ttlMs: () => secretTtlMs });
  const byVersion = createMemo<SecretVersion | undefined>({
    ...common,
    ttlMs: (value) => (value === undefined ? unknownVersionTtlMs : knownVersionTtlMs),
  });
  const lists = createMemo<readonly string[]>({ ...common, ttlMs: () => versionsTtlMs });

  const readNewest = async (name: string): Promise<SecretVersion> => {
    const secret = (await source.get(name)) ?? (await newestEnabled(name));
    if (secret === undefined) {
      throw new BrokerError('secret_missing', {
        detail: `The secret ${name} is not in Key Vault, or all its versions are disabled.`,
      });
    }
    byVersion.put(`${name}/${secret.version}`, secret);
    return secret;
  };
  // Key Vault answers "the newest" with 403 if that one is disabled, whatever versions lie below it.
  const newestEnabled = async (name: string): Promise<SecretVersion | undefined> => {
    for (const version of await source.versions(name)) {
      const secret = await source.get(name, version);
      if (secret !== undefined) return secret;
    }
    return undefined;
  };

  return {
    secret: (name, options) => newest.get(name, () => readNewest(name), options),
    async secretVersion(name, version) {
      if (!versionForm.test(version)) return undefined;
      return byVersion.get(`${name}/${version}`, () => source.get(name, version));
    },
    versions: (name) => lists.get(name, () => source.versions(name)),
  };
}
