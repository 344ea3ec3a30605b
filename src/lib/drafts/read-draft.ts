import { encodeMessageRef } from '../delivery/events/message-ref.ts';
import { cleanHtml } from '../delivery/sanitize/clean-html.ts';
import { messageHash } from '../domain/mail/message-identity.ts';
import type { MailSession } from '../mailbox/session/session.ts';
import type { Place } from '../reading/types.ts';
import { dayOf } from '../store/rows/recent-messages-row.ts';
import type { StoredDraft } from '../store/submissions/draft.ts';
import type { DraftFields } from './fields.ts';

// A request takes text and HTML of 5 MiB each.
const caps = { capBytes: 10 * 1024 * 1024, alone: true };

/** What a message in Drafts says, and its reference. */
export interface ReadDraft {
  readonly messageRef: string;
  readonly fields: DraftFields;
}

/**
 * Reads a draft out of Drafts. Its HTML is made safe: another program may have written it, and quotes in it come from
 * strangers.
 * @returns undefined if the message is gone
 * @throws what the session throws
 */
export async function readDraft(
  session: MailSession,
  place: Place,
  { uidValidity, uid }: Pick<StoredDraft, 'uidValidity' | 'uid'>,
): Promise<ReadDraft | undefined> {
  const [meta] = await session.fetchMeta(place.path, [uid]);
  if (meta === undefined) return undefined;
  const message = await session.read(place.path, meta, caps);
  if (message === undefined) return undefined;
  const hash = messageHash(meta);
  const day = dayOf(meta.internalDate);
  const messageRef = encodeMessageRef({ folderId: place.id, uidValidity, uid, hash, day });
  const { from, to, cc, bcc, replyTo, subject, text, html, inReplyTo, references, attachments } = message;
  return {
    messageRef,
    fields: {
      ...{ from, to, cc, bcc, replyTo, subject, text, inReplyTo, references },
      html: html === undefined ? undefined : await cleanHtml(html),
      priority: 'normal',
      files: attachments.map(({ part, filename, contentType, size, contentId }) => ({
        ...{ source: { messageRef, part }, filename, contentType, size, contentId },
      })),
    },
  };
}
