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

/** As the browser knows languages and places (ECMA-402); what it does not know cannot write a date. */
const isLocale = (text: string): boolean => {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(text).length > 0;
  } catch {
    return false;
  }
};
const isTimeZone = (text: string): boolean => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/** How a mailbox sends. */
const sendingPatch = {
  sendVia: z.enum(sendVias).optional(),
  locale: z.string().max(35).refine(isLocale, 'Is not a language such as en-GB or zh-CN.').nullable().optional(),
  timeZone: z.string().max(50).refine(isTimeZone, 'Is not a time zone such as Asia/Shanghai.').nullable().optional(),
  // A text column of Table Storage holds 32 Ki characters.
  signatureHtml: z
    .string()
    .max(30_000)
    .refine((text) => text.isWellFormed(), 'Holds half of a character.')
    .nullable()
    .optional(),
  aliases: z.array(address).max(50).optional(),
  suppressHardBounces: z.boolean().optional(),
  sentCopyIn: z.enum(['account', 'mailbox']).optional(),
};

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
  ...sendingPatch,
});

/** Body of POST mailboxes/{id}/token. */
export const tokenRequest = z.strictObject({ resource: z.enum(['outlook', 'graph']).default('outlook') });
