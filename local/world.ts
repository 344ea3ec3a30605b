import type { Events } from './graph/events.ts';
import type { Subscriptions } from './graph/subscriptions.ts';
import type { Endpoint, Stack } from './stack.ts';

/**
 * Anything that listens and can be stopped. `stop` resolves when its sockets and processes are gone; calling it twice
 * is harmless.
 */
export interface Running {
  stop(): Promise<void>;
}

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

/** A message on its way into a mailbox of the local world. */
export interface Drop {
  /** INBOX if left out. */
  readonly folder?: string;
  readonly flags?: readonly string[];
  /** INTERNALDATE. */
  readonly date?: Date;
}

export interface MailServer extends Running, Endpoint {
  /** Puts a raw message into a mailbox by IMAP APPEND. Answers its uid. */
  deliver(address: string, raw: Uint8Array | string, drop?: Drop): Promise<number>;
  /** Cuts every connection (of one mailbox, where given). */
  kill(address?: string): void;
}

/** The embedded server can also misbehave as Exchange does. */
export interface EmbeddedImap extends MailServer {
  /**
   * `refuse`: `NO AUTHENTICATE failed.` `throttle`: the sentence with a back-off of `backoffMs`.
   * `not-connected`: the log-in succeeds, every command answers `BAD User is authenticated but not connected.`
   * `silent`: connections are accepted and never greeted. `normal` ends it. For one mailbox, or for all.
   */
  behave(
    mode: 'normal' | 'refuse' | 'throttle' | 'not-connected' | 'silent',
    options?: { readonly address?: string; readonly backoffMs?: number },
  ): void;
  /** Gives the folder another UIDVALIDITY and its messages new uids. */
  resetUidValidity(address: string, folder?: string): void;
  /** Log-ins that succeeded since the start. */
  logins(): number;
}

export interface SmtpServer extends Running, Endpoint {
  /**
   * `disabled-tenant` and `disabled-mailbox`: SMTP AUTH is switched off, and every token is refused in Exchange's words.
   * `normal` ends it. For one account, or for all.
   */
  behave(mode: 'normal' | 'disabled-tenant' | 'disabled-mailbox', options?: { readonly address?: string }): void;
  /** Sign-ins that were tried since the start, refused ones included. */
  logins(): number;
  /** Messages taken since the start, oldest first. */
  accepted(): readonly {
    readonly from: string;
    readonly to: readonly string[];
    readonly user: string;
    readonly raw: string;
  }[];
}

/** How the next requests to Graph are answered instead of the truth. */
export interface GraphFailure {
  /** Only requests of this kind: `draft` makes one, `send` sends it, `attach` and `upload` put files on it, `look` reads it. */
  readonly verb?:
    | 'sendMail'
    | 'draft'
    | 'attach'
    | 'upload'
    | 'send'
    | 'look'
    | 'find'
    | 'delete'
    | 'subscribe'
    | 'other';
  /** How many requests; 1 if left out, `Infinity` until {@link GraphStandIn.heal}. */
  readonly times?: number;
  /** HTTP status, 503 if left out. */
  readonly status?: number;
  /** Graph's own code, such as `ErrorSendAsDenied`. */
  readonly code?: string;
  readonly retryAfterSeconds?: number;
  readonly delayMs?: number;
  /** `truth`: only slow. `close`: the socket is cut, and nothing was done. `truth, then close`: it was done, and the answer is lost. */
  readonly answer?: 'truth' | 'close' | 'truth, then close';
}

export interface GraphStandIn extends Running {
  /** `https://localhost:PORT`, the GRAPH_URL setting. */
  readonly url: string;
  /** Messages sent since the start, oldest first. */
  sent(): readonly {
    readonly mailbox: string;
    readonly way: 'sendMail' | 'draft';
    /** From as it was handed over. */
    readonly from: string;
    /** All recipients, including Bcc. */
    readonly to: readonly string[];
    /** As it lies in Sent Items. */
    readonly raw: string;
    /** As recipients get it. */
    readonly delivered: string;
  }[];
  /** Subjects of the drafts of a mailbox that are not sent. */
  drafts(address: string): Promise<readonly string[]>;
  /** Requests of any kind since the start. */
  requests(): number;
  /** Change notifications. */
  readonly subscriptions: Subscriptions;
  /** Calendars. */
  readonly events: Events;
  fail(failure: GraphFailure): void;
  /** Forgets every failure that was ordered. */
  heal(): void;
}

