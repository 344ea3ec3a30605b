import type { FolderRole } from '../domain/folder.ts';
import type { MessageMeta, ReadMessage } from '../domain/message.ts';

/** Where a folder stands; of EXAMINE-free STATUS. A missing UIDNEXT or UIDVALIDITY is an error, never "nothing new". */
export interface FolderStatus {
  readonly uidNext: number;
  readonly uidValidity: bigint;
  readonly messages: number;
  readonly unseen: number;
}

export interface FolderInfo {
  readonly path: string;
  readonly delimiter: string;
  readonly role: FolderRole | undefined;
  /** False for a folder that holds other folders but no mail. */
  readonly selectable: boolean;
}

/** How to reach a mailbox: XOAUTH2 with the log-in name and a token for the mail resource. */
export interface ImapAccount {
  readonly login: string;
  readonly accessToken: string;
}

/** Limits on what is read of one message. */
export interface ReadCaps {
  /** Bytes received, not the size the server states: Exchange's RFC822.SIZE can be three times off. */
  readonly capBytes: number;
}

/**
 * One IMAP log-in. Every call may throw BrokerError: `imap_unreachable`, `imap_throttled` (with retry), `imap_refused`
 * (log-in), `imap_not_connected` ("authenticated but not connected"), `imap_token_expired` (log in again with a fresh
 * token), `imap_unexpected`, `folder_missing`. After any of them but `folder_missing` the session may be dead (`alive`);
 * `close` it and open another. Calls may overlap: they are carried out one after the other.
 */
export interface ImapSession {
  /** @throws BrokerError `folder_missing` if there is no such folder */
  status(path: string): Promise<FolderStatus>;
  /** False once the connection has ended; true is no promise that the next call gets through. */
  readonly alive: boolean;
  folders(): Promise<FolderInfo[]>;
  /** UIDs that exist in [from, to], ascending. */
  searchRange(path: string, from: number, to: number): Promise<number[]>;
  /** UIDs whose INTERNALDATE is on `day` (UTC) or later, as the server counts days. */
  searchSince(path: string, day: Date): Promise<number[]>;
  /**
   * Flags, date, size and identity headers; a UID that the server does not answer is missing from the result.
   * `bare` asks for flags and date only (size 0, no headers): the last try for a message that Exchange lists but whose
   * content it answers with nothing (node-imap#867), before it is called gone.
   */
  fetchMeta(path: string, uids: readonly number[], how?: 'whole' | 'bare'): Promise<MessageMeta[]>;
  /** Reads a whole message within the caps; undefined if it is gone. A mail that cannot be parsed comes back as metadata only. */
  read(path: string, meta: MessageMeta, caps: ReadCaps): Promise<ReadMessage | undefined>;
  /** UNSELECT or CLOSE: STATUS on a selected folder is discouraged (RFC 3501 section 6.3.10). */
  release(): Promise<void>;
  /** Logs out, waits at most 2 s, then closes the socket. Never throws. */
  close(): Promise<void>;
}

/** Opens sessions; the engine gets one of these passed in. */
export interface ImapConnector {
  /**
   * Connects and logs in. `signal` counts until the promise settles: an abort closes the socket at once and rejects
   * with the signal's reason. Later, `close` the session.
   */
  open(account: ImapAccount, signal?: AbortSignal): Promise<ImapSession>;
}
