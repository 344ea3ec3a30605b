import { createBoundedMap } from '../../domain/bounded-map.ts';
import type { Clock } from '../../domain/clock.ts';

/** A session that is kept, and since when. */
interface Idle {
  readonly mailboxId: string;
  readonly since: number;
}

/** Of so many mailboxes it is known how often they are used; one that drops out counts as used for the first time. */
const mostKnown = 10_000;

/** Sessions used about as often do not take each other's place in turn: it has to be twice as often. */
const clearly = 2;

/** How often the sessions of each mailbox are asked for. Intervals are in milliseconds. */
export function createUses(clock: Clock) {
  const known = createBoundedMap<string, { readonly at: number; readonly everyMs: number | undefined }>(mostKnown);
  const everyMs = (mailboxId: string): number | undefined => known.get(mailboxId)?.everyMs;
  /** One that has not been asked for since long is asked for less often than it was. */
  const nowEveryMs = ({ mailboxId, since }: Idle): number => Math.max(everyMs(mailboxId) ?? 0, clock.now() - since);

  return {
    /** A session of this mailbox is asked for now. */
    note(mailboxId: string): void {
      const before = known.get(mailboxId);
      const at = clock.now();
      known.set(mailboxId, { at, everyMs: before === undefined ? undefined : at - before.at });
    },

    /** The session that is asked for least often; the first of several. */
    rarest<T extends Idle>(sessions: Iterable<T>): T | undefined {
      let rarest: T | undefined;
      for (const session of sessions) {
        if (rarest === undefined || nowEveryMs(session) > nowEveryMs(rarest)) rarest = session;
      }
      return rarest;
    },

    /** Whether the sessions of this mailbox are asked for clearly more often than that one. */
    isMoreOften(mailboxId: string, other: Idle): boolean {
      const every = everyMs(mailboxId);
      return every !== undefined && every * clearly <= nowEveryMs(other);
    },
  };
}
