import { z } from 'zod';

/** One finding of `GET doctor` (src/lib/doctor/doctor.ts), as far as this command reads it. */
const finding = z.object({
  /** Stable name of the check, such as `credential`. */
  check: z.string(),
  /** `unknown`: it could not look. */
  status: z.enum(['ok', 'warn', 'fail', 'unknown']),
  code: z.string().nullable(),
  sentence: z.string(),
  remedy: z.string().nullable(),
});

const report = z.object({ items: z.array(finding) });

/** The version that answered; undefined where it is too old to tell. */
export const readVersion = (body: unknown): string | undefined =>
  z.object({ version: z.string() }).safeParse(body).data?.version;

export type DoctorFinding = z.infer<typeof finding>;

/** The findings in the body of `GET doctor`, or undefined where it is none. */
export function readDoctor(body: unknown): readonly DoctorFinding[] | undefined {
  const read = report.safeParse(body);
  return read.success ? read.data.items : undefined;
}
