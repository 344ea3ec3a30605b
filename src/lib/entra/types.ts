import type { GrantKey } from '../domain/grant.ts';
import type { GraphMailPermission } from '../domain/graph-permissions.ts';
import type { GrantRef } from '../store/rows/rows.ts';

export type { GrantKey, GrantStatus } from '../domain/grant.ts';

/**
 * Which API a token is for, and what for: IMAP and SMTP, who someone is, or mail by Graph. A token request names scopes
 * of one resource only (AADSTS28000 otherwise).
 */
export type Resource = 'outlook' | 'graph' | 'graph_mail';

/** A short-lived token, as callers may have it. Never a refresh token. */
export interface AccessToken {
  readonly accessToken: string;
  readonly expiresAt: Date;
  /** As granted, which may be less than asked. */
  readonly scopes: readonly string[];
  /** `preferred_username` at the last sign-in; '' for a token of the app itself. */
  readonly username: string;
}

/** What the browser needs to be sent to Microsoft, and what must be kept (sealed) until it comes back. */
export interface SignInStart {
  readonly url: string;
  readonly verifier: string;
  readonly nonce: string;
}

/** What came back with the browser, and what was kept of the way there. */
export interface SignInReturn {
  readonly code: string;
  readonly state: string;
  readonly redirectUri: string;
  readonly verifier: string;
  readonly nonce: string;
}

export interface SignInOptions {
  readonly state: string;
  readonly redirectUri: string;
  /** The address to sign in with, where one is known. */
  readonly loginHint?: string;
  /**
   * True on a first connect: Microsoft then asks which account. A `loginHint` wins over it, since MSAL drops the hint
   * with prompt=select_account and the hinted account is the one that is wanted.
   */
  readonly selectAccount?: boolean;
  /** True asks for what the broker cannot do without, and no more: mail permissions of Graph were refused a moment ago. */
  readonly leastScopes?: boolean;
  /** True only to repair a sign-in that lacked a scope. */
  readonly forceConsent?: boolean;
  /** What Microsoft asked for when it refused to renew the grant (the `claims` of that answer); JSON. */
  readonly claims?: string;
}

/** A person who has just signed in. */
export interface SignedIn extends GrantKey {
  /** `oid.tid` for members; a guest's differs and is refused. */
  readonly homeAccountId: string;
  readonly username: string;
  readonly displayName: string;
  readonly scopes: readonly string[];
  /** For the mail resource, to try the IMAP log-in with at once. */
  readonly accessToken: string;
  readonly expiresAt: Date;
  /** MSAL's serialised cache: holds the refresh token. Goes nowhere but into the sealed column. */
  readonly cache: string;
}

/** What Microsoft sends to the callback in place of a code (RFC 6749 section 4.1.2.1). */
export interface AuthorizeError {
  readonly error: string;
  readonly errorDescription?: string;
  readonly errorSubcode?: string;
}

/** Signing a person in: a request half and an answer half with no state between them. */
export interface SignIn {
  /** A sign-in asks for permissions that the broker can do without, unless told to ask for the least. */
  readonly hasOptionalScopes: boolean;
  start(options: SignInOptions): Promise<SignInStart>;
  /**
   * Redeems the code and checks who came back.
   * @throws BrokerError by the class of Entra's answer (classify.ts), `guest_refused`, `tenant_not_allowed`, `scope_missing_imap`
   */
  finish(back: SignInReturn): Promise<SignedIn>;
}

export interface TokenOptions {
  /** Refreshes although a cached token would do (after the mail server refused it). */
  readonly force?: boolean;
  /** For `graph_mail`: the permissions that the token is to carry. A token of the app itself carries all it was given. */
  readonly permissions?: readonly GraphMailPermission[];
}

/** Access tokens of stored grants. */
export interface Tokens {
  /**
   * A token with at least 10 minutes left; refreshed once however many ask at the same time.
   * @throws BrokerError by the class of Entra's answer, `grant_missing`
   */
  get(grant: GrantKey, resource: Resource, options?: TokenOptions): Promise<AccessToken>;
  /**
   * The same for what a mailbox names: a person's grant, or the app's own permission in a tenant (client credentials,
   * RFC 6749 section 4.4). A token of the app opens every mailbox that the app may open: it goes to the mail server only.
   * @throws BrokerError as `get`
   */
  of(grant: GrantRef, resource: Resource, options?: TokenOptions): Promise<AccessToken>;
}
