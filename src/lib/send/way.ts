import type { WayName } from '../domain/submission.ts';
import type { ErrorCode } from '../error-codes.ts';
import type { MailboxRow } from '../store/rows/rows.ts';

export type { WayName } from '../domain/submission.ts';

/**
 * The largest MIME message that goes in one request. Graph takes 4 MB, and base64 adds a third; above about 2.2 MB it was
 * seen to lose mails (microsoft-graph-docs#13979).
 */
export const largestGraphBytes = 2_000_000;

/** Who sends. */
export interface SendingAccount {
  /** The mailbox in whose name the message goes; its grant gives the token. */
  readonly mailbox: MailboxRow;
  /**
   * The address that signs in over SMTP: the mailbox's own, or, for a shared mailbox that is reached through a person,
   * that person's.
   */
  readonly login: string;
}

/** A finished message on its way out. What it says does not change from one attempt to the next. */
export interface OutgoingMail {
  readonly submissionId: string;
  /** Envelope sender: the addr-spec of From. */
  readonly from: string;
  /** Envelope recipients, Bcc included, each once. */
  readonly recipients: readonly string[];
  /** With angle brackets. */
  readonly messageId: string;
  /** Bytes of what `open` yields without `keepBcc`. */
  readonly size: number;
  /**
   * The MIME message with CRLF line ends, from its first byte; may be called again. `Bcc` is in it only with `keepBcc`
   * (SMTP hides Bcc recipients in the envelope; Graph reads them from the header and removes it).
   * @throws BrokerError if the stored message cannot be read any more
   */
  open(options?: { readonly keepBcc?: boolean }): AsyncIterable<Uint8Array>;
}

/** One recipient that the server did not take. */
export interface RecipientRefusal {
  readonly address: string;
  readonly code: ErrorCode;
  /** The server's own words, at most 500 characters, without a token. */
  readonly reply: string;
}

/** Nothing was sent, and the same may be tried again. */
export interface Deferred {
  readonly kind: 'deferred';
  readonly code: ErrorCode;
  readonly reply?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** What has to wait: this message, everything of the account, or everything of the tenant. */
  readonly scope: 'message' | 'account' | 'tenant';
}

/** Nothing was sent, and the same never will be: the message's own fault, or the account may not send it. */
export interface Refused {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly reply: string;
  /** Where the server refused recipient by recipient. */
  readonly recipients: readonly RecipientRefusal[];
}

/** This way is shut (SMTP AUTH is disabled, consent for Graph is missing); nothing was sent. */
export interface Closed {
  readonly kind: 'closed';
  readonly code: ErrorCode;
  /**
   * For whom: everything of the account that signs in, unless it says that another mailbox of the account may succeed.
   */
  readonly scope?: 'account' | 'mailbox';
  readonly reply?: string | undefined;
}

/** The server took the message for all recipients but those in `refused`. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly refused: readonly RecipientRefusal[];
  /** The Message-ID that the server gave it, where it says so; with angle brackets. */
  readonly serverMessageId?: string | undefined;
  /** The address that the server put into From in place of ours. */
  readonly fromRewritten?: string | undefined;
}

/** Everything was handed over and no answer came: it may have been sent, or not. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly cause: unknown;
}

export type WayResult = Accepted | Refused | Deferred | Closed | Unknown;

export interface Way {
  readonly name: WayName;
  /**
   * Signs in. Nothing of a message has left when it answers.
   * @throws BrokerError what getting a token throws (`reconnect_required`, `microsoft_unreachable` …); the reason of `signal`
   */
  prepare(account: SendingAccount, signal: AbortSignal): Promise<ReadyWay | Deferred | Closed>;
}

/** A way that is signed in and open. One message at a time. */
export interface ReadyWay {
  readonly kind: 'ready';
  /**
   * Puts the message where it can be sent from, and names that place (the id of the draft). Nothing is sent. Only of
   * `graph_draft`.
   */
  stage?(
    mail: OutgoingMail,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'staged'; readonly place: string } | Refused | Deferred | Closed>;
  /**
   * Takes a staged message back. True: it still lay in its place, so it was not sent, and never will be. False: it is
   * no longer there, which says nothing. Only where there is `stage`.
   * @throws BrokerError `graph_unreachable` if that is unknown
   */
  withdraw?(place: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Deletes the drafts with this Message-ID: a process that died while it put one together has left no other name of it. Only
   * where there is `stage`. What was sent from a draft is none any more.
   * @returns false if that could not be done now
   */
  sweep?(messageId: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Sends it, once. Never rejects for what the server or the network does: a connection that broke before the last byte
   * (the `.` of SMTP) was written is `deferred`, one that broke after it is `unknown`. An abort counts likewise.
   * @param place what `stage` answered
   * @throws what `mail.open` throws, and then nothing was sent
   */
  send(mail: OutgoingMail, signal: AbortSignal, place?: string): Promise<WayResult>;
  /** Ends the connection. Never rejects. */
  close(): Promise<void>;
}
