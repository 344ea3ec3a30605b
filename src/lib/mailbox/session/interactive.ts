import type { Clock } from '../../domain/clock.ts';
import { createExpiringMap } from '../../domain/expiring-map.ts';
import { withDeadline } from '../../domain/with-deadline.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { type LogInParts, logIn } from './log-in.ts';
import type { MailSession } from './session.ts';

/** Sessions for people and programs that wait for an answer, apart from those of the polls. */
export interface Interactive {
  /**
   * Works with a session of a mailbox.
   * @param until when the mail server takes this mailbox again, as a poll was told
   * @throws BrokerError `mailbox_busy` if no place came free in time; `imap_throttled` with when it is over, without asking
   *   the server again; what the token, the mail server and `work` throw
   */
  with<T>(row: MailboxRow, work: (session: MailSession) => Promise<T>, until?: Date | undefined): Promise<T>;
}

export interface InteractiveParts extends LogInParts {
  readonly clock: Clock;
  /** Bounds how many work at once. @throws BrokerError `downloads_busy` */
  readonly limiter: { enter(mailboxId: string): Promise<{ leave(): void }> };
}

// From the log-in to the answer. Azure's front end waits 230 s.
const limitMs = 90_000;

// A session comes back within 40 to 80 ms; to log in takes longer than that, and to wait for one that hangs is no use.
const returnMs = 1_000;

/**
 * An answer does not wait for the end of a session: its folder is left after the answer, and the next request for the
 * mailbox takes that session up.
 * A throttle is remembered by this process and told to its callers; the state of the mailbox is the worker's to write.
 */
export function createInteractive(parts: InteractiveParts): Interactive {
  const { clock, limiter } = parts;
  const throttledUntil = createExpiringMap<string, number>(10_000, () => clock.now());

  /** The latest session of a mailbox that is on its way back. */
  const returning = new Map<string, Promise<unknown>>();

  const giveBack = (mailboxId: string, session: MailSession | undefined, permit: { leave(): void }): void => {
    const back = Promise.allSettled([session?.close()]).then(() => {
      permit.leave();
      if (returning.get(mailboxId) === back) returning.delete(mailboxId);
    });
    returning.set(mailboxId, back);
  };

  const untilReturned = async (mailboxId: string): Promise<void> => {
    const back = returning.get(mailboxId);
    if (back === undefined) return;
    const late = () => new BrokerError('imap_unreachable');
    await withDeadline(clock, returnMs, back, late).catch(() => undefined);
  };

  const throttle = (at: number): BrokerError =>
    new BrokerError('imap_throttled', { retry: { afterMs: at - clock.now(), until: new Date(at) } });

  const enter = async (mailboxId: string): Promise<{ leave(): void }> => {
    try {
      return await limiter.enter(mailboxId);
    } catch (error) {
      if (!isBrokerError(error, 'downloads_busy')) throw error;
      throw new BrokerError('mailbox_busy', error.retry === undefined ? {} : { retry: error.retry });
    }
  };

  return {
    with: async (row, work, until) => {
      const known = Math.max(throttledUntil.get(row.id) ?? 0, until?.getTime() ?? 0);
      if (known > clock.now()) throw throttle(known);
      const permit = await enter(row.id);
      const over = new AbortController();
      let session: MailSession | undefined;
      try {
        const late = () => new BrokerError('imap_unreachable', { retry: { afterMs: 5_000 } });
        const answer = async () => {
          await untilReturned(row.id);
          const opened = await logIn(parts, row, over.signal);
          session = opened;
          // The caller no longer waits, and no one else has this session.
          if (over.signal.aborted) await opened.close();
          return work(opened);
        };
        return await withDeadline(clock, limitMs, answer(), late);
      } catch (error) {
        if (!isBrokerError(error, 'imap_throttled') || error.retry === undefined) throw error;
        const end = clock.now() + error.retry.afterMs;
        throttledUntil.set(row.id, end, end);
        throw throttle(end);
      } finally {
        over.abort(new BrokerError('imap_unreachable'));
        giveBack(row.id, session, permit);
      }
    },
  };
}
