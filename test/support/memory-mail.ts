import type { FolderRole } from '../../src/lib/domain/mail/folder.ts';
import type { BouncedRecipient, MessageMeta, MessageTraits, ReadMessage } from '../../src/lib/domain/mail/message.ts';
import { BrokerError, type ErrorCode } from '../../src/lib/errors.ts';
import type { FolderStatus, ImapConnector, ImapSession, MessageFlags } from '../../src/lib/mailbox/session/session.ts';
import { noHeaders } from './headerless.ts';

export interface Mail {
  readonly subject: string;
  /** Undefined: it has none. Each that is not given gets an id of its own. */
  readonly messageId?: string | undefined;
  /** The Date header; when it arrived, unless given. */
  readonly date?: string | undefined;
  /** The topmost Received line; each delivery that is not given one gets its own. Undefined: imported mail, which has none. */
  readonly received?: string | undefined;
  readonly internalDate?: Date;
  readonly seen?: boolean;
  readonly flagged?: boolean;
  readonly answered?: boolean;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly size?: number;
  readonly autoReply?: boolean;
  readonly files?: readonly string[];
  /** What our header says. */
  readonly submissionId?: string;
  /** It is a bounce about these. */
  readonly bounced?: readonly BouncedRecipient[];
}

type Held = Mail & MessageFlags & { readonly internalDate: Date };

/** A folder that can be filled, emptied and renumbered while someone reads it. */
export interface MemoryFolder {
  readonly path: string;
  readonly role: FolderRole | undefined;
  uidValidity: bigint;
  uidNext: number;
  messages: Held[];
  add(mail: Mail | string): number;
  remove(uid: number): void;
  mark(uid: number, flags: Partial<Omit<MessageFlags, 'uid'>>): void;
  /**
   * The message goes to another folder, where it gets a new UID and keeps its date, unless the server sets a new one.
   */
  move(uid: number, to: MemoryFolder): number;
  copy(uid: number, to: MemoryFolder): number;
  /** A new UIDVALIDITY: everything gets a new UID, in the order of `order` or of arrival. */
  renumber(order?: (a: Held, b: Held) => number): void;
  /** UIDs that FETCH or SEARCH does not answer although they are there. */
  readonly unanswered: Set<number>;
  /** UIDs of which FETCH answers flags and date alone. */
  readonly contentless: Set<number>;
  /** UIDs of which FETCH answers everything but headers, which are empty. */
  readonly headerless: Set<number>;
  readonly unlisted: Set<number>;
}

export interface MemoryMailbox {
  folder(path: string): MemoryFolder;
  drop(path: string): void;
  /** The folder keeps its mail, its UIDs and its role. */
  rename(from: string, to: string): void;
}

export interface MemoryMail extends ImapConnector {
  mailbox(login: string): MemoryMailbox;
  /** Log-ins fail with this while it is set; by login, or for all. */
  fault: { code: ErrorCode; login?: string; retryAfterMs?: number } | undefined;
  /** Called before every command; may throw or wait. */
  before: (command: string, login: string) => Promise<void> | void;
  /** Commands that were sent, by name. */
  readonly commands: string[];
  /** Sessions that were opened and not closed. */
  openSessions(): number;
  readonly tokens: string[];
  /** True for a server that gives a new INTERNALDATE to what is moved or copied. */
  stampsAnew: boolean;
}

const dayMs = 86_400_000;

function bounceOf(recipients: readonly BouncedRecipient[] = []): ReadMessage['bounce'] {
  const [first] = recipients;
  return first && { ...first, recipients };
}

