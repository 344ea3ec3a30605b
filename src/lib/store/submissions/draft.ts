import { z } from 'zod';

/**
 * The header by which a message in Drafts is known to be one of ours: id of the draft, version, and a nonce that is new
 * with every copy that the broker stores. A program that edits the draft in place keeps the header as it is.
 */
export const draftHeader = 'X-NocoBase-Draft';

/** A copy of a draft in the folder Drafts, as the broker stored or last saw it. */
export interface StoredDraft {
  readonly uidValidity: bigint;
  readonly uid: number;
  /** Empty where another program replaced the message and dropped our header. */
  readonly nonce: string;
  readonly version: number;
}

/** A draft of a mailbox, without its content. */
export interface Draft {
  /** `drf_` and 20 characters. */
  readonly id: string;
  readonly mailboxId: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Grows with every change, by the broker or another program. */
  readonly version: number;
  /** With angle brackets; the same in every version. */
  readonly messageId: string;
  /** The version in the working copy; undefined if there is none. Lower than `version`: another program changed the draft. */
  readonly copy: { readonly version: number; readonly blob: string } | undefined;
  /** Names of the blobs of uploads that the working copy needs. */
  readonly uploads: readonly string[];
  /** Undefined as long as nothing is in Drafts. */
  readonly stored: StoredDraft | undefined;
  /** The copy that `stored` replaced, until it is deleted. */
  readonly old: Pick<StoredDraft, 'uid' | 'nonce'> | undefined;
  /** When the broker last looked into Drafts. */
  readonly syncedAt: Date | undefined;
  /** When the working copy is to be in Drafts; undefined if nothing is to be done. */
  readonly flushAt: Date | undefined;
  /** Editing is over: the working copy is deleted once it is in Drafts. */
  readonly closing: boolean;
  /** Another program deleted it. */
  readonly deleted: boolean;
  /** The submission that sends this version; the draft is locked. */
  readonly submission:
    | {
        /** Chosen before the message is handed over, so that handing it over again meets itself. */
        readonly id: string;
        readonly at: Date;
        /** Scheduled: out of Drafts until it is cancelled. */
        readonly leaves: boolean;
      }
    | undefined;
}

/** The working copy has what is not in Drafts yet. */
export const isDirty = ({ copy, version, stored, deleted }: Draft): boolean =>
  !deleted && copy !== undefined && copy.version === version && stored?.version !== version;

/** A newer version of another program came before the working copy was in Drafts; its fields are kept, not shown as current. */
export const isOvertaken = ({ copy, version }: Draft): boolean => copy !== undefined && copy.version < version;

/** A message of the queue `work` that asks to look after a draft. */
export const draftWakeUp = (mailboxId: string, draftId: string) => ({
  v: 1 as const,
  kind: 'draft' as const,
  mailbox: mailboxId,
  draft: draftId,
});

const wakeUp = z.object({ v: z.literal(1), kind: z.literal('draft'), mailbox: z.string(), draft: z.string().max(30) });

/** What {@link draftWakeUp} names, or undefined for any other message. */
export function parseDraftWakeUp(message: unknown): { readonly mailbox: string; readonly draft: string } | undefined {
  const parsed = wakeUp.safeParse(message);
  return parsed.success ? parsed.data : undefined;
}
