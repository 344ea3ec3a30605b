import type { Clock } from '../domain/clock.ts';
import type { ImapAccount, ImapConnector, ImapSession } from './session.ts';

/** A log-in whose token has a known end. */
export interface PooledAccount extends ImapAccount {
  /** Instant at which the access token ends, milliseconds since 1970. */
  readonly tokenEndsAt: number;
}

export interface SessionPool {
  /** A warm session of this mailbox, or a new one. It belongs to the caller until given back or closed. */
  take(mailboxId: string, account: PooledAccount, signal?: AbortSignal): Promise<ImapSession>;
  /** Keeps the session for the next run, if it lives and there is room; else closes it. Never throws. */
  giveBack(mailboxId: string, session: ImapSession): Promise<void>;
  /** Closes the mailbox's warm session: after a reconnect, a DELETE, a failure. */
  drop(mailboxId: string): Promise<void>;
  /** Closes all; the process ends. */
  closeAll(): Promise<void>;
  readonly size: number;
}

export interface SessionPoolDeps {
  readonly connector: ImapConnector;
  readonly clock: Clock;
  /** Sessions kept open at most (WARM_SESSIONS); 0 keeps none. */
  readonly capacity: number;
}

interface Warm {
  readonly session: ImapSession;
  readonly login: string;
  readonly endsAt: number;
}

// A session is closed before the server ends it (`BYE Session invalidated - AccessTokenExpired`), with room for a run.
const tokenMarginMs = 2 * 60_000;

/**
 * Sessions that stay open between the polls of one process, least recently used closed first. Nothing relies on finding
 * one: a session that has died meanwhile is noticed by its caller, who drops it and takes a new one.
 */
export function createSessionPool({ connector, clock, capacity }: SessionPoolDeps): SessionPool {
  // A Map keeps the order of insertion, so its first key is the least recently used.
  const warm = new Map<string, Warm>();

  const fits = (kept: Warm, login: string) =>
    kept.session.alive && kept.login === login && clock.now() < kept.endsAt - tokenMarginMs;

  const remove = (mailboxId: string): Warm | undefined => {
    const kept = warm.get(mailboxId);
    warm.delete(mailboxId);
    return kept;
  };

  // With which log-in, and until when, each session that is out was opened.
  const opened = new WeakMap<ImapSession, { readonly login: string; readonly endsAt: number }>();

  /** Sessions whose token ends soon are of no use to anybody, and those beyond the capacity have to go. */
  const surplus = (): Warm[] => {
    const ended = [...warm].filter(([, kept]) => !fits(kept, kept.login));
    const left = warm.size - ended.length;
    const oldest = [...warm].filter((entry) => !ended.includes(entry)).slice(0, Math.max(0, left - capacity));
    return [...ended, ...oldest].flatMap(([mailboxId]) => remove(mailboxId) ?? []);
  };

  const closeEach = async (sessions: readonly Warm[]) => {
    await Promise.all(sessions.map(({ session }) => session.close()));
  };

  return {
    take: async (mailboxId, account, signal) => {
      const kept = remove(mailboxId);
      if (kept !== undefined && fits(kept, account.login)) return kept.session;
      if (kept !== undefined) await kept.session.close();
      const session = await connector.open(account, signal);
      opened.set(session, { login: account.login, endsAt: account.tokenEndsAt });
      return session;
    },
    giveBack: async (mailboxId, session) => {
      const from = opened.get(session);
      const former = remove(mailboxId);
      if (from !== undefined && session.alive && capacity > 0) {
        warm.set(mailboxId, { session, ...from });
      } else {
        await session.close();
      }
      await closeEach([...(former === undefined || former.session === session ? [] : [former]), ...surplus()]);
    },
    drop: async (mailboxId) => {
      const kept = remove(mailboxId);
      if (kept !== undefined) await kept.session.close();
    },
    closeAll: async () => {
      const all = [...warm.values()];
      warm.clear();
      await closeEach(all);
    },
    get size() {
      return warm.size;
    },
  };
}
