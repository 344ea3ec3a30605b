/** Where a sealed value lies; part of what is authenticated, so a value copied elsewhere does not open. */
export interface SealPlace {
  readonly table: string;
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly column: string;
}

/** Seals values for the rows of Table Storage. Format and keys: vault/seal.ts. */
export interface Sealer {
  seal(place: SealPlace, plain: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  /** @throws BrokerError `seal_broken` if a byte, the place or the key is not the right one */
  open(place: SealPlace, sealed: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  /** True if the value lies under another than the newest root key, and so is to be sealed again on its next write. */
  needsReseal(sealed: Uint8Array): Promise<boolean>;
}
