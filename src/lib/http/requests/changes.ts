import { z } from 'zod';
import { folder } from './fields.ts';
import { yesOrNo } from './messages.ts';

/** An IMAP keyword (RFC 3501 section 9) that every server takes, and no flag of the system or of programs. */
const category = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'Has characters other than letters, digits, _, . and -.');

const change = {
  seen: z.boolean().optional(),
  flagged: z.boolean().optional(),
  answered: z.boolean().optional(),
  addCategories: z.array(category).min(1).max(20).optional(),
  removeCategories: z.array(category).min(1).max(20).optional(),
  moveTo: folder.optional(),
  deletePermanently: z.literal(true).optional(),
};

const something = (fields: object): boolean =>
  Object.entries(fields).some(([name, value]) => name !== 'messageRefs' && value !== undefined);
const nothing = 'Says nothing to be changed.';
const oneEnd = ({ moveTo, deletePermanently }: { moveTo?: unknown; deletePermanently?: unknown }): boolean =>
  moveTo === undefined || deletePermanently === undefined;
const twoEnds = { path: ['deletePermanently'], message: 'Cannot stand beside moveTo.' };

/** Body of PATCH mailboxes/{id}/messages/{messageRef}. */
export const messageChange = z.strictObject(change).refine(something, nothing).refine(oneEnd, twoEnds);

/** Body of PATCH mailboxes/{id}/messages. */
export const messagesChange = z
  .strictObject({ messageRefs: z.array(z.string().max(100)).min(1).max(100), ...change })
  .refine(something, nothing)
  .refine(oneEnd, twoEnds);

/** Query of DELETE mailboxes/{id}/messages/{messageRef}. */
export const messageDeletion = z.strictObject({ permanently: yesOrNo.optional() });
