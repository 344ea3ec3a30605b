import { z } from 'zod';
import { sendVias } from '../../domain/submission.ts';
import { mailboxStates } from '../../store/rows/rows.ts';
import { address, destinationId, folders, line, mailboxId, ownerRef, paging, syncFrom, tenantId } from './fields.ts';
import { filter } from './filter.ts';

/** Query of GET mailboxes. */
export const mailboxFilter = z.strictObject({
  ...paging,
  state: z.enum(mailboxStates).optional(),
  address: address.optional(),
  ownerRef: line(200).optional(),
});

/** Body of POST mailboxes. */
export const newMailbox = z.strictObject({
  address,
  viaMailboxId: mailboxId.optional(),
  auth: z.enum(['app', 'delegated']).optional(),
  tenantId: tenantId.optional(),
  login: address.optional(),
  destinationId: destinationId.optional(),
  label: line(100).optional(),
  ownerRef: ownerRef.optional(),
  syncFrom: syncFrom.optional(),
  folders: folders.optional(),
  filter: filter.optional(),
});

/** Body of PATCH mailboxes/{id}: what is left out stays, null clears. */
export const mailboxPatch = z.strictObject({
  label: line(100).nullable().optional(),
  ownerRef: ownerRef.nullable().optional(),
  destinationId: destinationId.optional(),
  login: address.optional(),
  syncFrom: syncFrom
    .transform((at) => (at === 'now' ? null : at))
    .nullable()
    .optional(),
  folders: folders.optional(),
  filter: filter.nullable().optional(),
  paused: z.boolean().optional(),
  sendVia: z.enum(sendVias).optional(),
});

/** Body of POST mailboxes/{id}/token. */
export const tokenRequest = z.strictObject({ resource: z.enum(['outlook', 'graph']).default('outlook') });
