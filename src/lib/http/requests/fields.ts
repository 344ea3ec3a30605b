import { z } from 'zod';
import { isDestinationId, isMailboxId } from '../../domain/ids.ts';
import { type FolderChoice, folderRoles } from '../../domain/mail/folder.ts';
import { addressForm, longestAddress } from '../../domain/mail/mail-address.ts';

const noControls = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u;

/** A line of text for people: no line breaks of any kind, no other control characters, no half of a character. */
export const line = (longest: number) =>
  z.string().trim().min(1).max(longest).regex(noControls, 'Contains a control character.');

/** A mail address as a person writes it; whether there is such a mailbox, the sign-in shows. */
export const address = z.string().trim().max(longestAddress).regex(addressForm, 'Is not a mail address.');

/** Whom a mailbox belongs to in NocoBase: a number and the same digits as text are kept apart. */
export const ownerRef = z.union([z.int(), line(200)], 'Is neither a whole number nor a text.');

/**
 * RFC 3339, with an offset: a time without one means something else in every place. Table Storage holds no year before
 * 1601 or after 9999; there is no mail from before 1970.
 */
export const instant = z.iso
  .datetime({ offset: true, error: 'Is not a time such as 2026-11-22T08:00:00Z.' })
  .transform((text) => new Date(text))
  .refine((at) => at.getTime() >= 0 && at.getUTCFullYear() <= 9999, 'Is not between the years 1970 and 9999.');

/** From when on mail is wanted: an instant, or `"now"` for none from before. */
export const syncFrom = z.union([z.literal('now'), instant], {
  error: 'Is neither "now" nor a time such as 2026-11-22T08:00:00Z.',
});

/** A tenant by its id; a domain name would have to be looked up. */
export const tenantId = z.guid('Is not the id of a tenant (a GUID).').transform((id) => id.toLowerCase());

export const mailboxId = z.string().refine(isMailboxId, 'Is not a mailbox id.');

export const destinationId = z.string().refine(isDestinationId, 'Is not a destination id.');

const folderRole = z.enum(folderRoles);

/** As the mailbox writes it: a name may begin and end with a space, and is then another than without it. */
export const folderPath = z
  .string()
  .max(250)
  .regex(noControls, 'Contains a control character.')
  .regex(/\S/, 'Is empty.');

/** A folder: what it is for, such as "archive", or its path. */
export const folder = z.union(
  [
    folderRole.transform((role): FolderChoice => ({ role })),
    z.strictObject({ role: folderRole }),
    z.strictObject({ path: folderPath }),
  ],
  `Is neither one of ${folderRoles.join(', ')}, nor {"path": "…"}.`,
);

/** The row that every poll of a mailbox reads holds them, so they are few. */
export const folders = z
  .array(folder)
  .min(1)
  .max(10)
  .refine((list) => JSON.stringify(list).length <= 800, 'Has more than 800 characters in total.');

/** What every list takes. */
export const paging = {
  limit: z.coerce.number('Is not a whole number from 1 to 200.').int().min(1).max(200).default(50),
  /** As the page before gave it. */
  cursor: z.string().max(500).optional(),
};

/** Body of an endpoint that takes no fields: absent or `{}`. What someone puts there would have no effect. */
export const noFields = z.strictObject({});
