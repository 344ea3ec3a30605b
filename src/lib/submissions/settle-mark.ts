import type { Submission } from '../domain/submission.ts';
import { copied } from '../domain/submission-reports.ts';
import { deferred, notFound, notLooked } from '../domain/submission-steps.ts';
import { isBrokerError } from '../errors.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { LaneRun } from './attempt.ts';
import { changeSubmission } from './change.ts';
import type { SendingDeps } from './types.ts';

/**
 * Finds the outcome of an attempt whose end was not seen: a draft that could be deleted was not sent; a message with a
 * copy in Sent was.
 * @returns the submission as it is then
 * @throws BrokerError `storage_unreachable`; the reason of the lease's signal
 */
export async function settleMark(
  deps: SendingDeps,
  { lease, ready }: LaneRun,
  mailbox: MailboxRow,
  { id, mark }: Submission,
): Promise<Submission | undefined> {
  if (mark === undefined) return undefined;
  const now = () => new Date(deps.store.time.whenJudging());
  /** Only while this is still the attempt with an unknown outcome. */
  const change = async (decide: (current: Submission) => Submission | undefined) =>
    (
      await changeSubmission(deps, id, (current) =>
        current.state === 'sending' && current.mark?.number === mark.number ? decide(current) : undefined,
      )
    )?.submission;
  try {
    // Taken back, so that a request that is still on its way finds nothing to send.
    if (mark.staged !== undefined && (await withdraw(mark.staged))) {
      return change((current) => deferred(current, { code: 'submission_unsettled' }, now()));
    }
    const copy = await deps.sent.find(mark, id, lease.signal);
    deps.log.info('sent_folder.searched', {
      submissionId: id,
      attempt: mark.number,
      look: mark.looks,
      found: copy !== undefined,
    });
    return change((current) =>
      copy === undefined ? notFound(current, now()) : copied(current, copy.messageId, now()),
    );
  } catch (error) {
    if (lease.signal.aborted) throw lease.signal.reason;
    if (!isBrokerError(error)) deps.log.error('sent_folder.search_failed', error, { submissionId: id });
    else if (error.code === 'storage_unreachable') throw error;
    const code = isBrokerError(error) ? error.code : 'internal_error';
    return change((current) => notLooked(current, now(), code));
  }

  async function withdraw(place: string): Promise<boolean> {
    const way = await ready.get(mark?.way ?? 'graph_draft', mailbox, lease.signal);
    return way.kind === 'ready' && (await way.withdraw?.(place, lease.signal)) === true;
  }
}
