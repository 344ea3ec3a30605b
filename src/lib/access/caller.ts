import type { Scope } from '../domain/scope.ts';

export type { Scope } from '../domain/scope.ts';

/** Who sends a request: the API key behind it, as far as an endpoint needs to know it. */
export interface Caller {
  /** Id of the key; names the actor in the audit. */
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  /** The mailboxes that the key lists; undefined if it lists none. See {@link isLimited}. */
  readonly mailboxes: readonly string[] | undefined;
  /** The destinations that the key lists; undefined if it lists none. */
  readonly destinations: readonly string[] | undefined;
  readonly expiresAt: Date | undefined;
  /** The first key of a deployment, from Key Vault: it may create real keys and call the doctor, nothing else. */
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

/** A mailbox, as far as it matters for whether a key may know of it. */
export interface MailboxToCheck {
  readonly id: string;
  readonly destinationId: string;
}

/** A key that is limited in one way is limited in all: what it does not list it may not change. */
export const isLimited = (caller: Pick<Caller, 'mailboxes' | 'destinations'>): boolean =>
  caller.mailboxes !== undefined || caller.destinations !== undefined;

/**
 * False for a destination that a limited key does not list, which then counts as unknown (404). A key that lists only
 * mailboxes has no destination: a caller who may change one gets the mail of all mailboxes that deliver there.
 */
export const mayUseDestination = (caller: Caller, destinationId: string): boolean =>
  caller.destinations?.includes(destinationId) ?? !isLimited(caller);

/**
 * False for a mailbox that a key may not know of, which then counts as unknown (404): one that it does not list, or one
 * whose mail goes to a destination that it does not list. A key that lists only destinations sees the mailboxes whose
 * mail goes there.
 */
export const maySeeMailbox = (caller: Caller, { id, destinationId }: MailboxToCheck): boolean =>
  (caller.mailboxes?.includes(id) ?? true) && (caller.destinations?.includes(destinationId) ?? true);

/** Whether a key that sees a mailbox may change it, too: a limited one has to list it. */
export const mayChangeMailbox = (caller: Caller, mailbox: MailboxToCheck): boolean =>
  maySeeMailbox(caller, mailbox) && (caller.mailboxes !== undefined || !isLimited(caller));

/** What a caller may see, for parts that look at all mailboxes and destinations. */
export const accessOf = (caller: Caller) => ({
  isLimited: isLimited(caller),
  mailbox: (mailbox: MailboxToCheck) => maySeeMailbox(caller, mailbox),
  destination: (id: string) => mayUseDestination(caller, id),
});

/** Checks the Authorization header of a request. */
export interface KeyVerifier {
  /**
   * @throws BrokerError `key_missing` | `key_invalid` | `nocobase_session_token`
   */
  verify(authorization: string | null): Promise<Caller>;
}
