import { z } from 'zod';

/** How long mail waited from its arrival in a mailbox until it was accepted, in seconds. */
const waits = z.strictObject({
  messages: z.number(),
  median: z.number(),
  p90: z.number(),
  p95: z.number(),
  longest: z.number(),
});

/** What `npm run rhythm` keeps in bench/rhythm.json. */
export const officesForm = z.array(
  z.strictObject({
    intervalSeconds: z.number(),
    mailboxes: z.number(),
    /** While habits were still unknown: the first two working days. */
    before: waits,
    /** The last seven days. */
    after: waits,
    /** Of these, the mail that came on working days from 8 to 18 h; and the rest. */
    inHours: waits,
    offHours: waits,
    /** How many of the mailboxes were polled in a tick of the last seven days. */
    shareOfPolls: z.number(),
  }),
);

export type Waits = z.infer<typeof waits>;
export type Office = z.infer<typeof officesForm>[number];
