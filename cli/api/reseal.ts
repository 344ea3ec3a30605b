import { z } from 'zod';

const moment = z.iso.datetime().transform((at) => Date.parse(at));

/** The answer of `GET reseal` and `POST reseal` (src/functions/operations/reseal.ts). Times in milliseconds since 1970. */
const progress = z.object({
  version: z.string(),
  /** Rows that still lie under older versions. */
  left: z.number(),
  kinds: z.array(z.object({ kind: z.string(), rows: z.number(), failed: z.number(), broken: z.number() })),
  /** Links and sign-ins that need an older version until they end. */
  expiring: z.array(z.object({ kind: z.string(), count: z.number(), until: moment.optional() })),
  /** Before that, an instance may still write under an older version. */
  settledAt: moment,
  done: z.boolean(),
});

const answer = z.object({ progress: progress.nullable() });

export type ResealProgress = z.infer<typeof progress>;

/** The progress in the body of an answer; undefined where there is none. */
export function readReseal(body: unknown): ResealProgress | undefined {
  const read = answer.safeParse(body);
  return read.success ? (read.data.progress ?? undefined) : undefined;
}
