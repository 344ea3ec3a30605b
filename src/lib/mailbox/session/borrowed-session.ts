import type { Clock } from '../../domain/clock.ts';
import { withDeadline } from '../../domain/with-deadline.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { KeepableSession, MailSession } from './session.ts';

export interface BorrowedSession {
  readonly session: KeepableSession;
  /** False for a session that was kept: whether it still works, its first answer will show. */
  readonly isProven: boolean;
  readonly clock: Clock;
  readonly reopen: () => Promise<KeepableSession>;
  /** Ends the loan. Keeps the session, where there is one to keep; false if it is to be closed. */
  readonly giveBack: (session: KeepableSession | undefined) => boolean;
}

// A connection that a network has forgotten without a word answers nothing. Well below the 20 s that a look may take.
const firstAnswerMs = 5_000;

/**
 * A session on loan from the pool: to its user it is a session like any other. Closing it gives it back, unless
 * something went wrong on it or is still under way.
 */
export function borrowSession(borrowed: BorrowedSession): MailSession {
  const { clock, reopen, giveBack } = borrowed;
  let session = borrowed.session;
  let proving: Promise<void> | undefined;
  let proven = borrowed.isProven;
  let underWay = 0;
  let broken = false;
  let closed = false;

  const call = async <T>(ask: (session: KeepableSession) => Promise<T>): Promise<T> => {
    if (closed) throw new BrokerError('imap_unreachable');
    underWay += 1;
    try {
      if (!proven && proving === undefined) return await prove(ask);
      // What is asked meanwhile waits until it is known which connection answers.
      await proving;
      return await ask(session);
    } catch (error) {
      if (!isBrokerError(error, 'folder_missing', 'message_gone')) broken = true;
      throw error;
    } finally {
      underWay -= 1;
    }
  };

  /** The first question to a kept session; if it has no answer, a new session is asked. */
  const prove = async <T>(ask: (session: KeepableSession) => Promise<T>): Promise<T> => {
    let settle = () => {};
    proving = new Promise((resolve) => {
      settle = resolve;
    });
    try {
      const silent = () => new BrokerError('imap_unreachable');
      return await withDeadline(clock, firstAnswerMs, ask(session), silent).catch(async (error: unknown) => {
        if (!isBrokerError(error, 'imap_unreachable', 'imap_token_expired', 'imap_not_connected')) throw error;
        const dead = session;
        void dead.close();
        session = await reopen().catch((cause: unknown) => {
          // The caller that opens a session retries a refusal with a fresh token, and must be able to do so next time.
          throw isBrokerError(cause, 'imap_refused', 'imap_token_expired')
            ? new BrokerError('imap_unreachable', { retry: { afterMs: 0 }, cause })
            : cause;
        });
        // Closed while it was being opened, so the pool does not know this one.
        if (closed) await session.close();
        return ask(session);
      });
    } finally {
      proven = true;
      settle();
    }
  };

  return {
    get alive() {
      return !closed && session.alive;
    },
    status: (path) => call((to) => to.status(path)),
    folders: () => call((to) => to.folders()),
    searchRange: (path, from, until) => call((to) => to.searchRange(path, from, until)),
    searchSince: (path, day) => call((to) => to.searchSince(path, day)),
    searchBetween: (path, from, until) => call((to) => to.searchBetween(path, from, until)),
    fetchMeta: (path, uids, how) => call((to) => to.fetchMeta(path, uids, how)),
    fetchTraits: (path, metas, needs) => call((to) => to.fetchTraits(path, metas, needs)),
    fetchFlags: (path, uids) => call((to) => to.fetchFlags(path, uids)),
    fetchMarks: (path, uids) => call((to) => to.fetchMarks(path, uids)),
    read: (path, meta, caps) => call((to) => to.read(path, meta, caps)),
    inFolder: (path, mode, work) => call((to) => to.inFolder(path, mode, work)),
    part: (path, uid, part) => call((to) => to.part(path, uid, part)),
    download: (path, uid, part, mostBytes) =>
      call(async (to) => {
        const content = await to.download(path, uid, part, mostBytes);
        if (content === undefined) return undefined;
        underWay += 1;
        content.bytes.once('close', () => {
          underWay -= 1;
          if (!content.bytes.readableEnded) broken = true;
        });
        return content;
      }),
    release: () => call((to) => to.release()),
    close: async () => {
      if (closed) return;
      closed = true;
      const idle = underWay === 0 && !broken && session.alive;
      // A selected folder is left: its STATUS, which the next user asks for, is discouraged.
      const isLeft =
        idle &&
        (await session.release().then(
          () => true,
          () => false,
        ));
      if (!giveBack(isLeft ? session : undefined)) await session.close();
    },
  };
}
