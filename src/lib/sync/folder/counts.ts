import { z } from 'zod';
import type { FolderStatus } from '../../mailbox/session/session.ts';
import type { MailboxRun } from '../state/folder-poll.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import type { FolderContext } from './folder-context.ts';

/** Whether STATUS shows other counts than the last poll saw. Pure. */
export const areCountsNew = (
  { cursor, exists }: Pick<FolderRecord, 'cursor' | 'exists'>,
  { uidValidity, messages, unseen }: FolderStatus,
): boolean =>
  exists && cursor.uidValidity === uidValidity && (cursor.messages !== messages || cursor.unseen !== unseen);

const ofFolder = z.looseObject({ folder: z.looseObject({ path: z.string() }) });

/**
 * Sends the number of messages of folders if the destination asks for it: one event a folder, which replaces one that
 * still waits. It is stored with the cursor that has the counts, so that none is sent twice.
 */
export async function tellCounts(
  { context, mailbox }: MailboxRun<FolderContext>,
  counted: readonly { readonly record: FolderRecord; readonly status: FolderStatus }[],
): Promise<void> {
  if ((await context.destinations?.wantsCounts?.(mailbox.row.destinationId)) !== true) return;
  for (const { record, status } of counted) {
    const { id, path, role } = record.folder;
    for (const waiting of mailbox.outbox()) {
      if (waiting.type === 'folder.counts' && pathIn(waiting.data) === path) mailbox.removeOutbox(waiting.id);
    }
    const { messages, unseen } = status;
    context.tell(mailbox, {
      type: 'folder.counts',
      occasion: [id, context.now().getTime()],
      data: { folder: { path, role: role ?? null }, messages, unseen },
    });
  }
}

function pathIn(data: string): string | undefined {
  try {
    return ofFolder.safeParse(JSON.parse(data)).data?.folder.path;
  } catch {
    // The function that builds the event reports the broken row.
    return undefined;
  }
}
