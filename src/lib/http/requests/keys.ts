import { z } from 'zod';
import { scopes } from '../../domain/scope.ts';
import { destinationId, instant, line, mailboxId, paging } from './fields.ts';

/** Body of POST keys. */
export const newKey = z.strictObject({
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
  label: line(100).optional(),
  mailboxes: z.array(mailboxId).min(1).max(500).optional(),
  destinations: z.array(destinationId).min(1).max(100).optional(),
  expiresAt: instant.optional(),
});

/** Query of GET keys. */
export const keyFilter = z.strictObject(paging);
