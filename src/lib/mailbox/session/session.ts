import type { Readable } from 'node:stream';
import type { SearchObject } from 'imapflow';
import type { FilterNeeds } from '../../domain/mail/filter.ts';
import type { FolderRole } from '../../domain/mail/folder.ts';
import type { Attachment, MessageMeta, MessageTraits, ReadMessage } from '../../domain/mail/message.ts';
import type { FetchVerb } from './fetch-verb.ts';

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

/** What an owner does to a message without moving it. */
export interface MessageFlags {
  readonly uid: number;
  readonly seen: boolean;
  readonly flagged: boolean;
  readonly answered: boolean;
}

/** How to reach a mailbox: XOAUTH2 with the log-in name and a token for the mail resource. */
export interface ImapAccount {
  readonly login: string;
  readonly accessToken: string;
  /** Whose mailbox it is, where a session may be kept for it; see session-pool.ts. */
  readonly mailboxId?: string;
  /** Rises when the API requests a poll; no session from before is used then. */
  readonly generation?: number;
}

/** Limits on what is read of one message. */
export interface ReadCaps {
  /** Bytes received, not the size the server states: Exchange's RFC822.SIZE can be three times off. */
  readonly capBytes: number;
  /**
   * Nothing but this message is fetched: for anyone who must know which message the process was busy with when it died.
   */
  readonly alone?: boolean;
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
  /** UIDs whose INTERNALDATE lies from the day of `from` up to, not including, the day of `to`, as the server counts days. */
  searchBetween(path: string, from: Date, to: Date): Promise<number[]>;
  /**
   * Flags, date, size and identity headers; a UID that the server does not answer is missing from the result.
   * `bare` asks for flags and date only (size 0, no headers): the last try for a message that Exchange lists but whose
   * content it answers with nothing (node-imap#867), before it is called gone.
   */
  fetchMeta(path: string, uids: readonly number[], how?: 'whole' | 'bare'): Promise<MessageMeta[]>;
  /** What a filter looks at, of messages whose metadata were read; an entry for each, and nothing of their content is read. */
  fetchTraits(
    path: string,
    metas: readonly MessageMeta[],
    needs: FilterNeeds,
  ): Promise<ReadonlyMap<number, MessageTraits>>;
  /** Flags of those of `uids` that are there. A UID that the server does not answer may be gone, or not shown just now. */
  fetchFlags(path: string, uids: readonly number[]): Promise<MessageFlags[]>;
  /** Reads a whole message within the caps; undefined if it is gone. A mail that cannot be parsed comes back as metadata only. */
  read(path: string, meta: MessageMeta, caps: ReadCaps): Promise<ReadMessage | undefined>;
  /** UNSELECT or CLOSE: STATUS on a selected folder is discouraged (RFC 3501 section 6.3.10). */
  release(): Promise<void>;
  /** Logs out, waits at most 2 s, then closes the socket. Never throws. */
  close(): Promise<void>;
}

/** The bytes of a part, decoded. */
export interface PartContent {
  /** As the mail names it; of a text that was recoded on the way, what it is now. */
  readonly charset: string | undefined;
  /** Fetched in pieces as it is read. Fails with BrokerError, `message_gone` if the message goes meanwhile. */
  readonly bytes: Readable;
}

/** What tells a copy of what the broker sent from other mail. */
export interface SentMark {
  readonly uid: number;
  /** As the header says it; undefined for mail that did not leave through a broker. */
  readonly submissionId: string | undefined;
  /** With angle brackets. */
  readonly messageId: string | undefined;
}

/** Where messages went, as the server tells it by COPYUID (RFC 4315); `uids` is empty where it does not. */
export interface NewPlaces {
  readonly uidValidity: bigint | undefined;
  /** The new UID of each old one. */
  readonly uids: ReadonlyMap<number, number>;
}

/** A folder that is selected; its calls are good only inside {@link MailSession.inFolder}. */
export interface OpenFolder {
  readonly path: string;
  readonly uidValidity: bigint;
  readonly uidNext: number;
  /** What CONDSTORE counts changes by (RFC 7162); undefined where the server or the folder has none of it. */
  readonly highestModseq: bigint | undefined;
  /** EXISTS, as SELECT told it. */
  readonly messages: number;
  /** The server stores flags that clients make up (`\*` in PERMANENTFLAGS). False in a folder that was opened for reading. */
  readonly keepsKeywords: boolean;
  /**
   * The server stores this flag permanently. It names those it stores in PERMANENTFLAGS; where it names none, it stores
   * all (RFC 3501 section 7.1).
   */
  keepsFlag(flag: string): boolean;
  /** UID SEARCH, ascending. @throws BrokerError `imap_unexpected` if the server refuses just this search */
  search(query: SearchObject): Promise<number[]>;
  readonly fetch: FetchVerb;
  /** @throws BrokerError `imap_unexpected` if the server refuses it; messages that are not there are passed over */
  setFlags(uids: readonly number[], change: 'add' | 'remove', flags: readonly string[]): Promise<void>;
  /**
   * By MOVE, or by COPY, `\Deleted` and UID EXPUNGE.
   * @throws BrokerError `folder_missing` if `path` cannot be moved to; `imap_unexpected`, with nothing changed, if the
   *   server has neither MOVE nor UIDPLUS
   */
  move(uids: readonly number[], path: string): Promise<NewPlaces>;
  /**
   * Stores a message in this folder.
   * @returns its UID, where the server tells it
   * @throws BrokerError `imap_unexpected` if the server refuses it
   */
  append(source: Uint8Array, flags: readonly string[]): Promise<number | undefined>;
  /**
   * Deletes these messages permanently, and no others. @throws BrokerError `imap_unexpected` if the server has no
   * UIDPLUS, or refuses
   */
  expunge(uids: readonly number[]): Promise<void>;
}

/** What more is needed where people ask for single messages and files. */
export interface MailSession extends ImapSession {
  /**
   * Works in one folder while no other call gets in between.
   * @param mode `read` opens it by EXAMINE, so that nothing can be changed
   * @throws BrokerError `folder_missing` if there is no such folder; what `work` throws
   */
  inFolder<T>(path: string, mode: 'read' | 'write', work: (folder: OpenFolder) => Promise<T>): Promise<T>;
  /**
   * The header by which the broker knows what it sent, and the Message-ID, of those of `uids` that are there. Exchange's
   * SEARCH HEADER is not trusted with this.
   */
  fetchMarks(path: string, uids: readonly number[]): Promise<readonly SentMark[]>;
  /** One file of a message according to its structure; undefined if the message is gone or has no such part. */
  part(path: string, uid: number, part: string): Promise<Attachment | undefined>;
  /**
   * The content of a part that is there; undefined if the message is gone. Other calls wait until it has been read to
   * its end or destroyed.
   * @param mostBytes after so many decoded bytes the content ends
   */
  download(path: string, uid: number, part: string, mostBytes: number): Promise<PartContent | undefined>;
}

/** A session that can be set aside. */
export interface KeepableSession extends MailSession {
  /** While it is set aside, silence is no fault. */
  setAside(aside: boolean): void;
}

/** Opens sessions; the engine gets one of these passed in. */
export interface ImapConnector<Session extends ImapSession = ImapSession> {
  /**
   * Connects and logs in. `signal` counts until the promise settles: an abort closes the socket at once and rejects
   * with the signal's reason. Later, `close` the session.
   */
  open(account: ImapAccount, signal?: AbortSignal): Promise<Session>;
}
