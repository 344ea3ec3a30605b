import type { ComposePorts } from '../../compose/compose.ts';
import { fetchNocobaseFile } from '../../compose/nocobase-file.ts';
import { decodeMessageRef, type MessageRef } from '../../delivery/events/message-ref.ts';
import { HtmlTooDeep, loadSanitizer } from '../../delivery/sanitize/sanitize.ts';
import { authHeaders } from '../../delivery/webhook/webhook.ts';
import { BrokerError } from '../../errors.ts';
import type { Attachments } from '../../mailbox/fetch/attachments.ts';
import { readReferenced } from '../../mailbox/fetch/read-referenced.ts';
import { type LogInParts, logIn } from '../../mailbox/session/log-in.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { DestinationRows } from '../../store/destinations/destinations.ts';
import type { KnownPlace } from '../../store/mailboxes/known-places.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import type { KeptUploads } from './kept-uploads.ts';

/** Of a message that is answered no more text than this is quoted. */
const quotedBytes = 2 * 1024 * 1024;

export interface ComposePortsParts extends LogInParts {
  readonly attachments: Pick<Attachments, 'open'>;
  readonly uploads: Pick<KeptUploads, 'open'>;
  /** Where the polls have seen a mail since. */
  readonly places: (place: { readonly mailboxId: string; readonly hash: Uint8Array }) => Promise<readonly KnownPlace[]>;
  readonly destinationRows: Pick<DestinationRows, 'open'>;
  readonly outbound: Pick<Outbound, 'send'>;
}

/** What composing needs of a mailbox, and of the NocoBase that gets its mail. */
export const composePorts = (parts: ComposePortsParts, row: MailboxRow): ComposePorts => ({
  async readOriginal(messageRef, signal) {
    const place = placeOf(messageRef);
    const session = await logIn(parts, row, signal);
    try {
      const known = () => parts.places({ mailboxId: row.id, hash: place.hash });
      const message = await readReferenced(session, row.folders, place, known, { capBytes: quotedBytes });
      return { ...message, receivedAt: message.meta.internalDate };
    } finally {
      await session.close();
    }
  },
  async openPart(messageRef, part) {
    const { file, bytes } = await parts.attachments.open({ mailboxId: row.id, ...placeOf(messageRef), part });
    return { filename: file.filename ?? '', contentType: file.contentType, bytes };
  },
  openUpload: (uploadId) => parts.uploads.open(row.id, uploadId),
  async fetch(url, signal) {
    const found = await parts.destinationRows.open(row.destinationId);
    if (found === undefined) throw new BrokerError('attachment_source_refused');
    const origin = { url: found.config.url, headers: authHeaders(found.secrets.auth) };
    return fetchNocobaseFile(url, origin, parts.outbound, signal);
  },
  async cleanHtml(html) {
    const sanitizer = await loadSanitizer();
    try {
      return sanitizer.html(html);
    } catch (error) {
      if (error instanceof HtmlTooDeep) return undefined;
      throw error;
    }
  },
});

/** @throws BrokerError `message_gone` for what is no reference of ours */
function placeOf(messageRef: string): MessageRef {
  const place = decodeMessageRef(messageRef);
  if (place === undefined) throw new BrokerError('message_gone');
  return place;
}
