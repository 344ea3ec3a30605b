import { z } from 'zod';
import { type FolderChoice, folderRoles } from '../../domain/mail/folder.ts';
import { folderPath, instant, line } from './fields.ts';

export const yesOrNo = z.enum(['true', 'false'], 'Is neither true nor false.').transform((text) => text === 'true');

/** The folder of a query: by its role, or by its path. */
const folderQuery = {
  folder: z.enum(folderRoles).optional(),
  path: folderPath.optional(),
};

const chosen = ({ folder, path }: { folder?: FolderRole | undefined; path?: string | undefined }): FolderChoice =>
  path === undefined ? { role: folder ?? 'inbox' } : { path };

type FolderRole = (typeof folderRoles)[number];

/** Query of GET mailboxes/{id}/messages. */
export const messageList = z
  .strictObject({
    ...folderQuery,
    from: line(200).optional(),
    to: line(200).optional(),
    participant: line(200).optional(),
    subject: line(200).optional(),
    text: line(200).optional(),
    since: instant.optional(),
    before: instant.optional(),
    unread: yesOrNo.optional(),
    flagged: yesOrNo.optional(),
    hasAttachment: yesOrNo.optional(),
    thread: line(500).optional(),
    literal: yesOrNo.optional(),
    limit: z.coerce.number('Is not a whole number from 1 to 100.').int().min(1).max(100).default(50),
    cursor: z.string().max(100).optional(),
  })
  .refine(({ folder, path }) => folder === undefined || path === undefined, {
    path: ['path'],
    message: 'Cannot stand beside folder.',
  })
  .transform(({ folder, path, limit, cursor, ...query }) => ({
    folder: chosen({ folder, path }),
    ...{ limit, cursor, query },
  }));

/** Query of GET mailboxes/{id}/changes. */
export const changesQuery = z
  .strictObject({
    ...folderQuery,
    since: z.string().max(100).optional(),
    limit: z.coerce.number('Is not a whole number from 1 to 500.').int().min(1).max(500).default(200),
  })
  .refine(({ folder, path }) => folder === undefined || path === undefined, {
    path: ['path'],
    message: 'Cannot stand beside folder.',
  })
  .transform(({ folder, path, since, limit }) => ({ folder: chosen({ folder, path }), since, limit }));

/** Query of GET mailboxes/{id}/folders. */
export const folderList = z.strictObject({
  /** `all`, or roles with commas between. */
  counts: z
    .string()
    .max(100)
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.union([z.tuple([z.literal('all')]), z.array(z.enum(folderRoles))], 'Is neither all nor roles of folders.'))
    .optional(),
  /** The folder of this path is counted, too. */
  path: folderPath.optional(),
  limit: z.coerce.number('Is not a whole number from 1 to 200.').int().min(1).max(200).default(100),
  cursor: z.string().max(1_000).optional(),
});

/** Query of GET mailboxes/{id}/messages/{messageRef}/thread. */
export const threadQuery = z
  .strictObject({
    /** Roles with commas between. */
    folders: z
      .string()
      .max(100)
      .transform((text) => text.split(',').map((name) => name.trim()))
      .pipe(z.array(z.enum(folderRoles), 'Is not a list of roles of folders.'))
      .optional(),
    path: folderPath.optional(),
  })
  .transform(({ folders = [], path }) => ({ folders, path }));
