/** A version of a secret. */
export interface SecretVersion {
  readonly value: string;
  /** Key Vault's own id of the version: 32 hex digits. */
  readonly version: string;
  readonly expiresOn?: Date;
}

/** Key Vault, cached: never read per request or per poll. */
export interface Vault {
  /** The newest enabled version; `fresh` reads past the cache. @throws BrokerError `vault_unreachable` | `secret_missing` */
  secret(name: string, options?: { readonly fresh?: boolean }): Promise<SecretVersion>;
  /** One version by its id; undefined if the vault does not know it (remembered for 5 minutes). */
  secretVersion(name: string, version: string): Promise<SecretVersion | undefined>;
}

/** Where a sealed value lies; part of what is authenticated, so a value copied elsewhere does not open. */
export interface SealPlace {
  readonly table: string;
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly column: string;
}

/** AES-256-GCM under a key of its own per write; format and key derivation in seal.ts. */
export interface Sealer {
  seal(place: SealPlace, plain: Uint8Array): Promise<Uint8Array>;
  /** @throws BrokerError `seal_broken` if a byte, the place or the key is not the right one */
  open(place: SealPlace, sealed: Uint8Array): Promise<Uint8Array>;
}

/** Subkeys of the root key by use; `kid` is the id of the root's version. */
export interface RootKeys {
  current(use: KeyUse): Promise<{ readonly kid: string; readonly key: Uint8Array }>;
  /** Undefined if no such version is known. */
  byId(use: KeyUse, kid: string): Promise<Uint8Array | undefined>;
  /**
   * Like {@link byId}, by the first 4 bytes of the id and only among versions already cached: an anonymous caller can
   * cause no vault read. The list is refreshed at most every 5 minutes.
   */
  byPrefix(use: KeyUse, prefix: Uint8Array): Promise<{ readonly kid: string; readonly key: Uint8Array } | undefined>;
}

export type KeyUse = 'ticket' | 'apikey' | 'attach';
