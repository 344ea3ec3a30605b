import { z } from 'zod';
import { isDestinationId, isMailboxId } from '../../domain/ids.ts';

/** A line of text for people: no line breaks or other control characters. */
export const line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'Holds a control character.');

/** A mail address as a person writes it; whether there is such a mailbox, the sign-in shows. RFC 5321 allows 254 characters. */
export const address = z
  .string()
  .trim()
  .max(254)
  .regex(/^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\]+$/, 'Is not a mail address.');

/** Whom a mailbox belongs to in NocoBase: a number and the same digits as text are kept apart. */
export const ownerRef = z.union([z.int(), line(200)], 'Is neither a whole number nor a text.');

/** RFC 3339, with an offset: a time without one means something else in every place. */
export const instant = z.iso
  .datetime({ offset: true, error: 'Is not a time such as 2026-11-22T08:00:00Z.' })
  .transform((text) => new Date(text));

/** A tenant by its id; a domain name would have to be looked up. */
export const tenantId = z.guid('Is not the id of a tenant (a GUID).').transform((id) => id.toLowerCase());

export const mailboxId = z.string().refine(isMailboxId, 'Is not a mailbox id.');

export const destinationId = z.string().refine(isDestinationId, 'Is not a destination id.');

/** What every list takes. */
export const paging = {
  limit: z.coerce.number('Is not a number.').int().min(1).max(200).default(50),
  /** As the page before gave it. */
  cursor: z.string().max(500).optional(),
};

/** Body of an endpoint that takes no fields: absent or `{}`. What somebody puts there would have no effect. */
export const noFields = z.strictObject({});