/** Mailboxes in memory behind the engine's own interface, for tests in which the network does not matter. */
export function memoryMail(now: () => Date): MemoryMail {
  const mailboxes = new Map<string, Map<string, MemoryFolder>>();
  let open = 0;
  let ids = 0;

  function createFolder(path: string): MemoryFolder {
    const role: FolderRole | undefined =
      path === 'INBOX' ? 'inbox' : path === 'Sent Items' ? 'sent' : path === 'Archive' ? 'archive' : undefined;
    const folder: MemoryFolder = {
      path,
      role,
      uidValidity: 7n,
      uidNext: 1,
      messages: [],
      unanswered: new Set(),
      contentless: new Set(),
      headerless: new Set(),
      unlisted: new Set(),
      add(mail) {
        const given = typeof mail === 'string' ? { subject: mail } : mail;
        const uid = folder.uidNext++;
        const internalDate = given.internalDate ?? now();
        const delivery = ++ids;
        folder.messages.push({
          messageId: `<${delivery}@example>`,
          date: internalDate.toUTCString(),
          received: `by mx.example with ESMTP id ${delivery}`,
          seen: false,
          flagged: false,
          answered: false,
          ...given,
          internalDate,
          uid,
        });
        return uid;
      },
      remove(uid) {
        folder.messages = folder.messages.filter((mail) => mail.uid !== uid);
      },
      mark(uid, flags) {
        folder.messages = folder.messages.map((mail) => (mail.uid === uid ? { ...mail, ...flags } : mail));
      },
      move(uid, to) {
        const moved = folder.copy(uid, to);
        folder.remove(uid);
        return moved;
      },
      copy(uid, to) {
        const found = folder.messages.find((mail) => mail.uid === uid);
        if (found === undefined) throw new Error(`no message ${uid} in ${path}`);
        return to.add(self.stampsAnew ? { ...found, internalDate: now() } : found);
      },
      renumber(order = () => 0) {
        folder.uidValidity += 1n;
        folder.messages = [...folder.messages].sort(order).map((mail, index) => ({ ...mail, uid: index + 1 }));
        folder.uidNext = folder.messages.length + 1;
      },
    };
    return folder;
  }

  function metaOf(mail: Held): MessageMeta {
    return {
      uid: mail.uid,
      internalDate: mail.internalDate,
      size: mail.size ?? 1000,
      seen: mail.seen,
      flagged: mail.flagged,
      answered: mail.answered,
      messageId: mail.messageId,
      date: mail.date,
      received: mail.received,
      from: `Bob <${mail.from ?? 'bob@example'}>`,
      subject: mail.subject,
    };
  }

  const self: MemoryMail = {
    stampsAnew: false,
    fault: undefined,
    before: () => {},
    commands: [],
    tokens: [],
    openSessions: () => open,
    mailbox(login) {
      const folders = mailboxes.get(login) ?? new Map<string, MemoryFolder>();
      mailboxes.set(login, folders);
      return {
        folder(path) {
          const folder = folders.get(path) ?? createFolder(path);
          folders.set(path, folder);
          return folder;
        },
        drop: (path) => void folders.delete(path),
        rename(from, to) {
          const folder = folders.get(from);
          if (folder === undefined) throw new Error(`no folder ${from}`);
          folders.delete(from);
          folders.set(to, Object.assign(folder, { path: to }));
        },
      };
    },
    async open({ login, accessToken }, signal) {
      signal?.throwIfAborted();
      self.tokens.push(accessToken);
      await self.before('open', login);
      const { fault } = self;
      if (fault !== undefined && (fault.login === undefined || fault.login === login)) {
        throw new BrokerError(
          fault.code,
          fault.retryAfterMs === undefined ? {} : { retry: { afterMs: fault.retryAfterMs } },
        );
      }
      open += 1;
      let alive = true;
      const command = async (name: string) => {
        self.commands.push(name);
        await self.before(name, login);
        if (!alive) throw new BrokerError('imap_unreachable');
      };
      const folderAt = (path: string) => {
        const folder = mailboxes.get(login)?.get(path);
        if (folder === undefined) throw new BrokerError('folder_missing');
        return folder;
      };
      const session: ImapSession = {
        get alive() {
          return alive;
        },
        async status(path): Promise<FolderStatus> {
          await command('status');
          const { uidNext, uidValidity, messages } = folderAt(path);
          return {
            uidNext,
            uidValidity,
            messages: messages.length,
            unseen: messages.filter((mail) => !mail.seen).length,
          };
        },
        async folders() {
          return [...(mailboxes.get(login)?.values() ?? [])].map(({ path, role }) => ({
            path,
            role,
            delimiter: '/',
            selectable: true,
          }));
        },
        async searchRange(path, from, to) {
          await command('search');
          const { messages, unlisted } = folderAt(path);
          return messages
            .map((mail) => mail.uid)
            .filter((uid) => uid >= from && uid <= to && !unlisted.has(uid))
            .sort((a, b) => a - b);
        },
        async searchSince(path, day) {
          await command('search');
          const from = Math.floor(day.getTime() / dayMs) * dayMs;
          const { messages, unlisted } = folderAt(path);
          return messages
            .filter((mail) => mail.internalDate.getTime() >= from && !unlisted.has(mail.uid))
            .map((mail) => mail.uid)
            .sort((a, b) => a - b);
        },
        async searchBetween(path, from, to) {
          await command('search');
          const dayOf = (date: Date) => Math.floor(date.getTime() / dayMs);
          const { messages, unlisted } = folderAt(path);
          return messages
            .filter((mail) => dayOf(mail.internalDate) >= dayOf(from) && dayOf(mail.internalDate) < dayOf(to))
            .map((mail) => mail.uid)
            .filter((uid) => !unlisted.has(uid))
            .sort((a, b) => a - b);
        },
        async fetchMeta(path, uids, how = 'whole') {
          await command('fetch');
          const { messages, unanswered, contentless, headerless } = folderAt(path);
          const isSilent = (uid: number) => unanswered.has(uid) || (how === 'whole' && contentless.has(uid));
          return messages
            .filter((mail) => uids.includes(mail.uid) && !isSilent(mail.uid))
            .map((mail) => ({
              ...metaOf(mail),
              ...(mail.submissionId === undefined ? {} : { submissionId: mail.submissionId }),
              ...(how === 'bare' || headerless.has(mail.uid) ? noHeaders : {}),
              ...(how === 'bare' ? { size: 0 } : {}),
            }));
        },
        async fetchTraits(path, metas, needs) {
          await command('traits');
          const { messages, unanswered } = folderAt(path);
          return new Map(
            metas.map(({ uid }) => {
              const mail = unanswered.has(uid) ? undefined : messages.find((one) => one.uid === uid);
              const traits: MessageTraits = {
                from: mail && [mail.from ?? 'bob@example'],
                to: needs.headers ? mail && (mail.to ?? []) : undefined,
                subject: mail?.subject,
                autoReply: needs.headers ? mail && (mail.autoReply ?? false) : undefined,
                hasAttachment: needs.structure ? mail && (mail.files ?? []).length > 0 : undefined,
              };
              return [uid, traits];
            }),
          );
        },
        async fetchFlags(path, uids) {
          await command('flags');
          const { messages, unanswered } = folderAt(path);
          return messages
            .filter((mail) => uids.includes(mail.uid) && !unanswered.has(mail.uid))
            .map(({ uid, seen, flagged, answered }) => ({ uid, seen, flagged, answered }));
        },
        async read(path, meta): Promise<ReadMessage | undefined> {
          await command('read');
          const mail = folderAt(path).messages.find((one) => one.uid === meta.uid);
          if (mail === undefined || folderAt(path).unanswered.has(meta.uid)) return undefined;
          return {
            meta,
            messageId: mail.messageId,
            inReplyTo: undefined,
            references: [],
            subject: mail.subject,
            from: { name: 'Bob', address: mail.from ?? 'bob@example' },
            to: (mail.to ?? []).map((address) => ({ name: '', address })),
            cc: [],
            bcc: [],
            replyTo: [],
            date: mail.internalDate,
            text: `Text of ${mail.subject}`,
            html: undefined,
            truncated: [],
            attachments: (mail.files ?? []).map((filename, at) => ({
              part: String(at + 2),
              filename,
              contentType: 'application/pdf',
              size: 100,
              inline: false,
            })),
            autoReply: mail.autoReply ?? false,
            bounce: bounceOf(mail.bounced),
            calendar: undefined,
          };
        },
        async release() {
          await command('release');
        },
        async close() {
          if (alive) open -= 1;
          alive = false;
        },
      };
      return session;
    },
  };
  return self;
}
