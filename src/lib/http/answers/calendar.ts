import { z } from 'zod';
import { text } from './parts.ts';

const participant = { name: text, address: text, status: text };

/** An invitation, an answer to one, or the event of a calendar file. */
export const calendarShape = z.object({
  method: text,
  means: text,
  scope: z.enum(['event', 'series', 'occurrence']),
  uid: text,
  summary: text.optional(),
  location: text.optional(),
  start: text.optional(),
  end: text.optional(),
  recurrenceId: text.optional(),
  recurrence: text.optional(),
  sequence: z.int().optional(),
  status: text.optional(),
  organizer: text.optional(),
  attendees: z.array(text),
  participants: z.array(z.object(participant)),
  answer: z.object({ ...participant, comment: text.optional() }).optional(),
});
