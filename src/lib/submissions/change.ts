import type { Clock, Random } from '../domain/clock.ts';
import { retrying } from '../domain/schedule.ts';
import type { Submission } from '../domain/submission.ts';
import type { StoredSubmission, SubmissionRows } from '../store/submissions/submissions.ts';
import { untilSettled } from '../store/table/modify.ts';
import { isStoreError } from '../store/table/table.ts';

export interface ChangeParts {
  readonly rows: SubmissionRows;
  readonly clock: Clock;
  readonly random: Random;
}

/** Waits before a write whose answer did not come is looked at again; what is known must not be lost to a short outage. */
const waitsMs = [200, 1_000, 3_000, 10_000];

/**
 * Reads a submission, decides, and writes under the ETag that was read; repeats all of it if another process wrote in
 * between, or if no answer came: then the row shows whether the write was made.
 * @param decide what to write; undefined for nothing
 * @returns the submission as it is now; undefined if there is none
 * @throws BrokerError `storage_unreachable` | `conflict` | `row_broken` | `row_newer`
 */
export async function changeSubmission(
  parts: ChangeParts,
  id: string,
  decide: (submission: Submission) => Submission | undefined,
): Promise<StoredSubmission | undefined> {
  const mayPass = (error: unknown) =>
    isStoreError(error, 'unreachable') || (error instanceof Error && isStoreError(error.cause, 'unreachable'));
  return retrying({ waitsMs, mayPass, pause: (ms) => parts.clock.sleep(ms) }, () =>
    untilSettled(parts, () => attempt(parts.rows, id, decide)),
  );
}

async function attempt(
  rows: SubmissionRows,
  id: string,
  decide: (submission: Submission) => Submission | undefined,
): Promise<StoredSubmission | undefined> {
  const found = await rows.read(id);
  if (found === undefined) return undefined;
  const next = decide(found.submission);
  return next === undefined ? found : rows.write(found, next);
}
