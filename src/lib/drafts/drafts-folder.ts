import { dayMs } from '../domain/duration.ts';
import { pieces, uidSet } from '../mailbox/fetch/uid-set.ts';
import { rawHeaders } from '../mailbox/mime/raw-headers.ts';
import type { OpenFolder } from '../mailbox/session/session.ts';
import { type Draft, draftHeader, type StoredDraft } from '../store/submissions/draft.ts';
import type { DraftMark } from './decide.ts';

const query = { uid: true, headers: [draftHeader, 'Message-ID'] };

const chunk = 100;

/** The value of our header. */
export const headerOf = (
  draft: Pick<Draft, 'id'>,
  { version, nonce }: Pick<StoredDraft, 'version' | 'nonce'>,
): string => `${draft.id} ${version} ${nonce}`;

const headerForm = /^(drf_[0-9A-Za-z]{20}) (\d{1,9}) (\w{1,40})\s*$/;

/**
 * Every message in Drafts that belongs to a draft. Where the draft was stored, nothing older than that is looked at: copies
 * of it get higher UIDs. Else what arrived since the day before it was made: days are the server's own.
 * @throws what the session throws
 */
export async function lookFor(
  folder: OpenFolder,
  { id, messageId, stored, old, createdAt }: Draft,
): Promise<DraftMark[]> {
  const from = stored?.uidValidity === folder.uidValidity ? Math.min(stored.uid, old?.uid ?? stored.uid) : undefined;
  const uids =
    from === undefined
      ? await folder.search(stored === undefined ? { since: new Date(createdAt.getTime() - dayMs) } : { all: true })
      : (await folder.search({ uid: `${from}:*` })).filter((uid) => uid >= from);
  const found: DraftMark[] = [];
  for (const some of pieces(uids, chunk)) {
    const { messages } = await folder.fetch(uidSet(some), query);
    for (const { uid, headers } of messages) {
      if (typeof uid !== 'number' || headers === undefined) continue;
      const raw = rawHeaders(headers);
      const [, draftId, version, nonce] = headerForm.exec(raw.get(draftHeader.toLowerCase()) ?? '') ?? [];
      if (draftId === id) found.push({ uid, version: Number(version), nonce });
      else if (draftId === undefined && raw.get('message-id')?.trim() === messageId) {
        found.push({ uid, version: undefined, nonce: undefined });
      }
    }
  }
  return found;
}

/**
 * Stores a version. By its nonce it is found where the server does not tell the UID.
 * @returns undefined if it cannot be found, for the next look to find
 */
export async function store(
  folder: OpenFolder,
  draft: Draft,
  source: Uint8Array,
  nonce: string,
): Promise<StoredDraft | undefined> {
  const { uidValidity } = folder;
  const told = await folder.append(source, ['\\Draft', '\\Seen']);
  const uid = told ?? (await lookFor(folder, draft)).find((mark) => mark.nonce === nonce)?.uid;
  return uid === undefined ? undefined : { uidValidity, uid, nonce, version: draft.version };
}
