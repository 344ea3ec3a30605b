import type { Running } from '../running.ts';

/** Ways in which Key Vault says no that are not about a secret. */
export type VaultRefusal = 'firewall' | 'no public access' | 'role' | 'another tenant' | 'throttled';

export interface VaultStandIn extends Running {
  /** `https://localhost:PORT`, the KEY_VAULT_URL setting. */
  readonly url: string;
  /** Adds a version and makes it the newest. Answers its id (32 hex digits). */
  set(name: string, value: string, attributes?: SecretAttributes): string;
  /** Changes the attributes of a version (the newest if left out). */
  change(name: string, attributes: SecretAttributes, version?: string): void;
  /** Values of the versions that are enabled and not expired, newest first. */
  live(name: string): readonly string[];
  remove(name: string): void;
  recover(name: string): void;
  /** Answers 503 until called with false. */
  down(isDown?: boolean): void;
  /** Refuses every request in this way, until called without one. */
  refuse(how?: VaultRefusal): void;
  /** Waits this long before every answer. */
  slow(delayMs: number): void;
  requests(): number;
}

export interface SecretAttributes {
  readonly enabled?: boolean;
  readonly expiresOn?: Date;
  readonly notBefore?: Date;
  /** As if it had been made then. */
  readonly createdOn?: Date;
}

export interface IdentityStandIn extends Running {
  /** IDENTITY_ENDPOINT. */
  readonly endpoint: string;
  /** IDENTITY_HEADER. */
  readonly header: string;
  /** AZURE_CLIENT_ID: client id of the user-assigned identity. */
  readonly clientId: string;
  /** True if `token` was issued here for `audience` and has not run out. */
  verify(token: string, audience: string): boolean;
  down(isDown?: boolean): void;
  requests(): number;
}
