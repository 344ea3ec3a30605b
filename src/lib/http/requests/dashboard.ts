import { z } from 'zod';
import { line } from './fields.ts';

/** Everything that a person can change on the dashboard. Removing mail or a mailbox is left to the command line. */
export const actionNames = [
  'mailbox-pause',
  'mailbox-resume',
  'mailbox-sync',
  'destination-pause',
  'destination-resume',
  'destination-test',
  'delivery-replay',
  'key-remove',
] as const;

export type ActionName = (typeof actionNames)[number];

/** What the forms of the dashboard post. A change is posted twice: once to be asked, once with the answer. */
export const dashboardForm = z.union([
  z.object({ action: z.literal('sign-in') }),
  z.object({ action: z.literal('sign-out'), form: z.string().max(100) }),
  z.object({
    action: z.enum(actionNames),
    id: line(100),
    form: z.string().max(100),
    confirmed: z.literal('yes').optional(),
  }),
]);

export type DashboardForm = z.output<typeof dashboardForm>;
