import { z } from 'zod';

/** Query of GET attachments. A token that is not there is one that is not good. */
export const attachmentToken = z.object({ token: z.string().max(300).default('') });
