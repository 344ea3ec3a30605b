import { dayMs } from '../domain/duration.ts';
import { linkedAbort } from '../domain/linked-abort.ts';
import type { Mark, SentPlace } from '../domain/submission.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type LogInParts, logIn } from '../mailbox/session/log-in.ts';
import type { MailSession } from '../mailbox/session/session.ts';
import type { MailboxRow } from '../store/rows/rows.ts';

/** A copy that was found. */
export interface SentCopy {
  /** Its Message-ID, which may be another than ours; with angle brackets. */
  readonly messageId: string | undefined;
}

/** Sent, as far as it tells whether a message was sent. */
export interface SentFolders {
  /** Where Sent of a mailbox stands; without numbers if it cannot be asked. Never rejects but with the signal's reason. */
  stood(mailbox: MailboxRow, signal: AbortSignal): Promise<SentPlace>;
  /**
   * The copy of a submission in one of the places of its mark.
   * @throws BrokerError if none was found and a place could not be looked into: that says nothing
   */
  find(mark: Mark, submissionId: string, signal: AbortSignal): Promise<SentCopy | undefined>;
  /**
   * Looks for a copy in one place, and stores it there if there is none.
   * @throws BrokerError if the place could not be looked into, or takes nothing
   */
  file(copy: WantedCopy, signal: AbortSignal): Promise<'found' | 'stored' | 'absent'>;
}

/** A copy that is to lie in one Sent. */
export interface WantedCopy {
  readonly submissionId: string;
  readonly place: SentPlace;
  /** When the attempt was marked. */
  readonly since: Date;
  /** The message, as the people of the mailbox are to find it; undefined: it is only looked for. */
  readonly source: (() => Promise<Uint8Array>) | undefined;
}

export interface SentFolderParts extends LogInParts {
  readonly mailbox: (id: string) => Promise<MailboxRow | undefined>;
  readonly log: Log;
}

/** Reading must not delay sending: after this time sending continues without it. */
const askMs = 20_000;
const lookMs = 60_000;
/** A message of 35 MB at a quarter of a megabyte a second. */
const storeMs = 150_000;

export function createSentFolders(parts: SentFolderParts): SentFolders {
  const { mailbox, log } = parts;

  async function withSession<T>(
    row: MailboxRow,
    withinMs: number,
    signal: AbortSignal,
    work: (session: MailSession) => Promise<T>,
  ): Promise<T> {
    const over = linkedAbort(signal, withinMs);
    try {
      const session = await logIn(parts, row, over.signal);
      const closing = () => void session.close();
      over.signal.addEventListener('abort', closing, { once: true });
      try {
        return await work(session);
      } finally {
        over.signal.removeEventListener('abort', closing);
        await session.close();
      }
    } finally {
      over.release();
    }
  }

  return {
    async stood(row, signal) {
      const watched = row.folders.find(({ role }) => role === 'sent')?.path;
      try {
        return await withSession(row, askMs, signal, async (session) => {
          const path = watched ?? (await sentPath(session));
          const { uidValidity, uidNext } = await session.status(path);
          return { mailboxId: row.id, path, stood: { uidValidity, uidNext } };
        });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        log.warn('sent_folder.status_failed', {
          mailboxId: row.id,
          code: isBrokerError(error) ? error.code : 'internal_error',
        });
        return { mailboxId: row.id, path: watched ?? '', stood: undefined };
      }
    },

    async find(mark, submissionId, signal) {
      let fault: unknown;
      for (const place of mark.places) {
        try {
          const row = await mailbox(place.mailboxId);
          if (row === undefined) throw new BrokerError('mailbox_removed');
          const copy = await withSession(row, lookMs, signal, (session) => look(session, place, mark.at, submissionId));
          if (copy !== undefined) return copy;
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          fault ??= error;
        }
      }
      if (fault !== undefined) throw fault;
      return undefined;
    },

    async file({ submissionId, place, since, source }, signal) {
      const row = await mailbox(place.mailboxId);
      if (row === undefined) throw new BrokerError('mailbox_removed');
      return withSession(row, source === undefined ? lookMs : storeMs, signal, async (session) => {
        if ((await look(session, place, since, submissionId)) !== undefined) return 'found';
        if (source === undefined) return 'absent';
        const bytes = await source();
        const path = place.path === '' ? await sentPath(session) : place.path;
        await session.inFolder(path, 'write', (folder) => folder.append(bytes, ['\\Seen']));
        return 'stored';
      });
    },
  };
}

async function sentPath(session: MailSession): Promise<string> {
  const found = (await session.folders()).find(({ role, selectable }) => role === 'sent' && selectable);
  if (found === undefined) throw new BrokerError('folder_missing');
  return found.path;
}

async function look(
  session: MailSession,
  place: SentPlace,
  since: Date,
  submissionId: string,
): Promise<SentCopy | undefined> {
  const path = place.path === '' ? await sentPath(session) : place.path;
  const now = await session.status(path);
  const isSame = place.stood !== undefined && place.stood.uidValidity === now.uidValidity;
  const uids = isSame
    ? await session.searchRange(path, place.stood.uidNext, now.uidNext - 1)
    : // Days are the server's own, so that the day before is looked at, too.
      await session.searchSince(path, new Date(since.getTime() - dayMs));
  const found = (await session.fetchMarks(path, uids)).find((each) => each.submissionId === submissionId);
  return found && { messageId: found.messageId };
}
