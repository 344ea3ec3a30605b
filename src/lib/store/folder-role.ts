import { z } from 'zod';
import type { FolderRole } from '../domain/folder.ts';

/** The role of a folder as rows hold it. */
export const folderRole = z.enum([
  'inbox',
  'sent',
  'drafts',
  'archive',
  'junk',
  'trash',
  'all',
]) satisfies z.ZodType<FolderRole>;
