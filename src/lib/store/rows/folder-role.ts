import { z } from 'zod';
import { folderRoles } from '../../domain/mail/folder.ts';

/** The role of a folder as rows hold it. */
export const folderRole = z.enum(folderRoles);
