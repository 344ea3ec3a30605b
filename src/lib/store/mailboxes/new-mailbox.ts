import type { Random } from '../../domain/clock.ts';
import { eventId, newFolderId } from '../../domain/ids.ts';
import { encodeCursor } from '../rows/cursor-row.ts';
import { encodeMailbox } from '../rows/mailbox-row.ts';
import { encodeOutbox, outboxRow } from '../rows/outbox-row.ts';
import type { CursorRow, MailboxRow } from '../rows/rows.ts';
import { encodeSettings } from '../rows/settings-row.ts';
import { encodeState } from '../rows/state-row.ts';
import type { BatchOperation } from '../table/table.ts';
import type { FolderBaseline, UpsertInput } from './registry.ts';

/**
 * A baseline by the date of the connect starts this much earlier (`baselineFrom` of a row has it taken off already):
 * the clocks of the mail server and of the process that stored the instant differ, and announcing a message from
 * shortly before is better than missing one.
 */
export const baselineMarginMs = 120_000;

/** All rows of a new mailbox, to be inserted in one batch: `a!`, `b!`, a `c!` for each folder, `p!` for a filter, and the event `mailbox.connected`. */
export function newMailbox(
  input: UpsertInput,
  place: { readonly id: string; readonly slot: number },
  now: Date,
  random: Random,
): { readonly row: MailboxRow; readonly inserts: readonly BatchOperation[] } {
  const folders = input.folders.map((folder) => ({ ...folder, id: newFolderId(random) }));
  const row: MailboxRow = {
    id: place.id,
    address: input.address,
    login: input.login,
    grant: input.grant,
    shared: input.shared,
    slot: place.slot,
    folders: folders.map(({ id, path, role }) => ({ id, path, role })),
    destinationId: input.destinationId,
    label: input.label,
    ownerRef: input.ownerRef,
    syncFrom: input.syncFrom,
    paused: false,
    deletedAt: undefined,
    createdAt: now,
    // Unlike `answered`, so that the worker looks for the event below.
    asked: 1,
    filterRevision: input.filter === undefined ? undefined : 1,
  };
  const code = input.code ?? '';
  const state = folders.every(({ status }) => status !== undefined) ? 'active' : 'connecting';
  const rows = [
    encodeMailbox(row),
    // A receiver that is told that a mailbox cannot be reached yet is told later when it can.
    encodeState({
      ...{ mailboxId: row.id, state, code, since: now, backoffUntil: undefined, served: 0 },
      told: state === 'connecting' ? state : undefined,
    }),
    ...folders.map((folder) => encodeCursor(newCursor(row.id, folder.id, folder, now))),
    ...(row.filterRevision === undefined
      ? []
      : [encodeSettings({ mailboxId: row.id, revision: row.filterRevision, filter: input.filter })]),
    encodeOutbox(
      outboxRow({
        mailboxId: row.id,
        id: eventId(row.id, 'mailbox.connected'),
        type: 'mailbox.connected',
        at: now,
        data: code === '' ? { state } : { state, code },
      }),
    ),
  ];
  return { row, inserts: rows.map((each) => ({ kind: 'insert', row: each })) };
}

/** The cursor of a folder that was not read yet: after everything that is in it now. */
export function newCursor(mailboxId: string, folderId: string, folder: FolderBaseline, now: Date): CursorRow {
  const { status } = folder;
  return {
    mailboxId,
    folderId,
    path: folder.path,
    role: folder.role,
    uidValidity: status?.uidValidity ?? 0n,
    lastUid: status === undefined ? 0 : status.uidNext - 1,
    acked: [],
    uidGaps: [],
    fresh: [],
    uidNextSeen: status?.uidNext ?? 0,
    messages: status?.messages ?? 0,
    unseen: status?.unseen ?? 0,
    lastInternalDate: undefined,
    headSince: undefined,
    retries: 0,
    retryAt: undefined,
    baselineFrom: status === undefined ? new Date(now.getTime() - baselineMarginMs) : undefined,
  };
}
