import { z } from 'zod';
import { count, maybeText, page, person, text, time } from './parts.ts';

const facts = {
  draftId: text,
  version: count.describe('The base of the next change'),
  state: text.describe('open, locked (its submission has it), deleted (by another program)'),
  submissionId: maybeText,
  inDrafts: z.boolean().describe('false while only the working copy has this version'),
  messageId: text,
  createdAt: time,
  updatedAt: time,
};

const fields = z
  .object({
    from: person.nullable(),
    to: z.array(person),
    cc: z.array(person),
    bcc: z.array(person),
    replyTo: z.array(person),
    subject: text,
    text: maybeText,
    html: maybeText,
    priority: text,
    attachments: z.array(
      z.object({
        uploadId: text.optional(),
        messageRef: text.optional(),
        part: text.optional(),
        filename: text,
        contentType: text,
        size: count,
        contentId: maybeText,
      }),
    ),
    inReplyTo: maybeText,
    references: z.array(text),
  })
  .meta({ id: 'DraftFields' });

export const draft = z
  .object({
    ...facts,
    messageRef: maybeText.describe('Where it is in Drafts, if it was read from there'),
    fields: fields.nullable(),
    overtaken: fields.nullable().describe('What was saved here when another program changed the draft first'),
  })
  .meta({ id: 'Draft' });

export const drafts = page(z.object(facts));
