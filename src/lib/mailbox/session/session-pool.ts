import type { Clock } from '../../domain/clock.ts';
import { shardOfMailbox } from '../../domain/ids.ts';
import { type BorrowedSession, borrowSession } from './borrowed-session.ts';
import type { ImapAccount, ImapConnector, KeepableSession, MailSession } from './session.ts';
import { createUses } from './session-uses.ts';

/** Opens sessions as an {@link ImapConnector} does; closing one may keep its connection for the next who asks. */
export interface SessionPool extends ImapConnector<MailSession> {
  /** Closes what is kept of a shard: another process has looked after it, and has connections of its own. */
  leave(shard: number): void;
  /** Closes what is kept of a mailbox, because it was removed. */
  drop(mailboxId: string): void;
  /** Closes sessions that are no longer useful; it also runs periodically. */
  sweep(): void;
  /** Closes all, and keeps none from now on; the process ends. */
  closeAll(): Promise<void>;
  readonly size: number;
}

/**
 * `leastRecent`: the one that was used longest ago goes, which suits people who come and go.
 * `leastFrequent`: those stay that are used most often, and among equals those that were first. Polling goes round all
 * mailboxes in turn: with more of them than there is room, the least recently used session is the one that is needed
 * next, and a pool that closes it keeps almost none until its turn comes.
 */
export type Eviction = 'leastRecent' | 'leastFrequent';

export interface SessionPoolDeps {
  readonly connector: ImapConnector<KeepableSession>;
  readonly clock: Clock;
  /** Sessions kept at most; 0 keeps none. */
  readonly capacity: number;
  /** Which sessions stay where more are closed than there is room for; see {@link Eviction}. */
  readonly eviction: Eviction;
  /** How long an unused one is kept. */
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
  const { connector, clock, capacity, eviction, idleMs, tokenEndsAt } = deps;
  const uses = createUses(clock);
  // A Set keeps the order of insertion, so its first entry is the least recently used.
  const all = new Set<Kept>();
  const ofMailbox = new Map<string, Set<Kept>>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  /** Sessions that were kept and are lent now: they come back to their place. */
  let lent = 0;

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

  /** `close` never throws, and there is no need to wait for the LOGOUT of an abandoned connection. */
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

  /** Makes room for a session where there is none; false if the others are worth more. */
  const makeRoom = (mailboxId: string): boolean => {
    if (eviction === 'leastRecent') {
      for (const oldest of all) {
        if (all.size < capacity) break;
        discard(oldest);
      }
      return true;
    }
    if (all.size + lent < capacity) return true;
    sweep();
    if (all.size + lent < capacity) return true;
    const rarest = uses.rarest(all);
    if (rarest === undefined || !uses.isMoreOften(mailboxId, rarest)) return false;
    discard(rarest);
    return true;
  };

  const keep = (mailboxId: string, account: ImapAccount, session: KeepableSession): boolean => {
    const endsAt = tokenEndsAt(mailboxId);
    if (closed || capacity === 0 || endsAt === undefined) return false;
    const kept: Kept = { mailboxId, account, session, since: clock.now(), endsAt };
    if (!isGood(kept) || !makeRoom(mailboxId)) return false;
    session.setAside(true);
    all.add(kept);
    ofMailbox.set(mailboxId, (ofMailbox.get(mailboxId) ?? new Set()).add(kept));
    timer ??= setInterval(sweep, sweepMs).unref();
    return true;
  };

  return {
    open: async (account, signal) => {
      const { mailboxId } = account;
      if (mailboxId === undefined) return connector.open(account, signal);
      uses.note(mailboxId);
      const kept = take(mailboxId, account);
      if (kept !== undefined) lent += 1;
      const borrowed: Omit<BorrowedSession, 'session' | 'isProven'> = {
        clock,
        reopen: () => connector.open(account),
        giveBack: (session) => {
          if (kept !== undefined) lent -= 1;
          return session !== undefined && keep(mailboxId, account, session);
        },
      };
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
