import { dayMs } from '../../domain/duration.ts';
import { isBrokerError } from '../../errors.ts';
import { isFinished } from '../../store/mailboxes/first-sync.ts';
import { baselineMarginMs } from '../../store/mailboxes/new-mailbox.ts';
import type { Backfill } from '../../store/rows/rows.ts';
import type { Source } from '../delivering/backlog.ts';
import { deliverBacklog, type Turn } from '../delivering/deliver-backlog.ts';
import { createSource } from '../delivering/source.ts';
import type { PollContext, Task } from '../delivering/task.ts';
import { newBackfill } from '../state/backfill-progress.ts';
import type { FolderPoll } from '../state/folder-poll.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import { readMessageRows } from '../state/message-rows.ts';
import { type OldMail, oldMail } from './old-mail.ts';

/** Days that are counted at once, to begin with; more where little is in them, fewer where there is much. */
const countedDays = 32;
const fewCounted = 500;
const manyCounted = 5_000;

/** Where the first sync of a folder stands in this poll. */
interface Work {
  readonly mail: OldMail;
  readonly source: Source;
}

/**
 * The first sync: mail from before the mailbox was connected, back to its `syncFrom`, folder by folder, the latest
 * first. Its progress is in the cursor of each folder: it continues where a run ended, and from there when `syncFrom`
 * is set to an earlier instant.
 */
export function createBackfill(pollContext: PollContext): Task {
  const { context, session, mailbox, records, gone } = pollContext;
  const { syncFrom: since } = mailbox.row;
  const works = new Map<FolderRecord, Work>();
  /** What can do no more until the next tick. */
  const stopped = new Set<FolderRecord>();

  const unfinished = (): readonly FolderRecord[] =>
    since === undefined ? [] : records.filter((record) => !gone.has(record) && hasLeft(record, since));

  async function begin(record: FolderRecord, from: Date): Promise<Work> {
    // A folder that was there before there was a first sync: what came after the connect was delivered as new mail.
    if (record.backfill.state === undefined) {
      record.backfill.begin({
        ...newBackfill(record.cursor.lastUid),
        at: new Date(mailbox.row.createdAt.getTime() + baselineMarginMs),
      });
    }
    const { state } = record.backfill;
    if (state !== undefined && state.countedFrom?.getTime() !== from.getTime()) {
      const left = await count({ session, record }, state, { since: from, now: context.now() });
      record.backfill.set({ countedFrom: from, total: state.done + left });
    }
    const at = { context, session, mailbox, record };
    const mail = oldMail(at, from);
    return { mail, source: createSource(at, mail) };
  }

  async function goOn(record: FolderRecord, from: Date, turn: Turn): Promise<void> {
    const work = works.get(record) ?? (await begin(record, from));
    works.set(record, work);
    const end = await deliverBacklog({ context, mailbox, record }, work.source, {
      turn,
      order: await pollContext.order(),
    });
    const { state } = record.backfill;
    if (state !== undefined && isFinished(state, from)) record.backfill.set({ total: state.done, missing: undefined });
    if (end !== 'more' || work.mail.isWaiting) stopped.add(record);
  }

  return {
    left() {
      const open = unfinished();
      if (open.length === 0) return 'nothing';
      return open.some((record) => !stopped.has(record)) ? 'more' : 'wait';
    },
    async work(turn) {
      if (since === undefined) return;
      await readMessageRows(context, mailbox);
      for (const record of unfinished()) {
        if (turn.isOver() || turn.messages <= 0 || context.held.has(mailbox.row.destinationId)) break;
        if (stopped.has(record)) continue;
        try {
          await goOn(record, since, turn);
        } catch (error) {
          if (!isBrokerError(error, 'folder_missing')) throw error;
          gone.add(record);
        }
      }
      await context.committer.commit(mailbox);
    },
  };
}

/** A folder that was never looked into begins with a look of its own. */
const hasLeft = (record: FolderRecord, since: Date): boolean =>
  record.exists &&
  record.cursor.lastInternalDate !== undefined &&
  (record.backfill.state === undefined || !isFinished(record.backfill.state, since));

/** How many messages are left, by what SEARCH lists: to the day, and in pieces, so that no answer is long. */
async function count(
  { session, record }: Pick<FolderPoll, 'session' | 'record'>,
  { uid: top, at }: Backfill,
  { since, now }: { readonly since: Date; readonly now: Date },
): Promise<number> {
  const { path } = record.folder;
  let sum = 0;
  let days = countedDays;
  let to = at && new Date(at.getTime() + dayMs);
  for (;;) {
    const from = new Date(Math.max(since.getTime(), (to ?? now).getTime() - days * dayMs));
    const uids = to === undefined ? await session.searchSince(path, from) : await session.searchBetween(path, from, to);
    sum += uids.filter((uid) => uid <= top).length;
    if (from <= since) return sum;
    if (uids.length < fewCounted) days *= 4;
    else if (uids.length > manyCounted) days = Math.max(1, Math.floor(days / 2));
    to = from;
  }
}
