import type { Random } from '../../domain/clock.ts';
import { encodeCursor } from '../rows/cursor-row.ts';
import type { MailboxRow } from '../rows/rows.ts';
import { encodeSettings } from '../rows/settings-row.ts';
import type { BatchOperation } from '../table/table.ts';
import { newCursor } from './new-mailbox.ts';
import type { MailboxChange } from './registry.ts';
import { rewatch } from './rewatch.ts';

/** The row of a mailbox after a PATCH. Pure but for the ids of new folders. */
export function patchedMailbox(row: MailboxRow, wanted: MailboxChange, random: Random): MailboxRow {
  const { login, folders, paused, filter, syncFrom } = wanted;
  // A poll at once: a mailbox may open under another name that did not before, new folders and old mail are fetched, a
  // pause begins or ends, and a mailbox that waited for a valid filter continues.
  const isAsked = [login, folders, paused, filter, syncFrom].some((each) => each !== undefined);
  const asked = isAsked ? row.asked + 1 : row.asked;
  return {
    ...row,
    ...changed(row, wanted),
    folders: folders === undefined ? row.folders : rewatch(row.folders, folders, random).folders,
    paused: paused ?? row.paused,
    asked,
    filterRevision: filter === undefined ? row.filterRevision : filter === null ? undefined : asked,
  };
}

/** What is written in one batch with the row: cursors of new folders, and the filter if it changes. */
export const rowsOfPatch = (
  before: MailboxRow,
  after: MailboxRow,
  { filter, now }: { readonly filter: MailboxChange['filter']; readonly now: Date },
): readonly BatchOperation[] => [
  ...after.folders
    .filter((folder) => !before.folders.some(({ id: known }) => known === folder.id))
    .map((folder) => encodeCursor(newCursor(after.id, folder.id, { ...folder, status: undefined }, now)))
    .map((row): BatchOperation => ({ kind: 'insert', row })),
  ...settingsChange(before, after, filter),
];

/** `p!` is written only with `a!`, whose ETag decides between two writers. A removed filter leaves an empty row. */
function settingsChange(
  before: MailboxRow,
  after: MailboxRow,
  filter: MailboxChange['filter'],
): readonly BatchOperation[] {
  if (before.filterRevision === after.filterRevision) return [];
  const row = { mailboxId: after.id, revision: after.asked, filter: filter ?? undefined };
  return [{ kind: 'upsert', row: encodeSettings(row) }];
}

/** Undefined leaves a value as it is; null clears it. */
function changed(row: MailboxRow, wanted: MailboxChange): Partial<MailboxRow> {
  const pick = <T>(value: T | null | undefined, old: T | undefined): T | undefined =>
    value === undefined ? old : (value ?? undefined);
  return {
    label: pick(wanted.label, row.label),
    ownerRef: pick(wanted.ownerRef, row.ownerRef),
    login: wanted.login ?? row.login,
    destinationId: wanted.destinationId ?? row.destinationId,
    syncFrom: pick(wanted.syncFrom, row.syncFrom),
    sendVia: wanted.sendVia ?? row.sendVia,
  };
}
