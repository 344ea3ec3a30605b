import { z } from 'zod';
import type { MailboxFilter } from '../../domain/mail/filter.ts';
import { folder, line } from './fields.ts';

/** An address pattern may have this many `*`. */
const mostStars = 8;

const pattern = line(254)
  .regex(/^\S+$/u, 'Holds a space.')
  .regex(/[@*]/, 'Is neither an address nor a pattern such as *@contoso.com.')
  .refine((text) => text.replace(/[^*]/g, '').length <= mostStars, `Contains more than ${mostStars} asterisks.`);

const list = <T extends z.ZodType>(entry: T) => z.array(entry).min(1).max(50);

/** No message is as large, and no number of this size is cut short anywhere. */
const bytes = z
  .int()
  .min(0)
  .max(2 ** 40);

const condition = z
  .strictObject({
    folder: list(folder).optional(),
    from: list(pattern).optional(),
    to: list(pattern).optional(),
    subject: list(line(200)).optional(),
    minSize: bytes.optional(),
    maxSize: bytes.optional(),
    hasAttachment: z.boolean().optional(),
    autoReply: z.boolean().optional(),
    direction: z.enum(['in', 'out']).optional(),
  })
  // One that says nothing would hold for every mail; as `except` it would keep all of them back.
  .refine((fields) => Object.values(fields).some((value) => value !== undefined), 'Names no field to match.')
  .refine(({ minSize = 0, maxSize = minSize }) => minSize <= maxSize, 'Has a minSize larger than its maxSize.');

/** A column of a row holds 32,768 characters; a filter stays well below, since it is read whenever there is mail. */
const mostCharacters = 10_000;

/** Which mail of a mailbox is delivered. */
export const filter: z.ZodType<MailboxFilter> = z
  .strictObject({ only: condition.optional(), except: condition.optional() })
  .refine(({ only, except }) => only !== undefined || except !== undefined, 'Has neither only nor except.')
  .refine((whole) => JSON.stringify(whole).length <= mostCharacters, `Has more than ${mostCharacters} characters.`);
