import { z } from 'zod';
import { folderRoles } from '../../domain/mail/folder.ts';

/** RFC 3339, UTC. */
export const time = z.iso.datetime().describe('RFC 3339, UTC');
export const maybeTime = time.nullable();
export const text = z.string();
export const maybeText = z.string().nullable();
export const count = z.int().min(0);

/** Values may be added to every list of names; clients must ignore unknown ones. */
export const role = z.enum(folderRoles).nullable().describe('What the folder is for; null for a folder of the owner');

export const person = z.object({ name: text, address: text });

export const place = z.object({ path: text, role });

/** A page of a list. */
export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), cursor: text.optional().describe('Goes into the next request; absent at the end') });

/** RFC 9457. */
export const problem = z
  .object({
    title: text,
    status: z.int(),
    code: text.describe('Branch on this; docs/error-codes.md lists all'),
    detail: text,
    remedy: text,
    who: text.describe('Who can act'),
    requestId: text,
    until: time.optional().describe('Until when trying again is in vain'),
    fields: z.array(z.object({ field: text, message: text })).optional(),
    current: z.unknown().optional().describe('What a change met, as it is now'),
  })
  .meta({ id: 'Problem' });
