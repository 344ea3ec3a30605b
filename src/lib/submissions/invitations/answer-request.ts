import { z } from 'zod';
import { sendableText } from '../../compose/plain-text.ts';

/** Body of POST mailboxes/{id}/messages/{messageRef}/response. */
export const invitationAnswer = z.strictObject({
  answer: z.enum(['accepted', 'tentative', 'declined']),
  /** For the organizer to read. */
  comment: sendableText(10_000).optional(),
});
