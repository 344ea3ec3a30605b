import type { ComposePorts } from '../../compose/compose.ts';
import { fetchNocobaseFile } from '../../compose/nocobase-file.ts';
import { cleanHtml } from '../../delivery/sanitize/clean-html.ts';
import { authHeaders } from '../../delivery/webhook/webhook.ts';
import { BrokerError } from '../../errors.ts';
import type { Attachments } from '../../mailbox/fetch/attachments.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { findReferenced, referenceIn } from '../../reading/find-referenced.ts';
import { openFile } from '../../reading/open-file.ts';
import type { ReadingDeps } from '../../reading/types.ts';
import type { DestinationRows } from '../../store/destinations/destinations.ts';
import { knownMessages } from '../../store/mailboxes/known-places.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import type { KeptUploads } from './kept-uploads.ts';

/** Of a message that is answered no more text than this is quoted. */
const quotedBytes = 2 * 1024 * 1024;

export interface ComposePortsParts extends Pick<ReadingDeps, 'interactive' | 'store'> {
  readonly attachments: Pick<Attachments, 'open'>;
  readonly uploads: Pick<KeptUploads, 'open'>;
  readonly destinationRows: Pick<DestinationRows, 'open'>;
  readonly outbound: Pick<Outbound, 'send'>;
}

/**
 * What composing needs of a mailbox, and of the NocoBase that gets its mail. A message that is named by its messageRef is
 * found as for those who read it: also in a folder that is not watched, and where it was moved.
 */
export const composePorts = (parts: ComposePortsParts, row: MailboxRow): ComposePorts => ({
  async readOriginal(messageRef, signal) {
    const ref = referenceIn(messageRef);
    const message = await parts.interactive.with(row, async (session) => {
      const { place, listed } = await findReferenced(session, row, ref, () => knownMessages(parts.store, row.id));
      return session.read(place.path, listed.meta, { capBytes: quotedBytes });
    });
    signal.throwIfAborted();
    if (message === undefined) throw new BrokerError('message_gone');
    return { ...message, receivedAt: message.meta.internalDate };
  },
  async openPart(messageRef, part) {
    const reader = { row, throttledUntil: undefined };
    const { file, bytes } = await openFile(parts, reader, referenceIn(messageRef), part);
    return { filename: file.filename ?? '', contentType: file.contentType, bytes };
  },
  openUpload: (uploadId) => parts.uploads.open(row.id, uploadId),
  async fetch(url, signal) {
    const found = await parts.destinationRows.open(row.destinationId);
    if (found === undefined) throw new BrokerError('attachment_source_refused');
    const origin = { url: found.config.url, headers: authHeaders(found.secrets.auth) };
    return fetchNocobaseFile(url, origin, parts.outbound, signal);
  },
  cleanHtml,
});
