import type { Scope } from '../domain/scope.ts';

export type { Scope } from '../domain/scope.ts';

/** Who sends a request: the API key behind it, as far as an endpoint needs to know it. */
export interface Caller {
  /** Id of the key; names the actor in the audit. */
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  /** The mailboxes that the key is limited to; undefined for no limit. */
  readonly mailboxes: readonly string[] | undefined;
  /** The destinations that the key is limited to; undefined for no limit. */
  readonly destinations: readonly string[] | undefined;
  readonly expiresAt: Date | undefined;
  /** The first key of a deployment, from Key Vault: good for making real keys and for the doctor, for nothing else. */
  readonly bootstrap: boolean;
}

/** The caller of an endpoint that needs no key: no scope, and no mailbox or destination is within its reach. */
export const anonymous: Caller = {
  keyId: '',
  scopes: [],
  mailboxes: [],
  destinations: [],
  expiresAt: undefined,
  bootstrap: false,
};

/** False for a mailbox outside the key's list, which then counts as unknown (404). */
export const mayUseMailbox = (caller: Caller, mailboxId: string): boolean =>
  caller.mailboxes === undefined || caller.mailboxes.includes(mailboxId);

/** False for a destination outside the key's list, which then counts as unknown (404). */
export const mayUseDestination = (caller: Caller, destinationId: string): boolean =>
  caller.destinations === undefined || caller.destinations.includes(destinationId);

/** What a caller may see, for parts that look at all mailboxes and destinations. */
export const reachOf = (caller: Caller) => ({
  isLimited: caller.mailboxes !== undefined || caller.destinations !== undefined,
  mailbox: (id: string) => mayUseMailbox(caller, id),
  destination: (id: string) => mayUseDestination(caller, id),
});

/** Checks the Authorization header of a request. */
export interface KeyVerifier {
  /**
   * @throws BrokerError `key_missing` | `key_invalid` | `nocobase_session_token`
   */
  verify(authorization: string | null): Promise<Caller>;
}
