import { dayMs } from '../../domain/duration.ts';
import { isBrokerError } from '../../errors.ts';
import type { ReplaySinceJob } from '../../store/rows/rows.ts';
import type { Source } from '../delivering/backlog.ts';
import { deliverBacklog, type Turn } from '../delivering/deliver-backlog.ts';
import { createSource } from '../delivering/source.ts';
import type { PollContext, Task } from '../delivering/task.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import { createReplayBacklog } from './replay-backlog.ts';

/** For a folder that is not there just now a replay waits so long; then the others are gone through without it. */
const missingFolderMs = dayMs;

/** A folder that a job is at. */
interface Station {
  readonly jobId: string;
  readonly record: FolderRecord;
  readonly source: Source;
}

/**
 * Goes through the mail of the watched folders that arrived since a time, one folder after the other, each in the order
 * of arrival.
 */
export function createSinceReplay(pollContext: PollContext) {
  const { context, session, mailbox } = pollContext;
  let at: Station | undefined;

  const current = (id: string): ReplaySinceJob | undefined => {
    const job = mailbox.jobs().find((one) => one.id === id);
    return job?.kind === 'since' ? job : undefined;
  };

  /** The folder that a job continues in; undefined if it has been through all. */
  function recordOf({ progress: { folderId } }: ReplaySinceJob): FolderRecord | undefined {
    const open = mailbox.folders.filter(({ folder, exists }) => exists && folder.id >= folderId);
    return open.sort((a, b) => (a.folder.id < b.folder.id ? -1 : 1))[0];
  }

  function stationOf(job: ReplaySinceJob, record: FolderRecord): Station {
    if (at?.jobId === job.id && at.record === record) return at;
    const backlog = createReplayBacklog(pollContext, record, {
      get: () => current(job.id) ?? job,
      set: (progress) => mailbox.setJob({ ...job, progress }),
    });
    at = { jobId: job.id, record, source: createSource({ context, session, mailbox, record }, backlog) };
    return at;
  }

  /** Advances to the next folder. */
  function leave(job: ReplaySinceJob, record: FolderRecord): void {
    const { progress, since } = current(job.id) ?? job;
    // The next id in order; no id holds this character.
    const folderId = `${record.folder.id}~`;
    mailbox.setJob({
      ...job,
      progress: { ...progress, folderId, upTo: since, place: undefined, failedAt: undefined },
    });
  }

  return async (asked: ReplaySinceJob, turn: Turn): Promise<Exclude<ReturnType<Task['left']>, 'nothing'> | 'done'> => {
    for (;;) {
      const job = current(asked.id) ?? asked;
      const record = recordOf(job);
      if (record === undefined) {
        const { delivered, failed } = job.progress;
        mailbox.removeJob(job.id);
        await context.committer.commit(mailbox);
        context.log.info('replay.finished', { mailboxId: mailbox.id, jobId: job.id, delivered, failed });
        return 'done';
      }
      if (pollContext.gone.has(record)) {
        if (context.now().getTime() - job.at.getTime() < missingFolderMs) return 'wait';
        leave(job, record);
        continue;
      }
      const { source } = stationOf(job, record);
      try {
        const order = await pollContext.order();
        const end = await deliverBacklog({ context, mailbox, record }, source, { turn, order });
        if (end === 'more') return 'more';
        if (end !== 'drained') return 'wait';
        leave(job, record);
      } catch (error) {
        if (!isBrokerError(error, 'folder_missing')) throw error;
        pollContext.gone.add(record);
      }
    }
  };
}
