import { isBrokerError } from '../../errors.ts';
import { isMeant } from '../../store/rows/job-row.ts';
import type { ReplayDeadJob, ReplayJob } from '../../store/rows/rows.ts';
import type { Turn } from '../delivering/deliver-backlog.ts';
import { retryFolder } from '../delivering/retry.ts';
import { mostRetriesForOldMail, replayDead } from '../delivering/retry-queue.ts';
import type { PollContext, Task } from '../delivering/task.ts';
import { readMessageRows } from '../state/message-rows.ts';
import { heaviest } from '../state/run-context.ts';
import { createSinceReplay } from './replay-since.ts';

/**
 * Does what someone wanted to have replayed: what was given up first, for it is quickly done, then all mail since a
 * time. No cursor is moved by any of it. Each step is in the row of its job, in the commit that makes it true, so that
 * another run continues where this one ends.
 */
export function createReplay(pollContext: PollContext): Task {
  const { context, mailbox } = pollContext;
  const since = createSinceReplay(pollContext);
  /** Jobs with which nothing more can be done in this poll. */
  const waiting = new Set<string>();

  const next = (): ReplayJob | undefined => {
    const open = mailbox.jobs().filter(({ id }) => !waiting.has(id));
    return open.find(({ kind }) => kind === 'dead') ?? open[0];
  };

  function left(): 'nothing' | 'more' | 'wait' {
    if (mailbox.jobs().length === 0) return 'nothing';
    return next() === undefined ? 'wait' : 'more';
  }

  async function work(turn: Turn): Promise<void> {
    await readMessageRows(context, mailbox);
    const isHeld = () => context.held.has(mailbox.row.destinationId);
    for (let job = next(); job !== undefined && !turn.isOver() && turn.messages > 0 && !isHeld(); job = next()) {
      const end = job.kind === 'dead' ? await replayDeadMessages(pollContext, job, turn) : await since(job, turn);
      if (end === 'more') return;
      if (end === 'wait') waiting.add(job.id);
    }
  }

  return { left, work };
}

/** Has messages that were given up tried again, and tries them at once as far as the turn goes. */
async function replayDeadMessages(
  pollContext: PollContext,
  job: ReplayDeadJob,
  turn: Turn,
): Promise<'done' | 'more' | 'wait'> {
  const { context, mailbox } = pollContext;
  let replayed = 0;
  let isLeft = false;
  for (const row of mailbox.dead().filter((dead) => isMeant(job, dead))) {
    const record = mailbox.folders.find(({ folder }) => folder.id === row.folderId);
    // The rows of a folder that is not watched any more are about to be erased.
    if (record === undefined) continue;
    if (record.cursor.retries < mostRetriesForOldMail) {
      replayDead(pollContext, row, job.number);
      replayed += 1;
    } else isLeft = true;
    if (mailbox.weight >= heaviest) await context.committer.commit(mailbox);
  }
  const retryItem = job.key === undefined ? undefined : mailbox.retryItem(job.key);
  if (retryItem?.kind === 'retry' && retryItem.row.nextAt > context.now()) {
    mailbox.putRetryItem({ kind: 'retry', row: { ...retryItem.row, nextAt: context.now() } });
  }
  if (!isLeft) mailbox.removeJob(job.id);
  await context.committer.commit(mailbox);
  context.log.info('replay.queued', { mailboxId: mailbox.id, jobId: job.id, count: replayed });
  for (const record of pollContext.records) {
    if (
      pollContext.gone.has(record) ||
      (record.cursor.retryAt?.getTime() ?? Number.POSITIVE_INFINITY) > context.now().getTime()
    ) {
      continue;
    }
    try {
      await retryFolder({ ...pollContext, record }, turn);
    } catch (error) {
      if (!isBrokerError(error, 'folder_missing')) throw error;
      pollContext.gone.add(record);
    }
  }
  if (!isLeft) return 'done';
  return replayed > 0 ? 'more' : 'wait';
}
