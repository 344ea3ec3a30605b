import type { ComposedParts, ComposePorts } from '../compose/compose.ts';
import { composeParts, writeMail } from '../compose/compose.ts';
import type { SendContent } from '../compose/content.ts';
import type { SendingMailbox } from '../compose/sending-mailbox.ts';
import { type Draft, draftHeader } from '../store/submissions/draft.ts';
import { mailLimitBytes } from '../submissions/requests/sender.ts';
import { headerOf } from './drafts-folder.ts';
import type { CopyFields } from './fields.ts';

/** The content of a request that would send a draft as it is: its signature and its quote stand in it already. */
export const contentOf = (fields: CopyFields): SendContent => ({
  ...{ from: fields.from, to: fields.to, cc: fields.cc, bcc: fields.bcc, replyTo: fields.replyTo },
  ...{ subject: fields.subject, text: fields.text, html: fields.html, signature: '', priority: fields.priority },
  attachments: fields.files.map(({ source: { uploadId }, filename, contentType, contentId }) => ({
    ...{ kind: 'upload' as const, uploadId, filename, contentType, contentId },
  })),
});

/** Where the draft stands in a conversation. */
export const threadOf = ({ inReplyTo, references }: Pick<CopyFields, 'inReplyTo' | 'references'>) => ({
  inReplyTo,
  references,
});

/**
 * A draft as the message that lies in Drafts: with Bcc, our header and the time of this version.
 * @throws BrokerError `sender_not_own` | `mail_too_large` | `upload_gone` | `storage_unreachable`
 */
export async function writeDraft(
  { draft, fields, nonce, at }: { draft: Draft; fields: CopyFields; nonce: string; at: Date },
  mailbox: SendingMailbox,
  ports: ComposePorts,
): Promise<Uint8Array> {
  const request = {
    ...{ content: contentOf(fields), uploads: [], mailbox, messageId: draft.messageId, limitBytes: mailLimitBytes },
    thread: threadOf(fields),
  };
  const composed: ComposedParts = await composeParts(request, ports, new AbortController().signal);
  const { bccHeader = '', mime } = await writeMail(composed, mailLimitBytes);
  const date = at.toUTCString().replace('GMT', '+0000');
  const version = { version: draft.version, nonce };
  const head = `Date: ${date}\r\n${draftHeader}: ${headerOf(draft, version)}\r\n${bccHeader}`;
  const chunks: Uint8Array[] = [Buffer.from(head)];
  for await (const chunk of mime) chunks.push(chunk);
  return Buffer.concat(chunks);
}
