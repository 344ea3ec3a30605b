export type { Sealer, SealPlace } from '../domain/sealing.ts';

/** A version of a secret. */
export interface SecretVersion {
  readonly value: string;
  /** Key Vault's own id of the version: 32 hex digits. */
  readonly version: string;
  readonly expiresOn?: Date;
  readonly createdOn?: Date;
}

/** A version of a secret, as a list names it. */
export interface VersionEntry {
  readonly id: string;
  readonly enabled: boolean;
}

/**
 * Key Vault, cached: never read per request or per poll.
 * @throws BrokerError `secret_missing` where a secret is not there or disabled, and what vault-error.ts tells
 */
export interface Vault {
  /** The newest enabled version; `fresh` reads past the cache. */
  secret(name: string, options?: { readonly fresh?: boolean }): Promise<SecretVersion>;
  /**
   * One version by its id; undefined if the vault has the secret and does not know the version (remembered for 5
   * minutes). A version that is disabled, and a secret that is gone as a whole, are missing: what lies under them is good,
   * and opens again once they are back.
   */
  secretVersion(name: string, version: string): Promise<SecretVersion | undefined>;
  /**
   * The versions, newest first, at least one of them enabled. Read from the vault at most every 5 minutes, a failure
   * included, because anonymous callers ask for it; `fresh` reads past the cache.
   */
  versions(name: string, options?: { readonly fresh?: boolean }): Promise<readonly VersionEntry[]>;
}

/** Subkeys of the root key by use; `kid` is the id of the root's version (32 hex digits). */
export interface RootKeys {
  current(use: KeyUse): Promise<{ readonly kid: string; readonly key: Uint8Array<ArrayBuffer> }>;
  /** Undefined if no such version is known. @throws BrokerError `secret_missing` if it is disabled, or there is no root key */
  byId(use: KeyUse, kid: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * Like {@link byId}, by the first 4 bytes of the id and only among the versions listed at the last look: what an
   * anonymous caller sends can cause no vault read. The list is refreshed at most every 5 minutes.
   * @throws BrokerError `secret_missing` if the version is disabled, or there is no root key
   */
  byPrefix(
    use: KeyUse,
    prefix: Uint8Array,
  ): Promise<{ readonly kid: string; readonly key: Uint8Array<ArrayBuffer> } | undefined>;
}

export type KeyUse = 'ticket' | 'apikey' | 'attach' | 'bell';

/** Keys for sealing: one per write, derived with the salt that lies beside the value. */
export interface SealKeys {
  currentSealKey(salt: Uint8Array): Promise<{ readonly kid: string; readonly key: Uint8Array<ArrayBuffer> }>;
  sealKey(kid: string, salt: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Id of the newest version of the root key. */
  currentKid(): Promise<string>;
}
