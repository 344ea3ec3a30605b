import { z } from 'zod';
import { count, maybeText, maybeTime, text, time } from './parts.ts';

const explained = { code: text, sentence: text.optional(), remedy: text.optional(), who: text.optional() };

export const submission = z
  .object({
    id: text,
    mailboxId: text,
    state: text.describe('scheduled, queued, sending, sent, partial, failed, unknown, cancelled'),
    createdAt: time,
    sendAt: time,
    expiresAt: time,
    sentAt: maybeTime,
    endedAt: maybeTime,
    messageId: text,
    ourMessageId: text,
    size: count,
    attempts: count,
    way: maybeText,
    waitingFor: z
      .object({ ...explained, until: maybeTime, reconnect: z.object({ url: text, expiresAt: time }).optional() })
      .nullable(),
    code: text.optional(),
    sentence: text.optional(),
    remedy: text.optional(),
    who: text.optional(),
    reply: maybeText.describe('What the mail server said last of the message, in its own words'),
    refused: z.array(z.object({ address: text, code: text, reply: text })),
    fromRewritten: maybeText,
    original: z
      .object({ kind: text, messageRef: text, marked: z.boolean().nullable(), ...explained, code: text.optional() })
      .nullable(),
    copy: z
      .object({ state: text.describe('awaited, found, stored, failed'), ...explained, code: text.optional() })
      .nullable(),
    resendable: z.boolean(),
  })
  .meta({ id: 'Submission' });

export const submissions = z.object({ items: z.array(submission), cursor: maybeText });

export const invitationAnswered = z.object({
  calendarUpdated: z.boolean().describe('false: a mail answers, and the own calendar is as before'),
  submission: submission.optional(),
});

export const dryRun = z.object({
  from: text,
  recipients: z.array(text),
  subject: text,
  messageId: text,
  size: count,
  mime: text,
  mimeTruncated: z.boolean(),
});

export const bulk = z.object({
  counts: z.object({ accepted: count, refused: count, left: count }),
  items: z.array(
    z.object({
      index: count,
      outcome: z.enum(['accepted', 'refused', 'left']),
      id: text.optional(),
      state: text.optional(),
      code: text.optional(),
      detail: text.optional(),
      fields: z.array(z.object({ field: text, message: text })).optional(),
    }),
  ),
});

export const suppression = z
  .object({ address: text, reason: text, since: time, note: maybeText, submissionId: maybeText })
  .meta({ id: 'Suppression' });

export const suppressions = z.object({ items: z.array(suppression), cursor: maybeText });
export const madeSuppressions = z.object({ items: z.array(suppression) });

export const uploads = z.object({
  items: z.array(
    z
      .object({
        uploadId: text.describe('For attachments of drafts and messages of this mailbox'),
        filename: text,
        contentType: text,
        size: count,
        contentId: maybeText,
        expiresAt: time,
      })
      .meta({ id: 'Upload' }),
  ),
});
