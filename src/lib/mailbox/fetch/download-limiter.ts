import type { Clock } from '../../domain/clock.ts';
import { withDeadline } from '../../domain/with-deadline.ts';
import { BrokerError } from '../../errors.ts';

/** One download that is under way. */
export interface DownloadPermit {
  /** Sets so many bytes aside for it. @throws BrokerError `downloads_busy` if there is no room for them in time */
  reserve(bytes: number): Promise<void>;
  /** May be called twice. */
  leave(): void;
}

export interface DownloadLimiter {
  /** A place for a download from a mailbox. @throws BrokerError `downloads_busy` if none comes free in time */
  enter(mailboxId: string): Promise<DownloadPermit>;
}

export interface DownloadLimits {
  readonly perMailbox: number;
  readonly perProcess: number;
  /** Of all downloads of the process together, as they lie in the mail. */
  readonly bytes: number;
  /** A page that shows ten images of a mail requests all of them at once; so later requests wait this long. */
  readonly waitMs: number;
  /** More than these do not wait, in the process and from one mailbox. */
  readonly mostWaiting: number;
  readonly mostWaitingPerMailbox: number;
}

export const downloadLimits: DownloadLimits = {
  // Exchange serves few connections to a mailbox at once, and the poll needs one.
  perMailbox: 2,
  perProcess: 16,
  // The largest file alone raises the memory of worker and host together by some 170 MB, five times its size (measured
  // with a 36 MB file), and an instance may have 512 MB. So the largest goes alone, and smaller ones share its room.
  bytes: 48 * 1024 * 1024,
  waitMs: 4_000,
  mostWaiting: 64,
  mostWaitingPerMailbox: 16,
};

/**
 * For files that the broker fetches itself to upload them: upload.ts requests no more than this at once, so no request
 * waits here.
 */
export const uploadLimits: DownloadLimits = {
  ...downloadLimits,
  perMailbox: 4,
  perProcess: 4,
  bytes: 96 * 1024 * 1024,
};

/**
 * For people and programs that read and change a mailbox: two sessions a mailbox, and a little patience. What they ask for
 * is small.
 */
export const interactiveLimits: DownloadLimits = {
  ...downloadLimits,
  perProcess: 64,
  waitMs: 10_000,
  mostWaiting: 256,
};

/** The wait that is suggested to a caller. */
const retryAfterMs = 2_000;

/** Bounds what people who follow links can make this process do at once. */
export function createDownloadLimiter(limits: DownloadLimits, clock: Clock): DownloadLimiter {
  const running = new Map<string, number>();
  const waiting = new Map<string, number>();
  // In the order of asking; each looks whether what it waits for is there now.
  const waiters = new Set<() => void>();
  let bytes = 0;

  const count = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, each) => sum + each, 0);
  const add = (counts: Map<string, number>, mailboxId: string, change: 1 | -1) => {
    const next = (counts.get(mailboxId) ?? 0) + change;
    if (next === 0) counts.delete(mailboxId);
    else counts.set(mailboxId, next);
  };
  const changed = () => {
    for (const look of [...waiters]) look();
  };

  const until = async (mailboxId: string, take: () => boolean): Promise<void> => {
    if (take()) return;
    const busy = () => new BrokerError('downloads_busy', { retry: { afterMs: retryAfterMs } });
    const isFull =
      count(waiting) >= limits.mostWaiting || (waiting.get(mailboxId) ?? 0) >= limits.mostWaitingPerMailbox;
    if (isFull) throw busy();
    add(waiting, mailboxId, 1);
    let look = () => {};
    try {
      const taken = new Promise<void>((resolve) => {
        look = () => {
          if (!take()) return;
          waiters.delete(look);
          resolve();
        };
        waiters.add(look);
      });
      await withDeadline(clock, limits.waitMs, taken, busy);
    } finally {
      waiters.delete(look);
      add(waiting, mailboxId, -1);
    }
  };

  return {
    enter: async (mailboxId) => {
      await until(mailboxId, () => {
        if ((running.get(mailboxId) ?? 0) >= limits.perMailbox || count(running) >= limits.perProcess) return false;
        add(running, mailboxId, 1);
        return true;
      });
      let reserved = 0;
      let left = false;
      return {
        reserve: (wanted) =>
          until(mailboxId, () => {
            // What alone is too much for all is let through when nothing else is under way.
            if (bytes > 0 && bytes + wanted > limits.bytes) return false;
            bytes += wanted;
            reserved += wanted;
            return true;
          }),
        leave: () => {
          if (left) return;
          left = true;
          bytes -= reserved;
          add(running, mailboxId, -1);
          changed();
        },
      };
    },
  };
}
