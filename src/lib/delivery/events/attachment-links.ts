import { z } from 'zod';
import type { AttachmentPlace } from '../../access/attachment-token.ts';
import { decodeMessageRef } from './message-ref.ts';

/** Makes the link of a file; undefined where it would be too long. */
export type LinkMaker = (place: AttachmentPlace) => string | undefined;

const received = z.object({
  mailbox: z.object({ id: z.string() }),
  messageRef: z.string(),
  attachments: z
    .array(z.looseObject({ part: z.string(), contentId: z.string().nullable(), location: z.string().optional() }))
    .min(1),
});

export interface LinkedAttachments {
  readonly attachments: readonly Readonly<Record<string, unknown>>[];
  /** The link of the file that HTML names by its Content-ID (RFC 2392) or its Content-Location (RFC 2557), if there is one. */
  byName(name: string): string | undefined;
}

/**
 * The attachments of `message.received` with the link of each. What the links need to say is all in the event.
 * @param loadMaker asked only where there is an attachment. @returns undefined if there is none
 */
export async function linkAttachments(
  data: Readonly<Record<string, unknown>>,
  loadMaker: () => Promise<LinkMaker>,
): Promise<LinkedAttachments | undefined> {
  const parsed = received.safeParse(data);
  const ref = parsed.success ? decodeMessageRef(parsed.data.messageRef) : undefined;
  if (!parsed.success || ref === undefined) return undefined;
  const link = await loadMaker();
  const mailboxId = parsed.data.mailbox.id;
  const attachments = parsed.data.attachments.map((each) => ({
    ...each,
    url: link({ mailboxId, ...ref, part: each.part }) ?? null,
  }));
  return {
    attachments,
    byName: (name) => {
      const found = attachments.find((each) => each.contentId === name || each.location === name);
      return found?.url ?? undefined;
    },
  };
}
