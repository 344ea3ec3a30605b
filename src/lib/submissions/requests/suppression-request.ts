import { z } from 'zod';
import { recipients, sender } from '../../compose/recipients.ts';
import { line, paging } from '../../http/requests/fields.ts';
import type { Suppression } from '../../store/submissions/suppressions.ts';

/** In one request. */
const mostAddresses = 100;

/** Body of PUT mailboxes/{id}/suppressions. */
export const newSuppressions = z.strictObject({
  addresses: recipients
    .refine((list) => list.length > 0, 'Names nobody.')
    .refine((list) => list.length <= mostAddresses, `Names more than ${mostAddresses} addresses.`),
  note: line(200).optional(),
});

/** Query of DELETE mailboxes/{id}/suppressions. */
export const oneSuppression = z.strictObject({ address: sender.optional() });

/** Query of GET mailboxes/{id}/suppressions. */
export const suppressionList = z.strictObject({
  ...paging,
  cursor: z
    .string()
    .regex(/^[\w-]{24}$/, 'Is not a cursor of this list.')
    .optional(),
  address: sender.optional(),
});

export const suppressionJson = ({ address, reason, since, note, submissionId }: Suppression) => ({
  address,
  reason,
  since,
  note: note ?? null,
  submissionId: submissionId ?? null,
});
