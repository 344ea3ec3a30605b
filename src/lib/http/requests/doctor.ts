import { z } from 'zod';

/** Query of GET doctor. Without `lang`, Accept-Language decides. */
export const doctorQuery = z.strictObject({ lang: z.enum(['en', 'zh']).optional() });
