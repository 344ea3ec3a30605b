import { dayMs } from '../../domain/duration.ts';
import { windowSizes } from '../../domain/events/window-size.ts';
import { searchDays } from '../../mailbox/fetch/search-days.ts';
import { mostDone } from '../../store/rows/job-row.ts';
import type { ReplayProgress, ReplaySinceJob } from '../../store/rows/rows.ts';
import type { Backlog } from '../delivering/backlog.ts';
import { isFromBefore } from '../delivering/new-mail.ts';
import { mostRetriesForOldMail, replayDead } from '../delivering/retry-queue.ts';
import type { PollContext } from '../delivering/task.ts';
import { fetchMeta } from '../folder/baseline.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import { tellVanished } from '../state/vanished.ts';
import { createListedMessages, type Listed } from './listed-messages.ts';

/** So much of a folder is listed at a time: few searches where there is little, few UIDs at once where there is much. */
const windowMs = 7 * dayMs;

/** The job as it is now, and how it comes on. */
export interface JobInHand {
  get(): ReplaySinceJob;
  set(progress: ReplayProgress): void;
}

/**
 * The mail of a folder from the position of the job until the time of the request, in the order of arrival. UIDs that
 * the cursor has not passed yet are left to the polls. The job advances only past messages that are all settled,
 * however many are under way at once.
 */
export function createReplayBacklog(pollContext: PollContext, record: FolderRecord, job: JobInHand): Backlog {
  const { context, session, mailbox } = pollContext;
  const at = { ...pollContext, record };
  const { at: until, force, number, progress: begun } = job.get();
  const { uidValidity } = record.cursor;
  /** Listed and not taken yet, in order; and all that was listed and is not passed, taken or not. */
  let ahead: readonly Listed[] = [];
  const open = createListedMessages();
  /** What was done in other polls beyond where the job is, and has not been listed yet. */
  const doneBefore = new Set(begun.place?.uidValidity === uidValidity ? begun.done : []);
  let listedTo = begun.upTo;

  const isListed = () => listedTo >= until;

  /** Whether the job has been here before. */
  function isPast({ uid, at }: Listed): boolean {
    const { upTo, place } = job.get().progress;
    return at < upTo || (at.getTime() === upTo.getTime() && place?.uidValidity === uidValidity && uid <= place.uid);
  }

  /** A message that needs no look: it is with the polls, or it was delivered and that is enough. */
  function isOthers(uid: number): boolean {
    const { lastUid, acked, uidGaps } = record.cursor;
    if (uid > lastUid && !acked.includes(uid)) return true;
    if (uidGaps.some(({ from, to }) => uid >= from && uid <= to)) return true;
    return !force && record.entryAt(uid)?.accepted === true;
  }

  async function list(): Promise<void> {
    const from = listedTo;
    const to = new Date(Math.min(from.getTime() + windowMs, until.getTime()));
    const { path } = record.folder;
    const uids = await searchDays(session, path, from, to);
    const wanted = uids.filter((uid) => !isOthers(uid));
    const metas = wanted.length === 0 ? [] : await fetchMeta(at, wanted, 'bare');
    const found = metas
      .map(({ uid, internalDate }): Listed => ({ uid, at: internalDate }))
      .filter((one) => one.at >= from && one.at < to && !isPast(one))
      .sort((a, b) => a.at.getTime() - b.at.getTime() || a.uid - b.uid);
    const shown = new Set(metas.map(({ uid }) => uid));
    for (const uid of wanted) if (!shown.has(uid)) leaveToPolls(uid);
    for (const one of found) open.add(one, doneBefore.has(one.uid));
    // Nothing else is ahead: more is listed when all of it was taken.
    ahead = found.filter(({ uid }) => !doneBefore.delete(uid));
    listedTo = to;
    pass();
    // Of what lies before there is nothing left.
    if (open.head === undefined) advance({ upTo: to, place: { uidValidity, uid: 0 } });
  }

  /** What the server lists and does not show is looked for by the polls, which tell if it has gone. */
  function leaveToPolls(uid: number): void {
    const entry = record.entryAt(uid);
    if (entry?.accepted === true) return;
    if (entry !== undefined) record.put({ ...entry, posted: true });
    tellVanished(at, record.openUidGaps([{ from: uid, to: uid }], context.now(), 'missing'));
  }

  function advance(change: Partial<ReplayProgress>): void {
    job.set({ ...job.get().progress, folderId: record.folder.id, ...change });
  }

  /** Notes how far everything is settled, and what is beyond that. */
  function pass(): void {
    const last = open.pass();
    const { place } = job.get().progress;
    advance({
      ...(last === undefined ? {} : { upTo: last.at, failedAt: undefined }),
      place: { uidValidity, uid: last?.uid ?? (place?.uidValidity === uidValidity ? place.uid : 0) },
      // What does not find room here is done once more.
      done: [...open.settledAhead(mostDone), ...doneBefore].slice(0, mostDone),
    });
  }

  function settle(uid: number, internalDate?: Date): void {
    open.settle(uid);
    pass();
    const { progress } = job.get();
    const isDelivered = internalDate !== undefined && record.entryAt(uid)?.accepted === true;
    advance({
      delivered: progress.delivered + (isDelivered ? 1 : 0),
      failed: progress.failed + (internalDate === undefined ? 1 : 0),
    });
  }

  return {
    async take(most) {
      while (ahead.length === 0 && !isListed()) await list();
      const taken = ahead.slice(0, most);
      ahead = ahead.slice(taken.length);
      return taken.map(({ uid }) => uid);
    },
    get isEmpty() {
      return ahead.length === 0 && isListed();
    },
    // Those that go at once may still be added to what is beyond; its head must move first.
    hasRoom: (uid = ahead[0]?.uid) =>
      uid === open.head?.uid || open.ahead + doneBefore.size < mostDone - 2 * windowSizes.most,
    isDone(entry) {
      const retryItem = mailbox.retryItem(entry.key);
      if (retryItem?.kind === 'dead' && record.cursor.retries < mostRetriesForOldMail)
        replayDead(at, retryItem.row, number);
      return !force && entry.accepted;
    },
    isOld: ({ internalDate }) => isFromBefore(mailbox.row, internalDate),
    late: true,
    replay: force ? number : undefined,
    settle,
    async miss(uid) {
      leaveToPolls(uid);
      settle(uid);
    },
    holdsUp: false,
    mostRetries: mostRetriesForOldMail,
    failingSince(now) {
      const { failedAt } = job.get().progress;
      if (failedAt === undefined) advance({ failedAt: now });
      return failedAt ?? now;
    },
  };
}
