import type { Running } from '../running.ts';

/** A person of the local world: an account at the Entra stand-in and a mailbox of her own. */
export interface DemoUser {
  readonly address: string;
  readonly name: string;
  /** Object id in her tenant. */
  readonly oid: string;
  /** Her tenant; the tenant of the local world where it is not given. */
  readonly tid?: string;
  /** The name that she signs in with, where it is not the address: a telephone number, say, or ''. */
  readonly signInName?: string;
  /** Further addresses that the directory knows as hers; no mailbox opens by them. */
  readonly aliases?: readonly string[];
  /** App roles that she was given, such as Broker.Admin. */
  readonly roles?: readonly string[];
  /** Home account where it is not `oid.tid`: that makes her a guest. */
  readonly home?: { readonly uid: string; readonly utid: string };
}

export interface EntraRequests {
  authorize: number;
  /** Token requests by grant type, refused ones included. */
  token: { authorization_code: number; refresh_token: number; client_credentials: number; other: number };
  discovery: number;
  introspection: number;
}

/** How the next token requests are answered instead of the truth. */
export interface TokenFailure {
  /** How many requests; 1 if left out, `Infinity` until {@link EntraStandIn.heal}. */
  readonly times?: number;
  /** Only requests of this grant type. */
  readonly grantType?: 'authorization_code' | 'refresh_token' | 'client_credentials';
  /** HTTP status, 400 if left out. */
  readonly status?: number;
  readonly error?: string;
  readonly errorCodes?: readonly number[];
  readonly suberror?: string;
  /** Text after `AADSTS<number>: `. */
  readonly description?: string;
  readonly claims?: string;
  readonly retryAfterSeconds?: number;
  readonly delayMs?: number;
  /** `truth`: only slow. `close`: the socket is cut without an answer. `html`: a gateway's page. Left out: Entra's JSON. */
  readonly answer?: 'truth' | 'close' | 'html';
}

export interface EntraStandIn extends Running {
  /** `https://localhost:PORT`, the AUTHORITY_HOST setting. */
  readonly url: string;
  /** The same parts over plain http, for browsers and for Dovecot. */
  readonly pageUrl: string;
  readonly introspectionUrl: string;
  readonly tenant: string;
  readonly clientId: string;
  failTokens(failure: TokenFailure): void;
  /**
   * The next person who signs in (as many as `times` says; 1 if left out) is sent back with `access_denied` and this AADSTS
   * number, as when a policy blocks her.
   */
  failSignIns(failure: { readonly number: number; readonly times?: number }): void;
  /** Forgets every failure that was ordered. */
  heal(): void;
  /** Refresh tokens of this person stop working (AADSTS50173), access tokens too. */
  revoke(address: string): void;
  requests(): EntraRequests;
  /**
   * From now on only an administrator may consent to mail permissions in a tenant (the local world's if left out): people
   * who sign in come back with AADSTS90094 until one has, at `/{tenant}/v2.0/adminconsent`.
   */
  requireAdminConsent(tid?: string): void;
  /**
   * From now on only an administrator may consent to these permissions (`Mail.Send`); a sign-in that requests one
   * returns AADSTS90094.
   */
  withhold(permissions: readonly string[]): void;
  /** The app's own permissions in a tenant (the local world's if left out); undefined: the app is not known there. */
  giveApp(roles: readonly string[] | undefined, tid?: string): void;
  /** Everything secret that was ever handed out, for those who look whether it turns up where it must not. */
  issued(): {
    readonly codes: readonly string[];
    readonly refreshTokens: readonly string[];
    readonly accessTokens: readonly string[];
  };
  /** A token for `resource`, as if she had signed in; lasts as long as the others. */
  mint(
    address: string,
    resource?: 'outlook' | 'graph',
    options?: { readonly lifetimeSeconds?: number },
  ): Promise<string>;
  /** What the introspection endpoint says of a token; undefined if it is unknown or has run out. */
  introspect(token: string): Promise<TokenFacts | undefined>;
  /**
   * Plays the browser of a person who follows `authorizeUrl` and chooses `address` (or declines): follows redirects
   * within the stand-in, fills in its page, and answers the address that Entra sends the browser to (the callback).
   */
  signInAs(address: string, authorizeUrl: string, options?: { readonly decline?: boolean }): Promise<string>;
}

export interface TokenFacts {
  /** '' for a token of the app itself. */
  readonly username: string;
  readonly oid: string;
  readonly tid: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  /** Application permissions, in a token of the app itself. */
  readonly roles: readonly string[];
  readonly expiresAt: Date;
}
