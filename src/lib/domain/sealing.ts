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

/** A row that hangs on the root key, as a look through its table found it. */
export interface KeyedRow {
  /** What {@link KeyedRows.renew} takes; also names it to a person. */
  readonly id: string;
  /**
   * `old`: under an older version than the newest. `broken`: it cannot be read, or does not count, so that it can be
   * neither used nor renewed.
   */
  readonly state: 'newest' | 'old' | 'broken';
}

/** Rows that depend on the root key for a while and then expire; they are not renewed. */
export interface ExpiringRows {
  readonly kind: string;
  /** How many hang on a version that was the newest before `before`, and when the last of them ends. */
  waiting(before: Date): Promise<{ readonly count: number; readonly until: Date | undefined }>;
}

/** Rows of one kind that hang on the root key, because they are sealed or carry a MAC of ours. */
export interface KeyedRows {
  readonly kind: string;
  scan(): AsyncIterable<KeyedRow>;
  /**
   * Brings a row under the newest version, by its ETag; nothing to do if it is there already, or gone.
   * @throws BrokerError `seal_broken` and what the vault and the table throw
   */
  renew(id: string): Promise<void>;
}
