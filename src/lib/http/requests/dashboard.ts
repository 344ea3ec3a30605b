import { z } from 'zod';
import { line } from './fields.ts';

/** What the forms of the dashboard post. A change is posted twice: once to be asked, once with the answer. */
export const dashboardForm = z.union([
  z.object({ action: z.literal('sign-in') }),
  z.object({ action: z.literal('sign-out'), form: z.string().max(100) }),
  z.object({
    action: z.enum([
      'mailbox-pause',
      'mailbox-resume',
      'mailbox-sync',
      'destination-pause',
      'destination-resume',
      'destination-test',
      'delivery-replay',
      'key-remove',
    ]),
    id: line(100),
    form: z.string().max(100),
    confirmed: z.literal('yes').optional(),
  }),
]);

export type DashboardForm = z.output<typeof dashboardForm>;
