import { z } from 'zod';
import { contentFields } from '../../compose/content.ts';
import { type SendRequest, timingFields } from './send-request.ts';

/** In one request; as many rows and blobs are written before the answer. */
export const mostMessages = 500;

const { from, to, cc, bcc, replyTo, subject, text, html, signature, priority, listUnsubscribe, attachments } =
  contentFields;

/** What each message says for itself; the rest it has from the fields beside `messages`. */
const message = z.strictObject({ to, cc, bcc, replyTo, subject, text, html, listUnsubscribe, attachments });

/** Body of POST mailboxes/{id}/bulk: personal messages, and what they have in common. */
export const bulkRequest = z.strictObject({
  from,
  replyTo,
  subject,
  text,
  html,
  signature,
  priority,
  listUnsubscribe,
  attachments,
  ...timingFields,
  messages: z.array(message).min(1).max(mostMessages),
});

export type BulkRequest = z.output<typeof bulkRequest>;

/** Each message as a request of its own: what it says, and where it says nothing what all have in common; all their files. */
export function messagesOf({ messages, ...common }: BulkRequest): readonly SendRequest[] {
  return messages.map((own) => {
    const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
    return { ...common, ...said, attachments: [...common.attachments, ...own.attachments], bulk: true, dryRun: false };
  });
}
