export type { Sealer, SealPlace } from '../domain/sealing.ts';

/** A version of a secret. */
export interface SecretVersion {
  readonly value: string;
  /** Key Vault's own id of the version: 32 hex digits. */
  readonly version: string;
  readonly expiresOn?: Date;
  readonly createdOn?: Date;
}

/** Key Vault, cached: never read per request or per poll. */
export interface Vault {
  /**
   * The newest enabled version; `fresh` reads past the cache.
   * @throws BrokerError `vault_unreachable` | `vault_forbidden` | `secret_missing`
   */
  secret(name: string, options?: { readonly fresh?: boolean }): Promise<SecretVersion>;
  /** One version by its id; undefined if the vault does not know it or it is disabled (remembered for 5 minutes). */
  secretVersion(name: string, version: string): Promise<SecretVersion | undefined>;
  /** Ids of the enabled versions, newest first; read from the vault at most every 5 minutes. Empty if there is no such secret. */
  versions(name: string): Promise<readonly string[]>;
}

/** Subkeys of the root key by use; `kid` is the id of the root's version (32 hex digits). */
export interface RootKeys {
  current(use: KeyUse): Promise<{ readonly kid: string; readonly key: Uint8Array<ArrayBuffer> }>;
  /** Undefined if no such version is known. */
  byId(use: KeyUse, kid: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * Like {@link byId}, by the first 4 bytes of the id and only among the versions listed at the last look: what an
   * anonymous caller sends can cause no vault read. The list is refreshed at most every 5 minutes.
   */
  byPrefix(
    use: KeyUse,
    prefix: Uint8Array,
  ): Promise<{ readonly kid: string; readonly key: Uint8Array<ArrayBuffer> } | undefined>;
}

export type KeyUse = 'ticket' | 'apikey' | 'attach';

/** Keys for sealing: one per write, derived with the salt that lies beside the value. */
export interface SealKeys {
  currentSealKey(salt: Uint8Array): Promise<{ readonly kid: string; readonly key: Uint8Array<ArrayBuffer> }>;
  sealKey(kid: string, salt: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Id of the newest version of the root key. */
  currentKid(): Promise<string>;
}
