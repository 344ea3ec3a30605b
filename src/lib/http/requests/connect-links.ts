import { z } from 'zod';
import { address, destinationId, folders, line, mailboxId, ownerRef, syncFrom } from './fields.ts';
import { filter } from './filter.ts';

/** Body of POST connect-links. */
export const newConnectLink = z.strictObject({
  expectedAddress: address.optional(),
  anyAddress: z.literal(true).optional(),
  mailboxId: mailboxId.optional(),
  loginHint: address.optional(),
  label: line(100).optional(),
  ownerRef: ownerRef.optional(),
  syncFrom: syncFrom.optional(),
  folders: folders.optional(),
  filter: filter.optional(),
  destinationId: destinationId.optional(),
  /** Seconds. */
  expiresIn: z.int().min(60).optional(),
  returnUrl: z.string().max(2000).optional(),
});

/** Query of GET connect, fields of its form. A token that is not there is one that is not good. */
export const connectToken = z.object({ token: z.string().max(500).default('') });
