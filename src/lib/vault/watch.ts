import { BrokerError, isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SecretVersion, Vault } from './types.ts';

/** A secret without which the broker cannot do its work. */
export interface NeededSecret {
  readonly name: string;
  /** Throws if what the vault holds under the name is no such thing. */
  readonly check: (secret: SecretVersion) => unknown;
  /** Whether the list of its versions is needed too. */
  readonly isListed?: boolean;
}

/** A vault that remembers which of the needed secrets could not be had, and keeps looking for them. */
export interface WatchedVault {
  readonly vault: Vault;
  /** Why a needed secret could not be had at the last look; undefined if all is well, or not checked yet. No I/O. */
  trouble(): BrokerError | undefined;
  /**
   * Checks whether all needed secrets can be read; reads only if the cache has expired. For a timer, so that a fault
   * from the start is reported before the first person meets it. Never rejects.
   */
  look(): Promise<void>;
}

export interface VaultWatchDeps {
  readonly vault: Vault;
  readonly needed: readonly NeededSecret[];
  readonly log: Log;
  /** Runs something after a while; nothing waits for it, and no process lives on for its sake. */
  readonly later: (ms: number, run: () => void) => void;
}

/**
 * While a needed secret is missing the watch itself looks for it, so that it is found within this time, no matter who
 * asks:
 * the requests of anonymous callers cause no look of their own. 17,000 reads a day, while it lasts.
 */
const lookEveryMs = 5_000;

/** Watches over what a vault answers for the needed secrets; all else passes through. */
export function watchVault({ vault, needed, log, later }: VaultWatchDeps): WatchedVault {
  const troubles = new Map<string, BrokerError>();
  /** Names that were looked at a moment ago. */
  const rested = new Set<string>();
  const find = (name: string) => needed.find((secret) => secret.name === name);

  const lookFor = async (secret: NeededSecret): Promise<void> => {
    try {
      secret.check(await vault.secret(secret.name, { fresh: true }));
      if (secret.isListed === true) await vault.versions(secret.name, { fresh: true });
      if (troubles.delete(secret.name)) log.info('vault.secret_recovered', { secret: secret.name });
    } catch (error) {
      note(secret, error);
      later(lookEveryMs, () => void lookFor(secret));
    }
  };

  function note(secret: NeededSecret, error: unknown): void {
    const told = isBrokerError(error) ? error : new BrokerError('internal_error', { cause: error });
    const isNew = !troubles.has(secret.name);
    if (isNew || troubles.get(secret.name)?.code !== told.code)
      log.error('vault.secret_unavailable', told, { secret: secret.name });
    troubles.set(secret.name, told);
  }

  /** Runs a request; where it fails, or brings what is of no use, the watch begins. */
  const watched = async <T>(name: string, request: () => Promise<T>, check?: (value: T) => unknown): Promise<T> => {
    const secret = find(name);
    if (secret === undefined) return request();
    try {
      const value = await request();
      check?.(value);
      return value;
    } catch (error) {
      if (!troubles.has(name)) {
        note(secret, error);
        later(lookEveryMs, () => void lookFor(secret));
      }
      throw error;
    }
  };

  /** A single version may be missing, which does not affect all: reading the newest shows. */
  const watchedVersion = async (name: string, version: string): Promise<SecretVersion | undefined> => {
    const secret = find(name);
    try {
      const found = await vault.secretVersion(name, version);
      if (found !== undefined) secret?.check(found);
      return found;
    } catch (error) {
      if (secret !== undefined && !troubles.has(name) && !rested.has(name)) {
        rested.add(name);
        later(lookEveryMs, () => void rested.delete(name));
        void lookFor(secret);
      }
      throw error;
    }
  };

  const watching: Vault = {
    secret: (name, options) => watched(name, () => vault.secret(name, options), find(name)?.check),
    secretVersion: watchedVersion,
    versions: (name, options) => watched(name, () => vault.versions(name, options)),
  };
  return {
    vault: watching,
    // What fails has been noted, and is looked for from then on.
    look: async () => void (await Promise.allSettled(needed.map(({ name }) => watching.secret(name)))),
    trouble: () => troubles.values().next().value,
  };
}
