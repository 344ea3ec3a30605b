import { z } from 'zod';
import { calendarShape } from './calendar.ts';
import { count, maybeText, maybeTime, person, place, role, text, time } from './parts.ts';

const names = {
  messageRef: text.describe('Where the message is now'),
  messageKey: maybeText.describe('The key of its message.received; null where the broker does not know it'),
  fingerprint: text.describe('The same for every copy of a mail'),
  folder: place,
};

const flags = { seen: z.boolean(), flagged: z.boolean(), answered: z.boolean() };

const categories = z.array(text).describe('Keywords of the mail server; Exchange keeps none over IMAP');

export const folder = z
  .object({
    path: text,
    name: text,
    delimiter: text,
    role,
    selectable: z.boolean(),
    watched: z.boolean(),
    messages: count.nullable(),
    unseen: count.nullable(),
    asOf: maybeTime,
  })
  .meta({ id: 'Folder' });

export const folders = z.object({ items: z.array(folder), cursor: text.optional() });

export const summary = z
  .object({
    ...names,
    messageId: maybeText,
    inReplyTo: maybeText,
    direction: z.enum(['in', 'out']),
    subject: text,
    from: person.nullable(),
    to: z.array(person),
    cc: z.array(person),
    date: maybeTime,
    receivedAt: time,
    size: count,
    ...flags,
    draft: z.boolean(),
    categories,
    hasAttachments: z.boolean().nullable().describe('null where only the text would tell'),
  })
  .meta({ id: 'MessageSummary' });

export const messages = z.object({
  folder: z.object({ path: text, role, messages: count }),
  items: z.array(summary),
  cursor: text.optional(),
  scannedUntil: maybeTime.optional().describe('Of a search: null once the whole folder was searched'),
});

export const changes = z.object({
  folder: z.object({ path: text, role, messages: count }),
  items: z.array(z.object({ ...names, ...flags, categories })),
  changedOnly: z
    .boolean()
    .describe('False where the server does not tell what changed, as Exchange: all messages, in pages'),
  more: z.boolean().describe('More is to come now'),
  since: text.describe('Goes into the next request'),
});

export const thread = z.object({
  items: z.array(summary).describe('The oldest first'),
  complete: z.boolean().describe('False where other messages may be in the folders that are left'),
  left: z.array(
    z.object({ path: text, role, scannedUntil: maybeTime.describe('null where the folder was not looked into') }),
  ),
  missing: z.array(text).describe('Message-IDs that these messages name, and that were not found'),
});

const attachment = z.object({
  part: text,
  filename: text,
  contentType: text,
  size: count,
  inline: z.boolean(),
  contentId: maybeText,
  location: text.optional(),
  signature: z.literal(true).optional(),
  url: maybeText,
});

const bouncedRecipient = {
  recipient: text,
  action: text,
  status: text,
  diagnostic: text.optional(),
};

export const message = z
  .object({
    ...names,
    messageId: maybeText,
    inReplyTo: maybeText,
    references: z.array(text),
    threadKey: text,
    direction: z.enum(['in', 'out']),
    subject: text,
    from: person.nullable(),
    to: z.array(person),
    cc: z.array(person),
    bcc: z.array(person),
    replyTo: z.array(person),
    date: maybeTime,
    receivedAt: time,
    size: count,
    ...flags,
    draft: z.boolean(),
    categories,
    hasAttachments: z.boolean(),
    snippet: text,
    text: maybeText,
    replyText: maybeText.describe('The text without what it quotes and without a marked signature'),
    html: maybeText.describe('Made safe to show'),
    truncated: z.array(text),
    attachments: z.array(attachment),
    autoReply: z.boolean(),
    bounce: z
      .object({
        ...bouncedRecipient,
        recipients: z.array(z.object(bouncedRecipient)),
        originalMessageId: text.optional(),
      })
      .nullable(),
    calendar: calendarShape.nullable(),
  })
  .meta({ id: 'Message' });

export const changed = z
  .object({ ...names, messageRef: maybeText, ...flags, categories })
  .nullable()
  .meta({ id: 'ChangedMessage', description: 'Where and how it is now; null for one that was deleted for good' });

const requestId = text.describe('Events of this change bear it as causedBy');

export const oneChanged = z.object({ message: changed, requestId });

export const allChanged = z.object({
  results: z.array(
    z.object({
      messageRef: text.describe('As it was asked for'),
      ok: z.boolean(),
      message: changed.optional(),
      code: text.optional(),
      detail: text.optional(),
      remedy: text.optional(),
    }),
  ),
  requestId,
});
