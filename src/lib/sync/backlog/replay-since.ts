import { dayMs } from '../../domain/duration.ts';
import { isBrokerError } from '../../errors.ts';
import type { ReplaySinceJob } from '../../store/rows/rows.ts';
import type { Source } from '../delivering/backlog.ts';
import type { Errand, Scene } from '../delivering/errand.ts';
import { pump, type Turn } from '../delivering/pump.ts';
import { createSource } from '../delivering/source.ts';
import type { FolderBook } from '../state/folder-record.ts';
import { createReplayBacklog } from './replay-backlog.ts';

/** For a folder that is not there just now a replay waits so long; then the others are gone through without it. */
const missingFolderMs = dayMs;

/** A folder that a job is at. */
interface Station {
  readonly jobId: string;
  readonly book: FolderBook;
  readonly source: Source;
}

/**
 * Goes through the mail of the watched folders that arrived since a time, one folder after the other, each in the order
 * of arrival.
 */
export function createSinceReplay(scene: Scene) {
  const { context, session, mailbox } = scene;
  let at: Station | undefined;

  const current = (id: string): ReplaySinceJob | undefined => {
    const job = mailbox.jobs().find((one) => one.id === id);
    return job?.kind === 'since' ? job : undefined;
  };

  /** The folder that a job goes on in; undefined if it has been through all. */
  function bookOf({ progress: { folderId } }: ReplaySinceJob): FolderBook | undefined {
    const open = mailbox.folders.filter(({ folder, exists }) => exists && folder.id >= folderId);
    return open.sort((a, b) => (a.folder.id < b.folder.id ? -1 : 1))[0];
  }

  function stationOf(job: ReplaySinceJob, book: FolderBook): Station {
    if (at?.jobId === job.id && at.book === book) return at;
    const backlog = createReplayBacklog(scene, book, {
      get: () => current(job.id) ?? job,
      set: (progress) => mailbox.setJob({ ...job, progress }),
    });
    at = { jobId: job.id, book, source: createSource(context, session, mailbox, book, backlog) };
    return at;
  }

  /** Goes on to the folder behind this one. */
  function leave(job: ReplaySinceJob, book: FolderBook): void {
    const { progress, since } = current(job.id) ?? job;
    // The next id in order; no id holds this character.
    const folderId = `${book.folder.id}~`;
    mailbox.setJob({
      ...job,
      progress: { ...progress, folderId, upTo: since, place: undefined, failedAt: undefined },
    });
  }

  return async (
    asked: ReplaySinceJob,
    turn: Turn,
  ): Promise<Exclude<ReturnType<Errand['left']>, 'nothing'> | 'done'> => {
    for (;;) {
      const job = current(asked.id) ?? asked;
      const book = bookOf(job);
      if (book === undefined) {
        const { delivered, failed } = job.progress;
        mailbox.removeJob(job.id);
        await context.committer.commit(mailbox);
        context.log.info('replay_done', { mailbox: mailbox.id, job: job.id, delivered, failed });
        return 'done';
      }
      if (scene.gone.has(book)) {
        if (context.now().getTime() - job.at.getTime() < missingFolderMs) return 'wait';
        leave(job, book);
        continue;
      }
      const { source } = stationOf(job, book);
      try {
        const end = await pump(context, mailbox, book, source, turn, await scene.order());
        if (end === 'more') return 'more';
        if (end !== 'drained') return 'wait';
        leave(job, book);
      } catch (error) {
        if (!isBrokerError(error, 'folder_missing')) throw error;
        scene.gone.add(book);
      }
    }
  };
}
