import type { SendContent } from '../compose/content.ts';
import { isOwn } from '../compose/sending-mailbox.ts';
import { randomBase62 } from '../domain/bytes.ts';
import { BrokerError, isBrokerError } from '../errors.ts';
import type { ReceivedFile } from '../http/multipart.ts';
import { folderOf } from '../reading/folder-of.ts';
import type { Reader } from '../reading/types.ts';
import { type Draft, isOvertaken } from '../store/submissions/draft.ts';
import type { DraftRow } from '../store/submissions/draft-row.ts';
import { newMessageId, sendingMailboxOf } from '../submissions/requests/sender.ts';
import { isDue, refusal, syncEveryMs } from './decide.ts';
import { readDraft } from './read-draft.ts';
import { flushDraft, lookAtDraft } from './sync-draft.ts';
import { firstFields, takeFiles } from './take-files.ts';
import type { DraftDeps, ShownDraft } from './types.ts';

/** What a change of a draft came to. */
export type DraftResult =
  | { readonly kind: 'done'; readonly shown: ShownDraft }
  /** `current`: as it is now, and was not changed. */
  | {
      readonly kind: 'refused';
      readonly code: 'draft_changed' | 'draft_locked';
      readonly current: ShownDraft;
    };

export interface NewFields {
  readonly content: SendContent;
  readonly files: readonly ReceivedFile[];
  /** Editing is over: store it in Drafts at once. */
  readonly close: boolean;
}

/** Makes a draft, and stores it in Drafts at once. @throws BrokerError what composing throws; `storage_unreachable` */
export async function createDraft(deps: DraftDeps, reader: Reader, { content, files, close }: NewFields) {
  const { row: mailbox } = reader;
  const id = `drf_${randomBase62(20, deps.random)}`;
  const messageId = newMessageId(mailbox, deps.random);
  const fields = await firstFields(deps, mailbox, content, files, messageId);
  const { blob, sealed } = await deps.copies.put({ mailboxId: mailbox.id, id }, fields);
  const now = new Date(deps.clock.now());
  const draft: Draft = {
    ...{ id, mailboxId: mailbox.id, createdAt: now, updatedAt: now, version: 1, messageId },
    ...{ copy: { version: 1, blob }, uploads: blobsOf(deps, mailbox.id, fields.files) },
    ...{ stored: undefined, old: undefined, syncedAt: undefined, flushAt: now, closing: close, deleted: false },
    submission: undefined,
  };
  await deps.rows.insert({ draft, sealed });
  return show(deps, reader, await flushSoon(deps, reader, { draft, sealed }));
}

/**
 * A draft as it is now. Drafts is looked into at most every 30 s; where it cannot be reached, the working copy answers.
 * @throws BrokerError `not_found`, and what a session throws
 */
export async function getDraft(deps: DraftDeps, reader: Reader, id: string): Promise<ShownDraft> {
  const found = await rowOf(deps, reader, id);
  return show(deps, reader, await lookIfDue(deps, reader, found));
}

/**
 * Replaces the fields of a draft: into its working copy at once, into Drafts if the last time was 30 s ago, else with a
 * wake-up for then.
 * @param base the version that the caller has changed
 * @throws BrokerError `not_found`, and what taking over the files throws
 */
export async function putDraft(
  deps: DraftDeps,
  reader: Reader,
  id: string,
  { base, content, files, close }: NewFields & { readonly base: number },
): Promise<DraftResult> {
  const { row: mailbox } = reader;
  const before = await rowOf(deps, reader, id);
  const isSyncing = close || isDue(before.draft, deps.clock.now());
  const found = await lookIfDue(deps, reader, before, close);
  const refused = refusal(found.draft, base);
  if (refused !== undefined) return refusedNow(deps, reader, found, refused);
  if (content.from !== undefined && !isOwn(await sendingMailboxOf(deps.settings, mailbox), content.from.address)) {
    throw new BrokerError('sender_not_own');
  }
  const named = { named: content.attachments, received: files, held: found.draft.uploads };
  const taken = await takeFiles(deps, mailbox, named);
  const { inReplyTo, references, answering } = await deps.copies.thread(found);
  const { blob, sealed } = await deps.copies.put(found.draft, {
    ...{ from: content.from, to: [...(content.to ?? [])], cc: [...(content.cc ?? [])], bcc: [...(content.bcc ?? [])] },
    ...{ replyTo: [...(content.replyTo ?? [])], subject: content.subject ?? '', priority: content.priority },
    ...{ text: content.text, html: content.html, files: taken, inReplyTo, references: [...references] },
    answering,
  });
  let lost: ReturnType<typeof refusal>;
  let dropped: string | undefined;
  let isWoken = false;
  const now = deps.clock.now();
  const row = await deps.rows.change(found.draft, (current) => {
    lost = refusal(current.draft, base);
    if (lost !== undefined) return undefined;
    dropped = current.draft.copy?.blob;
    isWoken = current.draft.flushAt !== undefined;
    const version = base + 1;
    const next: Draft = {
      ...current.draft,
      ...{ version, updatedAt: new Date(now), copy: { version, blob }, deleted: false, closing: close },
      uploads: blobsOf(deps, mailbox.id, taken),
      flushAt: current.draft.flushAt ?? new Date(isSyncing ? now : now + syncEveryMs),
    };
    return { draft: next, sealed };
  });
  if (row === undefined || lost !== undefined) {
    await deps.copies.drop(blob);
    if (row === undefined || lost === undefined) throw new BrokerError('not_found');
    return refusedNow(deps, reader, row, lost);
  }
  await deps.copies.drop(dropped);
  if (isSyncing) return { kind: 'done', shown: await show(deps, reader, await flushSoon(deps, reader, row)) };
  if (!isWoken) await wakeLater(deps, row.draft, syncEveryMs);
  return { kind: 'done', shown: await show(deps, reader, row) };
}

