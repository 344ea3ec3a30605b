import type { AttachmentPlace } from '../../access/attachment-token.ts';
import type { AttachmentData, ReceivedData } from '../../domain/events/event-data.ts';
import { decodeMessageRef } from './message-ref.ts';

/** Makes the link of a file; undefined where it would be too long. */
export type LinkMaker = (place: AttachmentPlace) => string | undefined;

export interface LinkedAttachments {
  readonly attachments: readonly AttachmentData[];
  /** The link of the file that HTML names by its Content-ID (RFC 2392) or its Content-Location (RFC 2557), if there is one. */
  byName(name: string): string | undefined;
}

/**
 * The attachments of `message.received` with the link of each. What the links need to say is all in the event.
 * @param loadMaker asked only where there is an attachment. @returns undefined if there is none
 */
export async function linkAttachments(
  data: Pick<ReceivedData, 'mailbox' | 'messageRef' | 'attachments'>,
  loadMaker: () => Promise<LinkMaker>,
): Promise<LinkedAttachments | undefined> {
  const ref = decodeMessageRef(data.messageRef);
  if (data.attachments.length === 0 || ref === undefined) return undefined;
  const link = await loadMaker();
  const mailboxId = data.mailbox.id;
  // The order of the fields is the one in which receivers have always had them.
  const attachments = data.attachments.map(({ part, contentId, location, ...rest }) => ({
    part,
    contentId,
    ...(location === undefined ? {} : { location }),
    ...rest,
    url: link({ mailboxId, ...ref, part }) ?? null,
  }));
  return {
    attachments,
    byName: (name) => {
      const found = attachments.find((each) => each.contentId === name || each.location === name);
      return found?.url ?? undefined;
    },
  };
}
