import { z } from 'zod';
import { contentFields, namesOneOriginal, oneOriginal } from '../compose/content.ts';
import { paging } from '../http/requests/fields.ts';
import { timingFields } from '../submissions/requests/send-request.ts';

const { from, to, cc, bcc, replyTo, subject, text, html, priority, attachments } = contentFields;
const { signature, reply, replyAll, forward } = contentFields;

const fields = { from, to, cc, bcc, replyTo, subject, text, html, priority, attachments };

/** Editing is over: the draft is stored in Drafts now, and its working copy is deleted. */
const close = z.boolean().default(false);

const base = z.int().min(1);

/** Body of POST mailboxes/{id}/drafts. */
export const newDraft = z
  .strictObject({ ...fields, signature, reply, replyAll, forward, close })
  .refine(namesOneOriginal, oneOriginal());

/** Body of PUT mailboxes/{id}/drafts/{draftId}: all its fields. `base` is the version that was changed. */
export const draftChange = z.strictObject({ ...fields, base, close });

/** Body of POST mailboxes/{id}/drafts/{draftId}/send. */
export const draftSending = z.strictObject({ base, ...timingFields });

/** Query of GET mailboxes/{id}/drafts. */
export const draftList = z.strictObject({
  ...paging,
  cursor: z
    .string()
    .regex(/^drf_[0-9A-Za-z]{20}$/, 'Is not a cursor of this list.')
    .optional(),
});

/** Query of DELETE mailboxes/{id}/drafts/{draftId}. */
export const draftDiscard = z.strictObject({
  base: z.coerce.number('Is not a version.').int().min(1).optional(),
});
