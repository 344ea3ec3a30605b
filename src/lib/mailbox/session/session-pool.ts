import type { Clock } from '../../domain/clock.ts';
import { shardOfMailbox } from '../../domain/ids.ts';
import { type BorrowedSession, borrowSession } from './borrowed-session.ts';
import type { ImapAccount, ImapConnector, KeepableSession, MailSession } from './session.ts';

/** Opens sessions as an {@link ImapConnector} does; closing one may keep its connection for the next who asks. */
export interface SessionPool extends ImapConnector<MailSession> {
  /** Closes what is kept of a shard: another process has looked after it, and has connections of its own. */
  leave(shard: number): void;
  /** Closes what is kept of a mailbox, because it was removed. */
  drop(mailboxId: string): void;
  /** Closes sessions that are of no more use; it does so by itself from time to time. */
  sweep(): void;
  /** Closes all, and keeps none from now on; the process ends. */
  closeAll(): Promise<void>;
  readonly size: number;
}

export interface SessionPoolDeps {
  readonly connector: ImapConnector<KeepableSession>;
  readonly clock: Clock;
  /** Sessions kept at most; 0 keeps none. The least recently used goes first. */
  readonly capacity: number;
  /** How long one is kept that nobody asks for. */
  readonly idleMs: number;
  /** When the access token of a mailbox ends, milliseconds since 1970; where that is not known, nothing is kept. */
  readonly tokenEndsAt: (mailboxId: string) => number | undefined;
}

interface Kept {
  readonly mailboxId: string;
  readonly account: ImapAccount;
  readonly session: KeepableSession;
  readonly since: number;
  readonly endsAt: number;
}

// A session is closed before the server ends it (`BYE Session invalidated - AccessTokenExpired`), with room for a run.
const tokenMarginMs = 2 * 60_000;
const sweepMs = 30_000;

/**
 * Sessions that stay open between the polls of one process. Nothing relies on finding one. A session that broke while
 * it was kept, which a network may not tell, is replaced by a new one when its first answer does not come.
 */
export function createSessionPool(deps: SessionPoolDeps): SessionPool {
  const { connector, clock, capacity, idleMs, tokenEndsAt } = deps;
  // A Set keeps the order of insertion, so its first entry is the least recently used.
  const all = new Set<Kept>();
  const ofMailbox = new Map<string, Set<Kept>>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const isGood = (kept: Kept): boolean =>
    kept.session.alive && clock.now() < kept.endsAt - tokenMarginMs && clock.now() - kept.since < idleMs;

  const remove = (kept: Kept): void => {
    all.delete(kept);
    const others = ofMailbox.get(kept.mailboxId);
    others?.delete(kept);
    if (others?.size === 0) ofMailbox.delete(kept.mailboxId);
    if (all.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  /** `close` never throws, and nobody has to wait for the good-bye of a connection that is given up. */
  const discard = (kept: Kept): void => {
    remove(kept);
    void kept.session.close();
  };

  const sweep = (): void => {
    for (const kept of all) if (!isGood(kept)) discard(kept);
  };

  const take = (mailboxId: string, account: ImapAccount): KeepableSession | undefined => {
    let found: KeepableSession | undefined;
    for (const kept of ofMailbox.get(mailboxId) ?? []) {
      // Another token: the old one is about to end. Another generation: the mailbox was connected again, for one.
      const fits =
        kept.account.login === account.login &&
        kept.account.accessToken === account.accessToken &&
        kept.account.generation === account.generation;
      if (!fits || !isGood(kept)) discard(kept);
      else if (found === undefined) {
        remove(kept);
        found = kept.session;
      }
    }
    found?.setAside(false);
    return found;
  };

  const keep = (mailboxId: string, account: ImapAccount, session: KeepableSession): boolean => {
    const endsAt = tokenEndsAt(mailboxId);
    if (closed || capacity === 0 || endsAt === undefined) return false;
    const kept: Kept = { mailboxId, account, session, since: clock.now(), endsAt };
    if (!isGood(kept)) return false;
    session.setAside(true);
    all.add(kept);
    ofMailbox.set(mailboxId, (ofMailbox.get(mailboxId) ?? new Set()).add(kept));
    for (const oldest of all) {
      if (all.size <= capacity) break;
      discard(oldest);
    }
    timer ??= setInterval(sweep, sweepMs).unref();
    return true;
  };

  return {
    open: async (account, signal) => {
      const { mailboxId } = account;
      if (mailboxId === undefined) return connector.open(account, signal);
      const borrowed: Omit<BorrowedSession, 'session' | 'isProven'> = {
        clock,
        reopen: () => connector.open(account),
        giveBack: (session) => keep(mailboxId, account, session),
      };
      const kept = take(mailboxId, account);
      if (kept !== undefined) return borrowSession({ ...borrowed, session: kept, isProven: false });
      return borrowSession({ ...borrowed, session: await connector.open(account, signal), isProven: true });
    },
    leave: (shard) => {
      for (const kept of all) if (shardOfMailbox(kept.mailboxId) === shard) discard(kept);
    },
    drop: (mailboxId) => {
      for (const kept of ofMailbox.get(mailboxId) ?? []) discard(kept);
    },
    sweep,
    closeAll: async () => {
      closed = true;
      const sessions = [...all].map(({ session }) => session);
      for (const kept of all) remove(kept);
      await Promise.all(sessions.map((session) => session.close()));
    },
    get size() {
      return all.size;
    },
  };
}