export interface NocobaseStandIn extends Running {
  /** `http://127.0.0.1:PORT`: the page. */
  readonly url: string;
  /** Where webhooks go. */
  readonly webhookUrl: string;
  readonly eventsUrl: string;
  /** Secrets by which signatures are verified; several during a rotation. */
  trust(...secrets: string[]): void;
  events(filter?: { readonly type?: string; readonly mailboxId?: string }): readonly ReceivedEvent[];
  clear(): void;
  /** Answers with `status` and after `delayMs`, for `forMs` (without end if left out). */
  mode(mode: { readonly status?: number; readonly delayMs?: number; readonly forMs?: number }): void;
}

export interface ReceivedEvent {
  /** `webhook-id`. */
  readonly id: string;
  readonly type: string;
  /** What the stand-in answered. */
  readonly status: number;
  readonly receivedAt: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Whether a trusted secret signed exactly these bytes. */
  readonly verified: boolean;
}

/** Every stand-in by its name. */
export interface StandIns {
  readonly entra: EntraStandIn;
  readonly vault: VaultStandIn;
  readonly identity: IdentityStandIn;
  readonly imap: EmbeddedImap | MailServer;
  readonly smtp: SmtpServer;
  readonly graph: GraphStandIn;
  readonly nocobase: NocobaseStandIn;
}

export interface ServiceOptions {
  /** `embedded` if left out. */
  readonly imap?: 'embedded' | 'dovecot';
  /** A known `login_hint` signs in without a page. */
  readonly autoSignIn?: boolean;
  /** Where the functions will listen: 7071 if left out. The services only tell others about it. */
  readonly brokerPort?: number;
  /** Folder of everything that is written: `.local` if left out. */
  readonly stateDir?: string;
  /** Ports by the name of the listener; free ones where left out. */
  readonly ports?: Partial<ServicePorts>;
  /**
   * Settings given by the person. Each wins over ours, and the stand-in that it replaces is not started
   * (AUTHORITY_HOST or a CLIENT_ID: no Entra and no Graph; KEY_VAULT_URL: no vault; IMAP_HOST: no IMAP and SMTP; TABLES_…: no tables).
   */
  readonly given?: Readonly<Record<string, string | undefined>>;
  /** POLL_INTERVAL, 5 s if left out. */
  readonly pollIntervalSeconds?: number;
  /** How long access tokens last: as at Entra, 60 to 90 minutes, if left out. */
  readonly accessTokenSeconds?: number;
  readonly users?: readonly DemoUser[];
  /** Puts the demo messages into the mailboxes before anyone connects; true if left out. */
  readonly demoMail?: boolean;
}

export interface ServicePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
  readonly entra: number;
  readonly entraPages: number;
  readonly identity: number;
  readonly vault: number;
  readonly imap: number;
  readonly smtp: number;
  readonly graph: number;
  readonly nocobase: number;
}

/** The local world without the host: what `startServices(options: ServiceOptions): Promise<Services>` in services.ts answers. */
export interface Services extends Running {
  /** Every setting of src/lib/config.ts, and what the Functions runtime needs (AzureWebJobsStorage, IDENTITY_ENDPOINT, …). */
  readonly settings: Readonly<Record<string, string>>;
  /** Complete but for `connectUrl`, which only a running host can give. */
  readonly stack: Stack;
  readonly users: readonly DemoUser[];
  /** Connection string of the emulator's tables and queues (or the person's own). */
  readonly storageConnectionString: string;
  /** The destination that the NocoBase stand-in receives for. */
  readonly destinationId: string;
  /** What was started; a stand-in that a real setting replaces is absent. */
  readonly standIns: Partial<StandIns> & Pick<StandIns, 'nocobase'>;
  readonly ports: Partial<ServicePorts>;
}
