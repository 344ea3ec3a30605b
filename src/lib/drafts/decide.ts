import { minuteMs, secondMs } from '../domain/duration.ts';
import type { Submission } from '../domain/submission.ts';
import { type Draft, isDirty, type StoredDraft } from '../store/submissions/draft.ts';

/** A message in Drafts that may be a copy of one draft: by our header, or by the Message-ID alone. */
export interface DraftMark {
  readonly uid: number;
  /** Both undefined where the message does not have our header. */
  readonly version: number | undefined;
  readonly nonce: string | undefined;
}

/** What a look into Drafts says of a draft. */
export type Seen =
  /** As it was left. `stored`: where it is; `leftovers`: our own copies that are no longer needed. */
  | { readonly kind: 'same'; readonly stored: StoredDraft | undefined; readonly leftovers: readonly number[] }
  /** Another program has changed it. */
  | { readonly kind: 'changed'; readonly stored: Omit<StoredDraft, 'version'>; readonly leftovers: readonly number[] }
  | { readonly kind: 'gone'; readonly leftovers: readonly number[] };

/**
 * Compares what is in Drafts with what the broker stored there (pure). A message never changes under its UID (RFC 3501 section
 * 2.3.1.1): a program that edits a draft makes another message, with our header as it was, or without. Every nonce is of one
 * APPEND of ours: a message with one that the row does not know comes from a process that died before it could say so.
 * @param marks all messages in Drafts that belong to this draft
 */
export function afterLook(
  { stored, old }: Pick<Draft, 'stored' | 'old'>,
  uidValidity: bigint,
  marks: readonly DraftMark[],
): Seen {
  const sorted = marks.toSorted((a, b) => b.uid - a.uid);
  const isOld = ({ nonce }: DraftMark) => nonce !== undefined && nonce !== '' && nonce === old?.nonce;
  const isStored = ({ nonce }: DraftMark) => (nonce ?? '') === stored?.nonce;
  const isSameFolder = stored === undefined || stored.uidValidity === uidValidity;
  /** Made by a process that died before it could note it. */
  const unknown = sorted.filter((mark) => mark.nonce !== undefined && !isStored(mark) && !isOld(mark));
  const edited = sorted.filter(
    (mark) =>
      !unknown.includes(mark) &&
      !(isStored(mark) && mark.uid === stored?.uid) &&
      !(isOld(mark) && (mark.uid === old?.uid || !isSameFolder)),
  );
  const olds = sorted.filter((mark) => isOld(mark) && !edited.includes(mark));
  const place = (mark: DraftMark) => ({ uidValidity, uid: mark.uid, nonce: mark.nonce ?? '' });
  const without = (kept: DraftMark | undefined) =>
    [...unknown, ...olds, ...sorted.filter((mark) => isStored(mark) && mark.uid === stored?.uid)]
      .filter((mark) => mark.uid !== kept?.uid)
      .map(({ uid }) => uid);

  const here = isSameFolder ? sorted.find((mark) => isStored(mark) && mark.uid === stored?.uid) : undefined;
  const [newest] = unknown.toSorted((a, b) => (b.version ?? 0) - (a.version ?? 0) || b.uid - a.uid);
  const newer = newest !== undefined && (newest.version ?? 0) > (stored?.version ?? 0) ? newest : undefined;
  const adopt = (mark: DraftMark): Seen => ({
    kind: 'same',
    stored: { ...place(mark), version: mark.version ?? 0 },
    leftovers: without(mark),
  });

  // The folder was renumbered: the same nonce is the same message.
  const renumbered = isSameFolder ? undefined : sorted.find(isStored);
  if (renumbered !== undefined && stored !== undefined) {
    const now = { ...place(renumbered), version: stored.version };
    return newer === undefined ? { kind: 'same', stored: now, leftovers: without(renumbered) } : adopt(newer);
  }
  // The owner made a copy beside the original: that copy is not ours.
  const stray = edited.find((mark) => here === undefined || isOld(mark));
  if (stray !== undefined) return { kind: 'changed', stored: place(stray), leftovers: without(stray) };
  if (newer !== undefined) return adopt(newer);
  if (stored === undefined) return { kind: 'same', stored: undefined, leftovers: without(undefined) };
  if (here !== undefined) return { kind: 'same', stored, leftovers: without(here) };
  return { kind: 'gone', leftovers: without(undefined) };
}

/** Into Drafts at most so often. */
export const syncEveryMs = 30 * secondMs;

/** It is time to look into Drafts, and to bring it up to date. */
export const isDue = ({ syncedAt }: Pick<Draft, 'syncedAt'>, now: number): boolean =>
  syncedAt === undefined || now - syncedAt.getTime() >= syncEveryMs;

/** What keeps a draft from being changed; undefined if nothing does. */
export function refusal(draft: Draft, base: number): 'draft_locked' | 'draft_changed' | undefined {
  if (draft.submission !== undefined) return 'draft_locked';
  return draft.version === base ? undefined : 'draft_changed';
}

/** Another program has changed the draft, or deleted it: from now on that is its current version. */
export function overtaken(draft: Draft, stored: Omit<StoredDraft, 'version'> | undefined, now: Date): Draft {
  const version = draft.version + 1;
  return {
    ...draft,
    version,
    updatedAt: now,
    syncedAt: now,
    flushAt: undefined,
    closing: false,
    stored: stored && { ...stored, version },
    deleted: stored === undefined,
    old: undefined,
    // Fields that never reached Drafts are kept beside the new version until the next change.
    ...(isDirty(draft) ? {} : { copy: undefined, uploads: [] }),
  };
}

/** What is to become of a draft whose submission has come so far. */
export type Fate =
  /** It stays as it is, locked. */
  | 'wait'
  /** It leaves Drafts, and its working copy stays until the message is sent. */
  | 'leave'
  /** It is sent: nothing of it is needed any more. */
  | 'remove'
  /** It was not sent: it can be edited again, and is in Drafts again. */
  | 'unlock';

/** A message is handed over within a minute of the lock, or never. */
const handOverMs = 5 * minuteMs;

/**
 * Decides by the state of the submission (pure).
 * @param submission undefined if there is none (yet), or if its row is gone, which is swept long after its end
 */
export function fateOf(
  { submission: lock, stored }: Pick<Draft, 'submission' | 'stored'>,
  submission: Pick<Submission, 'state'> | undefined,
  now: Date,
): Fate {
  if (lock === undefined) return 'wait';
  switch (submission?.state) {
    case 'sent':
    case 'partial':
    case 'bounced':
      return 'remove';
    case 'failed':
    case 'cancelled':
      return 'unlock';
    case undefined:
      // The process died before the message was taken over.
      return now.getTime() - lock.at.getTime() > handOverMs ? 'unlock' : 'wait';
    default:
      return lock.leaves && stored !== undefined ? 'leave' : 'wait';
  }
}
