import { createBoundedMap } from '../domain/bounded-map.ts';
import type { Clock } from '../domain/clock.ts';

/** After one bell the next of the same mailbox waits until this is over; it stands for all that come meanwhile. */
export const quietMs = 5_000;

/**
 * Bounds what the notifications of one mailbox cost, in this process: two bells in five seconds, however many messages
 * arrive. None is lost: the second one rings when all of them have arrived.
 */
export interface Gate {
  /** In how many milliseconds a bell is to ring; undefined if one that waits already stands for this one, too. */
  admit(mailboxId: string): number | undefined;
  /** A bell that was admitted could not be queued: the next one is let through at once. */
  reopen(mailboxId: string): void;
}

// Mailboxes that get mail within the same five seconds; one that drops out rings once more.
const mostMailboxes = 10_000;

export function createGate(clock: Pick<Clock, 'monotonic'>): Gate {
  /** When the next bell of a mailbox may ring, or will. */
  const opens = createBoundedMap<string, number>(mostMailboxes);
  return {
    admit(mailboxId) {
      const now = clock.monotonic();
      const at = opens.get(mailboxId) ?? Number.NEGATIVE_INFINITY;
      if (at > now + quietMs) return undefined;
      const waitMs = Math.max(0, at - now);
      opens.set(mailboxId, now + waitMs + quietMs);
      return waitMs;
    },
    reopen: (mailboxId) => opens.delete(mailboxId),
  };
}