/** @throws BrokerError `not_found` */
export async function rowOf(deps: DraftDeps, { row }: Reader, id: string): Promise<DraftRow> {
  const found = await deps.rows.read(row.id, id);
  if (found === undefined) throw new BrokerError('not_found');
  return found;
}

export const refusedNow = async (
  deps: DraftDeps,
  reader: Reader,
  row: DraftRow,
  code: 'draft_changed' | 'draft_locked',
): Promise<DraftResult> => ({ kind: 'refused', code, current: await show(deps, reader, row) });

/** @throws BrokerError `not_found`; what a session throws, where nothing but Drafts can tell the content */
export async function lookIfDue(deps: DraftDeps, reader: Reader, row: DraftRow, now = false): Promise<DraftRow> {
  if (!now && !isDue(row.draft, deps.clock.now())) return row;
  try {
    const looked = await lookAtDraft(deps, reader, row.draft);
    if (looked === undefined) throw new BrokerError('not_found');
    return looked;
  } catch (error) {
    if (isBrokerError(error, 'not_found') || row.draft.copy?.version !== row.draft.version || !isOfMailbox(error)) {
      throw error;
    }
    return row;
  }
}

/** Into Drafts now; where that cannot be, later. */
export async function flushSoon(deps: DraftDeps, reader: Reader, row: DraftRow): Promise<DraftRow> {
  try {
    return (await flushDraft(deps, reader, row.draft)) ?? row;
  } catch (error) {
    if (!isOfMailbox(error)) throw error;
    deps.log.warn('draft.not_stored', { mailboxId: reader.row.id, code: error.code });
    await wakeLater(deps, row.draft, syncEveryMs);
    return row;
  }
}

/** The mail server, or the way to it: what was saved stays saved. */
const isOfMailbox = (error: unknown): error is BrokerError => isBrokerError(error) && !ours.has(error.code);
const ours = new Set(['sender_not_own', 'mail_too_large', 'upload_gone', 'invalid_request', 'seal_broken', 'conflict']);

/** A wake-up that is lost is made up for by the next change, or by the sweep. */
export async function wakeLater(deps: DraftDeps, { mailboxId, id }: Draft, delayMs: number): Promise<void> {
  await deps.wake(mailboxId, id, delayMs).catch((error: unknown) => {
    deps.log.warn('draft.wake_up_failed', { mailboxId, code: isBrokerError(error) ? error.code : 'internal_error' });
  });
}

/** @throws BrokerError what a session throws; `conflict` */
export async function show(deps: DraftDeps, reader: Reader, row: DraftRow): Promise<ShownDraft> {
  const { draft } = row;
  const overtaken = isOvertaken(draft) ? await deps.copies.read(row) : undefined;
  if (draft.copy?.version === draft.version) {
    return { row, fields: await deps.copies.read(row), messageRef: undefined, overtaken };
  }
  const { stored } = draft;
  if (stored === undefined) return { row, fields: undefined, messageRef: undefined, overtaken };
  const read = await deps.interactive.with(
    reader.row,
    async (session) => readDraft(session, await folderOf(session, reader.row, { role: 'drafts' }), stored),
    reader.throttledUntil,
  );
  if (read === undefined) throw new BrokerError('conflict');
  return { row, fields: read.fields, messageRef: read.messageRef, overtaken };
}

const blobsOf = (
  { uploads }: DraftDeps,
  mailboxId: string,
  files: readonly { readonly source: { readonly uploadId: string } }[],
): string[] => files.map(({ source }) => uploads.blobOf(mailboxId, source.uploadId));
