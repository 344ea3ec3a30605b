import type { TokenCredential } from '@azure/identity';
import type { Config } from '../config.ts';
import type { Clock } from '../domain/clock.ts';
import { hourMs } from '../domain/duration.ts';
import { BrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { keyVaultSource, type SecretSource } from './key-vault.ts';
import { createMemo } from './memo.ts';
import { absentSecret, disabledSecret, disabledVersion } from './missing-secret.ts';
import type { SecretVersion, Vault, VersionEntry } from './types.ts';
import { isPassing } from './vault-error.ts';

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

/** The longest that an instance continues with a version after a newer one was made. */
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
    survives: isPassing,
    onStale: (key: string, error: unknown) => log.error('vault.stale', error, { secret: key }),
  };
  const newest = createMemo<SecretVersion>({ ...common, ttlMs: () => secretTtlMs });
  const byVersion = createMemo<SecretVersion | undefined>({
    ...common,
    ttlMs: (value) => (value === undefined ? unknownVersionTtlMs : knownVersionTtlMs),
  });
  // Anonymous callers ask for it: however it ended, they cause no other look before its time.
  const lists = createMemo<readonly VersionEntry[]>({
    ...common,
    ttlMs: () => versionsTtlMs,
    failureMs: versionsTtlMs,
  });

  const last = new Map<string, string>();
  const missing = (detail: string) => new BrokerError('secret_missing', { detail });

  const readNewest = async (name: string): Promise<SecretVersion> => {
    const found = await source.get(name);
    // Key Vault answers "the newest" with 403 if that version is disabled, even if older ones are enabled.
    const secret = typeof found === 'string' ? await newestEnabled(name) : found;
    if (secret === undefined) throw missing(found === 'disabled' ? disabledSecret(name) : absentSecret(name));
    byVersion.put(`${name}/${secret.version}`, secret);
    // What is made under a new version opens here at once: a list from before it would not have it.
    if (last.get(name) !== secret.version) lists.drop(name);
    last.set(name, secret.version);
    return secret;
  };
  const newestEnabled = async (name: string): Promise<SecretVersion | undefined> => {
    for (const { id, enabled } of await source.versions(name)) {
      const secret = enabled ? await source.get(name, id) : 'disabled';
      if (typeof secret !== 'string') return secret;
    }
    return undefined;
  };
  const readVersion = async (name: string, version: string): Promise<SecretVersion | undefined> => {
    const found = await source.get(name, version);
    if (found === 'disabled') throw missing(disabledVersion(name));
    if (found !== 'absent') return found;
    // Unknown, if there is the secret at all: of one that was deleted no version is there, and all come back with it.
    await newest.get(name, () => readNewest(name), { fresh: true });
    return undefined;
  };
  const readVersions = async (name: string): Promise<readonly VersionEntry[]> => {
    const found = await source.versions(name);
    if (found.some(({ enabled }) => enabled)) return found;
    throw missing(found.length > 0 ? disabledSecret(name) : absentSecret(name));
  };

  return {
    secret: (name, options) => newest.get(name, () => readNewest(name), options),
    async secretVersion(name, version) {
      if (!versionForm.test(version)) return undefined;
      return byVersion.get(`${name}/${version}`, () => readVersion(name, version));
    },
    versions: (name, options) => lists.get(name, () => readVersions(name), options),
  };
}
