import { z } from 'zod';
import { line, tenantId } from './fields.ts';

/** Body of POST tenant-consent-links. */
export const newAdminConsentLink = z.strictObject({
  tenantId: tenantId.optional(),
  permissions: z.enum(['delegated', 'app']).optional(),
  label: line(100).optional(),
  /** Seconds. */
  expiresIn: z.int().min(60).optional(),
  returnUrl: z.string().max(2000).optional(),
});
