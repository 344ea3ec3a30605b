import { z } from 'zod';
import { destinationId, instant, mailboxId, paging } from './fields.ts';

/** Query of GET deliveries. */
export const deliveryFilter = z.strictObject({
  ...paging,
  state: z.enum(['retrying', 'dead']).optional(),
  mailboxId: mailboxId.optional(),
  destinationId: destinationId.optional(),
});

/** Body of POST mailboxes/{id}/replay and destinations/{id}/replay. */
export const replayRequest = z
  .strictObject({
    dead: z.literal(true).optional(),
    since: instant.optional(),
    force: z.boolean().optional(),
  })
  .superRefine(({ dead, since, force }, context) => {
    if ((dead === undefined) === (since === undefined)) {
      const message = 'Give either "dead": true or a time.';
      context.addIssue({ code: 'custom', path: [dead === undefined ? 'since' : 'dead'], message });
    }
    if (force !== undefined && since === undefined) {
      context.addIssue({ code: 'custom', path: ['force'], message: 'Is only allowed with "since".' });
    }
  });
