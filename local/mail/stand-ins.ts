import type { Running } from '../running.ts';
import type { Endpoint } from '../stack.ts';

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
