import { type PollPlan, planPoll } from '../../mailbox/session/plan.ts';
import type { FolderStatus } from '../../mailbox/session/session.ts';
import type { FolderPoll } from '../state/folder-poll.ts';
import { fillRecentMessages, positionAt } from './baseline.ts';
import type { FolderContext } from './folder-context.ts';
import { resetFolder } from './reset.ts';

/**
 * Gives a folder a position from which it can be polled: a baseline at the first poll, recovery after its UIDs were
 * renumbered, and the messages at hand as recent messages where it has none.
 * @returns the plan of the folder from there
 */
export async function settleIn(
  folder: FolderPoll<FolderContext>,
  { status, plan }: { readonly status: FolderStatus; readonly plan: PollPlan },
): Promise<PollPlan> {
  const { context, mailbox, record } = folder;
  const now = context.now();
  if (plan.kind === 'reset') {
    await resetFolder(folder, status, plan.cause);
  } else {
    const begin = plan.kind === 'poll' ? undefined : await positionAt(folder, status, plan.since);
    const { lastUid, missing, unseen } = begin ?? { lastUid: record.cursor.lastUid, missing: [], unseen: [] };
    const moved = await fillRecentMessages(folder, status, { lastUid, doubtful: [...missing, ...unseen], now });
    // Events about UIDs that are pushed out here are not sent: whether they ever existed is unknown.
    record.openUidGaps(missing, now, 'missing');
    record.openUidGaps(unseen, now, 'unseen');
    // These are taken over like messages that come from another folder.
    record.openUidGaps(moved, now, 'present');
  }
  return planPoll(record.cursor, status, now, mailbox.row.createdAt);
}
