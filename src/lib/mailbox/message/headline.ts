import type { MessageMeta, ReadMessage } from '../../domain/mail/message.ts';
import { loadDecoder } from '../charset/decode-text.ts';
import { fieldsOf, headerReader } from '../mime/header-fields.ts';
import { loadPostalMime, parseHeaders } from '../mime/mime.ts';
import { readableHeaders } from '../mime/readable-headers.ts';
import { oneLine } from '../mime/storable.ts';

/** What a list shows of a message: what its headers say. */
export type Headline = Pick<
  ReadMessage,
  'messageId' | 'inReplyTo' | 'references' | 'subject' | 'from' | 'to' | 'cc' | 'bcc' | 'replyTo' | 'date'
>;

/** The headers that {@link headlineOf} looks at. */
export const headlineHeaders = ['To', 'Cc', 'Bcc', 'Reply-To', 'In-Reply-To', 'References'];

/** @param block those headers, with the ones of the metadata. Never fails for what a mail says */
export async function headlineOf(meta: MessageMeta, block: Uint8Array): Promise<Headline> {
  const email = await parseHeaders(readableHeaders(block, await loadDecoder(), []));
  const fields = fieldsOf(headerReader(email.headers, (await loadPostalMime()).decodeWords), meta.messageId);
  return { ...fields, subject: oneLine(email.subject ?? '') };
}
