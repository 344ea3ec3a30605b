import { minuteMs } from '../../domain/duration.ts';
import { copyWaitsMs, type SharedCopy, type Submission } from '../../domain/submission.ts';

import type { ErrorCode } from '../../errors.ts';

/** A folder that cannot be looked into is tried again after so long, so often. */
const faultWaitMs = 5 * minuteMs;
const mostFaults = 24;

/** What came of looking for the copy, or of storing it. */
export type CopyResult =
  | { readonly kind: 'found' | 'stored' | 'absent' }
  | { readonly kind: 'failed'; readonly code: ErrorCode };

/** Whether Exchange has had its time to file the copy itself. */
export const mayBeStored = ({ looks }: Pick<SharedCopy, 'looks'>): boolean => looks + 1 >= copyWaitsMs.length;

/** Notes the outcome of a look. Undefined: it is no longer awaited. */
export function copyLooked(submission: Submission, result: CopyResult, now: Date): Submission | undefined {
  const { copy } = submission;
  if (copy?.state !== 'awaited') return undefined;
  const next = (change: Partial<SharedCopy>): Submission => ({ ...submission, copy: { ...copy, ...change } });
  const after = (ms: number) => new Date(now.getTime() + ms);
  switch (result.kind) {
    case 'found':
    case 'stored':
      return next({ state: result.kind, code: undefined });
    case 'absent':
      return next({ looks: copy.looks + 1, nextAt: after(copyWaitsMs[copy.looks + 1] ?? faultWaitMs) });
    case 'failed': {
      const { code } = result;
      const faults = copy.faults + 1;
      return next({ faults, code, ...(faults >= mostFaults ? { state: 'failed' } : { nextAt: after(faultWaitMs) }) });
    }
  }
}
