import type { Submission } from '../domain/submission.ts';
import { cancelled, resent, settled } from '../domain/submission-steps.ts';
import { BrokerError, type ErrorCode } from '../errors.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { laneOf } from '../store/submissions/submission-keys.ts';
import { changeAndFinish } from './ending/finish.ts';
import type { SendingDeps } from './types.ts';

/**
 * What a person or a program decides about a submission.
 * @throws BrokerError `not_found` | `storage_unreachable` | `conflict`
 */
export interface Decisions {
  /** Until an attempt is marked. @throws BrokerError `submission_marked`, whose detail names the state */
  cancel(id: string): Promise<Submission>;
  /**
   * The same bytes under the same Message-ID, once more.
   * @throws BrokerError `submission_not_unknown`; `submission_not_kept` of one that bounced
   */
  resend(id: string, mailbox: MailboxRow): Promise<Submission>;
  /** What was found out about an unknown one. @throws BrokerError `submission_not_unknown` */
  settle(id: string, as: 'sent' | 'failed'): Promise<Submission>;
}

export function createDecisions(deps: SendingDeps): Decisions {
  const now = () => new Date(deps.store.time.whenJudging());

  /** @param isDone whether an earlier request, whose answer was lost, has decided the same */
  async function decide(
    id: string,
    change: (submission: Submission) => Submission | undefined,
    isDone: (submission: Submission) => boolean,
    refusal: ErrorCode | ((submission: Submission) => ErrorCode),
  ): Promise<Submission> {
    let refused: Submission | undefined;
    const after = await changeAndFinish(deps, id, (current) => {
      const next = change(current);
      refused = next === undefined && !isDone(current) ? current : undefined;
      return next;
    });
    if (after === undefined) throw new BrokerError('not_found');
    if (refused !== undefined)
      throw new BrokerError(typeof refusal === 'string' ? refusal : refusal(refused), {
        detail: `The submission is ${refused.state}.`,
      });
    return after;
  }

  return {
    cancel: (id) =>
      decide(
        id,
        (current) => cancelled(current, now()),
        ({ state }) => state === 'cancelled',
        'submission_marked',
      ),

    async resend(id, mailbox) {
      const after = await decide(
        id,
        (current) => (current.state === 'unknown' ? resent(current, now()) : undefined),
        () => false,
        // Its blob went when it was sent.
        ({ state }) => (state === 'bounced' ? 'submission_not_kept' : 'submission_not_unknown'),
      );
      await deps.wake({ v: 1, kind: 'send', lane: laneOf(mailbox) }, 0).catch(() => undefined);
      return after;
    },

    settle: (id, as) =>
      decide(
        id,
        (current) => settled(current, as, now()),
        () => false,
        'submission_not_unknown',
      ),
  };
}
